"""One record's bytes as the queries see it.

Only levels that some query reads can make a record malformed: the record itself, dims and summary, and the texts read
there. The generated class looks everywhere, so what it refuses is looked at again, level by level.
"""
import functools

from google.protobuf.message import DecodeError
from tidemark.events.v1 import call_metric_pb2 as pb

UNFRAMED = "UNFRAMED"      # not even an event time can be read
BROKEN = "BROKEN"          # there is an event time, but something that is read is malformed
EVENT_TIME, ACCOUNT, DIMS, SUMMARY, SAMPLE, PROGRESS = 2, 6, 8, 16, 17, 18
DIMS_TEXTS = {6, 9}                 # to_country, carrier_sid
SUMMARY_FIELDS = {1, 2, 4, 8, 13}   # state, last_sip_response, pdd_ms, connect_duration_ms, tags
STATES = {value.number: value.name[len("CALL_STATE_"):] for value in pb.CallState.DESCRIPTOR.values}
TAGS = {value.number: value.name[len("TAG_"):] for value in pb.Tag.DESCRIPTOR.values}


class Call:
    """None is SQL's NULL. `summary` tells whether there is one; without it the fields below are not read."""
    __slots__ = ("time", "account", "country", "carrier", "summary", "state", "sip", "pdd", "connected", "tags")


def tag_name(number):
    return TAGS.get(number) or f"UNKNOWN({number})"


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a varint runs out")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7


def skip(data, at, number, kind):
    """Where the value ends."""
    if kind == 0:
        return varint(data, at)[1]
    if kind == 1:
        at += 8
    elif kind == 2:
        length, at = varint(data, at)
        at += length
    elif kind == 5:
        at += 4
    elif kind == 3:
        while True:
            tag, at = varint(data, at)
            if tag & 7 == 4:
                if tag >> 3 != number:
                    raise ValueError("a group ends as another")
                return at
            at = skip(data, at, tag >> 3, tag & 7)
    else:
        raise ValueError("an unknown wire type")
    if at > len(data):
        raise ValueError("a value runs out")
    return at


def split(data):
    """[(number, payload of a length-delimited field or None, all its bytes)]; ValueError if the framing is broken."""
    fields, at = [], 0
    while at < len(data):
        begin = at
        tag, at = varint(data, at)
        number, kind = tag >> 3, tag & 7
        if number == 0 or tag > 0xFFFFFFFF:
            raise ValueError("a field without a number")
        body = at
        at = skip(data, at, number, kind)
        payload = data[varint(data, body)[1]:at] if kind == 2 else None
        fields.append((number, payload, data[begin:at]))
    return fields


def delimited(number, payload):
    out = bytearray()
    for value in (number << 3 | 2, len(payload)):
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        out.append(value)
    return bytes(out) + payload


def keep_level(payload, numbers, texts):
    """The fields that are read of a level. ValueError if it is broken or a text of it is not UTF-8."""
    kept = b""
    for number, value, whole in split(payload):
        if number in texts and value is not None:
            value.decode("utf-8")
        if number in numbers:
            kept += whole
    return kept


def reduce_to_read(fields):
    """The record without what nobody reads; ValueError if what is read is broken."""
    kept = b""
    for number, payload, whole in fields:
        if number == ACCOUNT and payload is not None:
            payload.decode("utf-8")
        if number in (EVENT_TIME, ACCOUNT):
            kept += whole
        elif payload is None:
            continue
        elif number == DIMS:
            kept += delimited(number, keep_level(payload, DIMS_TEXTS, DIMS_TEXTS))
        elif number == SUMMARY:
            kept += delimited(number, keep_level(payload, SUMMARY_FIELDS, ()))
        elif number in (SAMPLE, PROGRESS):
            kept += delimited(number, b"")  # the last member of the oneof counts
    return kept


same = functools.lru_cache(maxsize=1 << 16)(lambda text: text)  # one object for equal texts saves memory


def to_call(metric):
    call = Call()
    call.time = metric.event_time_ms
    call.account = same(metric.account_sid)
    if metric.HasField("dims"):
        call.country, call.carrier = same(metric.dims.to_country), same(metric.dims.carrier_sid)
    else:
        call.country = call.carrier = None
    call.summary = metric.HasField("summary")
    if call.summary:
        summary = metric.summary
        call.state, call.sip, call.connected = summary.state, summary.last_sip_response, summary.connect_duration_ms
        call.pdd = summary.pdd_ms if summary.HasField("pdd_ms") else None
        call.tags = [tag for tag in summary.tags if tag]
    else:
        call.state, call.sip, call.pdd, call.connected, call.tags = 0, None, None, None, []
    return call


def read_carefully(value):
    try:
        fields = split(value)
    except ValueError:
        return UNFRAMED, 0, None
    times = pb.CallMetric.FromString(b"".join(whole for number, _, whole in fields if number == EVENT_TIME))
    try:
        return None, times.event_time_ms, to_call(pb.CallMetric.FromString(reduce_to_read(fields)))
    except (ValueError, DecodeError):
        return BROKEN, times.event_time_ms, None


def read(value):
    """(fault or None, event time, Call or None)."""
    try:
        metric = pb.CallMetric.FromString(value)
    except DecodeError:
        return read_carefully(value)
    return None, metric.event_time_ms, to_call(metric)
