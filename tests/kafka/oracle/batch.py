"""The whole input computed once, record by record: rows, late and dead letters, counts, and each committed watermark."""
from dataclasses import dataclass, field

from oracle import calls as c
from oracle import values as v
from oracle import windows as w

MIN_EVENT_TIME, MAX_EVENT_TIME = 946_684_800_000, 253_402_300_799_999
MAX_OUT_OF_ORDERNESS, MAX_FUTURE_SKEW = 30_000, 300_000
NO_TIME = w.NO_TIME
FOREVER = 1 << 62


@dataclass
class Record:
    offset: int
    timestamp: int  # -1: none
    key: bytes
    value: bytes    # None: a tombstone
    headers: list = field(default_factory=list)  # (name, bytes or None)


@dataclass
class Side:
    """One copy that the late or the dead-letter topic must hold."""
    record: Record
    partition: int
    reason: str
    queries: tuple = ()
    windows: str = ""


class Partition:
    """Time of one source partition. `sections` are its (to, is_idle, watermark or None) in committed frames, in order."""

    def __init__(self, number, sections):
        self.number = number
        self.sections = iter(sections)
        self.section = next(self.sections, None)
        self.largest = self.watermark = NO_TIME
        self.records = self.events = self.dead = self.tombstones = 0
        self.end = 0
        self.wrong_watermarks = []

    def advance_to(self, offset):
        """Takes what was committed about the records before `offset`."""
        while self.section and self.section[0] <= offset:
            to, is_idle, watermark = self.section
            committed = NO_TIME if watermark is None else watermark
            if is_idle and committed >= self.watermark:
                self.watermark = committed
            elif committed != self.watermark:
                self.wrong_watermarks.append(f"partition {self.number} at offset {to}: a committed frame says "
                                             f"{committed}, the records before it say {self.watermark}")
            self.section = next(self.sections, None)

    def observe(self, event_time, timestamp):
        time = min(event_time, timestamp) if timestamp >= MIN_EVENT_TIME else event_time
        if time > self.largest:
            self.largest = time
            self.watermark = max(self.watermark, time - MAX_OUT_OF_ORDERNESS)


class Batch:
    """REQUIRES: the records of each partition come in the order of their offsets."""

    def __init__(self, queries, sections, topic="input"):
        self.topic = topic
        self.queries = [w.QueryWindows(query) for query in queries]
        self.partitions = {number: Partition(number, of_one) for number, of_one in sections.items()}
        self.counts = {}   # (query, partition) -> [filtered, late, aggregated, partly late]
        self.late, self.dead = [], []

    def take(self, number, record):
        partition = self.partitions[number]
        partition.records += 1
        partition.end = record.offset + 1
        partition.advance_to(record.offset)
        if record.value is None:
            partition.tombstones += 1
            return
        fault, event_time, call = c.read(record.value)
        if fault == c.UNFRAMED:
            return self._bury(partition, record, "DECODE_FAILED")
        if not MIN_EVENT_TIME <= event_time <= MAX_EVENT_TIME:
            return self._bury(partition, record, "INVALID_EVENT_TIME")
        timestamp = record.timestamp
        if timestamp >= MIN_EVENT_TIME and event_time > timestamp + MAX_FUTURE_SKEW:
            return self._bury(partition, record, "FUTURE_TIMESTAMP")
        watermark = partition.watermark
        partition.observe(event_time, timestamp)
        if fault:
            return self._bury(partition, record, "DECODE_FAILED")
        partition.events += 1
        self._judge(partition, record, call, watermark)

    def _bury(self, partition, record, reason):
        partition.dead += 1
        self.dead.append(Side(record, partition.number, reason))

    def _judge(self, partition, record, call, watermark):
        late, too_large = [], []
        for query in self.queries:
            partly = query.partly_late
            fate, ends = query.add(call, watermark)
            counts = self.counts.setdefault((query.query.name, partition.number), [0, 0, 0, 0])
            if fate == w.KEY_TOO_LARGE:
                too_large.append(query.query.name)
                fate = w.FILTERED
            counts[fate] += 1
            counts[3] += query.partly_late - partly
            if fate == w.LATE:
                late.append((query.query, ends))
        if late:
            windows = ";".join(
                f"{query.name}=" + ",".join(f"{v.time(end - query.size)}/{v.time(end)}" for end in ends)
                for query, ends in late)
            names = tuple(sorted(query.name for query, _ in late))
            self.late.append(Side(record, partition.number, "LATE", names, windows))
        if too_large:
            self.dead.append(Side(record, partition.number, "KEY_TOO_LARGE", tuple(sorted(too_large))))

    def finish(self):
        """Takes what was committed after the last records. Returns the combined watermark."""
        for partition in self.partitions.values():
            partition.advance_to(FOREVER)
        return min(partition.watermark for partition in self.partitions.values())

    def wrong_watermarks(self):
        return [line for partition in self.partitions.values() for line in partition.wrong_watermarks]
