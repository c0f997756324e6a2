"""Holds what was published against what must have been: every row exactly once and equal byte for byte."""
import json

from oracle import values as v

EXAMPLES = 5
OURS = 400  # our headers on a copy and what a record costs in its batch take less than this, but more than MARGIN
MARGIN = 150


class Differences:
    """Sentences about what differs; of each kind only the first few are kept, all are counted."""

    def __init__(self):
        self.counts = {}
        self.examples = []

    def add(self, kind, text):
        count = self.counts[kind] = self.counts.get(kind, 0) + 1
        if count <= EXAMPLES:
            self.examples.append(f"{kind}: {text}")

    def __bool__(self):
        return bool(self.counts)

    def __str__(self):
        return "\n".join(self.examples + [f"{count} x {kind}" for kind, count in self.counts.items()])


def expected_rows(batch, combined):
    """{topic: {(key, revision): (query, value, series, finality, trigger)}}"""
    topics = {}
    for query in batch.queries:
        for topic, _ in query.query.sinks:
            topics[topic] = {}
        for topic, key, series, value, finality, revision, trigger in query.rows(combined):
            topics[topic][key, revision] = query.query.name, value, series, finality, trigger
    return topics


def row_headers(pipeline, incarnation, query, revision, finality):
    return [("tidemark-pipeline", pipeline.encode()), ("tidemark-incarnation", incarnation.encode()),
            ("tidemark-query", query.encode()), ("tidemark-revision", str(revision).encode()),
            ("tidemark-finality", finality.encode())]


class RowComparer:
    def __init__(self, topic, expected, partitions, pipeline, incarnation, differences):
        self.topic, self.expected, self.partitions = topic, expected, partitions
        self.pipeline, self.incarnation, self.differences = pipeline, incarnation, differences
        self.seen = set()
        self.last_trigger = {}

    def take(self, partition, record):
        where = f"{self.topic}/{partition}@{record.offset} {record.key}"
        try:
            revision = json.loads(record.value)["revision"]
            row = self.expected[record.key, revision]
        except (TypeError, ValueError, KeyError):
            return self.differences.add("a row that must not be there", f"{where}: {record.value}")
        query, value, series, finality, trigger = row
        if (record.key, revision) in self.seen:
            self.differences.add("a row published twice", f"{where} revision {revision}")
        self.seen.add((record.key, revision))
        if record.value != value:
            self.differences.add("a row with another value", f"{where}\n  is       {record.value}\n  must be  {value}")
        if partition != v.partition_of(series, self.partitions):
            self.differences.add("a row in the wrong partition", where)
        if record.headers != row_headers(self.pipeline, self.incarnation, query, revision, finality):
            self.differences.add("a row with other headers", f"{where} {record.headers}")
        if trigger < self.last_trigger.get(series, trigger):
            self.differences.add("a row behind a later one of its series", where)
        self.last_trigger[series] = trigger

    def finish(self):
        for key, revision in self.expected:
            if (key, revision) not in self.seen:
                self.differences.add("a missing row", f"{self.topic} {key} revision {revision}")


def side_headers(side, source, reason):
    headers = {"tidemark-reason": reason, "tidemark-source": source,
               "tidemark-source-timestamp": str(side.record.timestamp)}
    if side.queries and reason != "RECORD_TOO_LARGE":
        headers["tidemark-queries"] = ",".join(side.queries)
    if side.windows and reason != "RECORD_TOO_LARGE":
        headers["tidemark-windows"] = side.windows
    return headers


def is_stub(record):
    return ("tidemark-reason", b"RECORD_TOO_LARGE") in record.headers


def raw_size(record):
    return len(record.key or b"") + len(record.value or b"") + sum(len(n) + len(h or b"") for n, h in record.headers)


class SideComparer:
    """Of the late or the dead-letter topic; `limit` is its max.message.bytes."""

    def __init__(self, what, topic, sides, limit, differences):
        self.what, self.limit, self.differences = what, limit, differences
        self.expected = {f"{topic}/{side.partition}@{side.record.offset}": side for side in sides}
        self.topic = topic
        self.seen = set()

    def take(self, partition, record):
        ours = {name: value.decode() for name, value in record.headers if name.startswith("tidemark-")}
        source = ours.get("tidemark-source")
        side = self.expected.get(source)
        if side is None:
            return self.differences.add(f"a {self.what} that must not be there", f"@{record.offset} {ours}")
        if source in self.seen:
            self.differences.add(f"a {self.what} published twice", source)
        self.seen.add(source)
        cut = is_stub(record)
        size = raw_size(side.record)
        if size + OURS + len(side.windows) < self.limit if cut else size + MARGIN > self.limit:
            self.differences.add(f"a {self.what} cut without need, or not cut", f"{source}, {size} bytes")
        detail = ours.pop("tidemark-detail", "")
        wanted = side_headers(side, source, "RECORD_TOO_LARGE" if cut else side.reason)
        if ours != wanted or not detail:
            self.differences.add(f"a {self.what} with other headers", f"{source}\n  is       {ours}\n  must be  {wanted}")
        if cut:
            self._check_stub(record, side, source)
        elif (record.key, record.value) != (side.record.key, side.record.value):
            self.differences.add(f"a {self.what} with other bytes", source)
        elif record.headers[:len(side.record.headers)] != side.record.headers:
            self.differences.add(f"a {self.what} without its own headers", source)

    def _check_stub(self, record, side, source):
        stub = json.loads(record.value)
        size = stub.pop("size", 0)
        if stub != {"topic": self.topic, "partition": side.partition, "offset": side.record.offset, "reason": side.reason}:
            self.differences.add(f"a stub of a {self.what} that says something else", f"{source} {record.value}")
        if size < raw_size(side.record):
            self.differences.add(f"a stub of a {self.what} with a size below its record's", f"{source} {size}")

    def finish(self):
        for source, side in self.expected.items():
            if source not in self.seen:
                self.differences.add(f"a missing {self.what}", f"{source} {side.reason} {side.queries}")


def expected_ledger(batch, combined, ends):
    """{(query, partition): {...}}; of late_while_open only the bound is known."""
    ledger = {}
    for query in batch.queries:
        for number, partition in batch.partitions.items():
            filtered, late, aggregated, partly = batch.counts.get((query.query.name, number), (0, 0, 0, 0))
            ledger[query.query.name, number] = {
                "offset": ends[number], "records": partition.records, "events": partition.events,
                "aggregated": aggregated, "filtered": filtered, "late": late, "dead_letter": partition.dead,
                "partly_late": partly, "lost": 0}
    return ledger


def closed(query, combined):
    """What the ledger announces of a query at a combined watermark."""
    last_end = lambda at: v.time(at // query.slide * query.slide)
    return {"closed_through": last_end(combined), "final_through": last_end(combined - query.lateness)}


class LedgerComparer:
    """The last record of each key counts; those before it must never have fallen back."""

    def __init__(self, differences):
        self.differences = differences
        self.last = {}

    def take(self, partition, record):
        if record.value is None:
            return self.differences.add("a withdrawn ledger record", str(record.key))
        value = json.loads(record.value)
        before = self.last.get(record.key, {})
        for name, number in value.items():
            if name in before and number < before[name]:
                self.differences.add("a ledger record that falls back", f"{record.key} {name} {before[name]} {number}")
        self.last[record.key] = value

    def finish(self, batch, combined, ends, rows, merges):
        sources = expected_ledger(batch, combined, ends)
        queries = {query.query.name: query.query for query in batch.queries}
        published, heard = {}, {}
        for key_bytes, value in self.last.items():
            key = json.loads(key_bytes)
            if "topic" in key:
                self._check_source(key, dict(value), sources.pop((key["query"], key["partition"]), None))
                continue
            rows_here = value.pop("rows")
            published[key["query"]] = published.get(key["query"], 0) + rows_here
            heard.setdefault(key["query"], set()).add(key["partition"])
            wanted = closed(queries[key["query"]], combined)
            if value != wanted:
                self.differences.add("a ledger record of a query", f"{key} is {value}, must be {wanted}")
        for missing in sources:
            self.differences.add("a missing ledger record", str(missing))
        for name in queries:
            if heard.get(name) != set(range(merges)):
                self.differences.add("a missing ledger record", f"{name}: of shuffle partitions {heard.get(name)}")
        if published != rows:
            self.differences.add("rows in the ledger", f"are {published}, must be {rows}")

    def _check_source(self, key, value, wanted):
        while_open = value.pop("late_while_open", None)
        if wanted is None or value != wanted:
            self.differences.add("a ledger record of a source", f"{key}\n  is       {value}\n  must be  {wanted}")
        elif while_open is None or not 0 <= while_open <= value["late"]:
            self.differences.add("a ledger record of a source", f"{key}: late_while_open is {while_open}")
