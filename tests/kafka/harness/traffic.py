"""The input: generated calls in the order of their arrival, and records that are hard on a reader.

A record is (key, value, timestamp, headers). Timestamps follow the largest event time seen, as those of a producer with a
sound clock do.
"""
import subprocess

from confluent_kafka import Producer

from oracle import calls as c

SOUND_DELAY_MS = 500
FUTURE_MS = 600_000          # an event further ahead of the others was planted as future-stamped
TOPIC_BYTES = 1_048_588      # max.message.bytes
NEARLY_TOO_LARGE = 1_048_300  # fits the topic, but not with the headers of a copy
STATE_UNKNOWN, TAG_UNKNOWN = 17, 33


def producer(bootstrap, **configs):
    return Producer({
        "bootstrap.servers": bootstrap, "enable.idempotence": True, "compression.type": "lz4", "linger.ms": 20,
        "batch.num.messages": 10_000, "queue.buffering.max.messages": 2_000_000, "message.max.bytes": TOPIC_BYTES,
        "queue.buffering.max.kbytes": 1_000_000, "topic.metadata.refresh.interval.ms": 5_000,
        **{key.replace("_", "."): value for key, value in configs.items()}})


def generate(tidemark, folder, partitions, count, *options):
    """[[record, ...] of each partition], in the order of arrival."""
    folder.mkdir()
    subprocess.run([tidemark, "generate", "--out", folder / "input.pb", "--partitions", str(partitions),
                    "--count", str(count), *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    files = sorted(folder.glob("*.pb"))
    assert len(files) == partitions
    return [list(stamped(path.read_bytes())) for path in files]


def event_time_of(value):
    """Of a sound value, whose first two fields are event_id and event_time_ms; None of another one."""
    if len(value) < 14 or value[0] != 0x0A or value[1] > 0x7F:
        return None
    at = 2 + value[1]
    if at >= len(value) or value[at] != 0x10:
        return None
    try:
        return c.varint(value, at + 1)[0]
    except ValueError:
        return None


def stamped(data):
    at, now = 0, None
    while at < len(data):
        size, at = c.varint(data, at)
        value = data[at:at + size]
        at += size
        time = event_time_of(value)
        if time is not None and (now is None or now < time < now + FUTURE_MS):
            now = time
        yield None, value, (now or time or 0) + SOUND_DELAY_MS, None


def call(time, account="planted", country="XA", carrier="CX", **summary):
    metric = c.pb.CallMetric(event_id="planted", event_time_ms=time, account_sid=account)
    metric.dims.to_country, metric.dims.carrier_sid = country, carrier
    metric.summary.SetInParent()
    for name, value in summary.items():
        if name == "tags":
            metric.summary.tags.extend(value)
        else:
            setattr(metric.summary, name, value)
    return metric


def padded(metric, size):
    """The bytes of `metric`, made nearly `size` long by vendor data that nobody reads."""
    metric.ext["padding"] = "x" * (size - metric.ByteSize() - 40)
    return metric.SerializeToString()


def unknown_numbers(time):
    """Enum numbers that this schema does not know, as a newer producer writes them."""
    summary = bytes([0x08, STATE_UNKNOWN, 0x6A, 2, 1, TAG_UNKNOWN])
    return call(time, country="XB").SerializeToString() + c.delimited(c.SUMMARY, summary)


def planted(now):
    """Hard records around the instant `now`, none of which moves time beyond it."""
    long_ago = now - 3_600_000
    ahead = now + 3_600_000
    stamp = now + SOUND_DELAY_MS
    good = call(now, account='quoted "ü"\n\x01', state=3, connect_duration_ms=1_000, pdd_ms=0).SerializeToString()
    repeated = [("trace", b"1"), ("trace", b"2"), ("empty", b""), ("absent", None)]
    return [
        (b"tombstone", None, stamp, None),
        (None, good, stamp, None),
        (None, b"", stamp, None),
        (b"cut", good[:-1], stamp, None),
        (b"text", call(now).SerializeToString() + b"\x32\x02\xff\xfe", stamp, repeated),
        (None, call(now).SerializeToString() + c.delimited(c.DIMS, b"\xff"), stamp, None),
        (b"unread", call(now, country="XC").SerializeToString() + c.delimited(c.DIMS, b"\x2a\x02\xff\xfe"), stamp, None),
        (None, call(-5).SerializeToString(), stamp, None),
        (None, call(ahead).SerializeToString(), stamp, None),
        (b"fast clock", call(now + 240_000, country="XD").SerializeToString(), stamp, None),
        (b"seconds", call(now, country="XE").SerializeToString(), now // 1_000, None),
        (None, unknown_numbers(now), stamp, None),
        (b"late", call(long_ago).SerializeToString(), stamp, repeated),
        (b"long key", call(now, account="k" * 5_000).SerializeToString(), stamp, None),
        (b"late, long key", call(long_ago, account="k" * 5_000).SerializeToString(), stamp, None),
    ]


def oversized(now):
    """Records that fit the topic, but whose copies with our headers fit no more, and one that still fits."""
    long_ago, stamp = now - 3_600_000, now + SOUND_DELAY_MS
    return [
        (b"big", padded(call(now, country="XF"), NEARLY_TOO_LARGE), stamp, None),
        (b"big", padded(call(long_ago), NEARLY_TOO_LARGE), stamp, None),
        (b"big", padded(call(long_ago), NEARLY_TOO_LARGE - 5_000), stamp, None),
        (b"big", b"\xff" * NEARLY_TOO_LARGE, stamp, None),
        (b"big", padded(call(now + 3_600_000), NEARLY_TOO_LARGE), stamp, None),
    ]


class Feed:
    """Writes to one topic; counts what is not acknowledged as a failure."""

    def __init__(self, bootstrap, topic):
        self.topic = topic
        self.errors = []
        self._producer = producer(bootstrap)
        self.sent = 0

    def _delivered(self, error, _):
        if error is not None:
            self.errors.append(str(error))

    def send(self, partition, records):
        produce, topic, delivered = self._producer.produce, self.topic, self._delivered
        for n, (key, value, timestamp, headers) in enumerate(records):
            if headers:
                produce(topic, value, key, partition, delivered, timestamp=timestamp, headers=headers)
            else:
                produce(topic, value, key, partition, delivered, timestamp=timestamp)
            if n % 5_000 == 0:
                self._producer.poll(0)
        self.sent += len(records)

    def flush(self):
        left = self._producer.flush(120)
        if left or self.errors:
            raise RuntimeError(f"the input was not written: {left} left, {self.errors[:3]}")


class UpstreamTransaction:
    """A transaction of somebody else's that writes into the input."""

    def __init__(self, bootstrap, name, topic):
        self.topic = topic
        self._producer = producer(bootstrap, transactional_id=name, transaction_timeout_ms=600_000)
        self._producer.init_transactions(60)

    def begin(self, partition, records):
        self._producer.begin_transaction()
        for key, value, timestamp, headers in records:
            self._producer.produce(self.topic, value, key, partition, timestamp=timestamp, headers=headers or [])
        self._producer.flush(60)

    def commit(self):
        self._producer.commit_transaction(60)

    def abort(self):
        self._producer.abort_transaction(60)
