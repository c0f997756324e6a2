"""Everything that one pipeline published against the oracle's computation, and against itself with one thing changed."""
from harness.traffic import TOPIC_BYTES
from harness.waiting import require, say
from oracle import compare, topics
from oracle.batch import Batch

SINK_PARTITIONS = 4


class Verdict:
    """REQUIRES: the pipeline is complete and its followers have stopped."""

    def __init__(self, pipeline):
        self.pipeline = pipeline
        self.bootstrap = pipeline.broker.bootstrap
        self.history = pipeline.frames.history
        self.batch = Batch(pipeline.queries, {p: self.history.sections[p] for p in range(pipeline.partitions)},
                           pipeline.input)

    def check(self, must_be_hard=True):
        for partition, record in topics.read(self.bootstrap, self.pipeline.input):
            self.batch.take(partition, record)
        combined = self.batch.finish()
        expected = compare.expected_rows(self.batch, combined)
        say(f"{self.pipeline.name}: the oracle expects {sum(map(len, expected.values()))} rows, {len(self.batch.late)} late records and "
            f"{len(self.batch.dead)} dead letters")
        if must_be_hard:
            self._check_is_hard(expected)
        published = {topic: list(topics.read(self.bootstrap, topic)) for topic in self._topics(expected)}
        say(f"read {sum(map(len, published.values()))} published records")
        require(not self.history.problems, f"every lane's frames follow each other: {self.history.problems[:5]}")
        wrong = self.batch.wrong_watermarks()
        require(not wrong, f"every committed watermark is what its records say: {len(wrong)} are not, {wrong[:5]}")
        found = self._differences(expected, published, combined)
        require(not found, f"what is published equals the oracle:\n{found}")
        if must_be_hard:
            for topic in (f"{self.pipeline.name}.late", f"{self.pipeline.name}.dead-letter"):
                require(any(compare.is_stub(record) for _, record in published[topic]), f"{topic} has stubs")
        say(f"{self.pipeline.name}: results, late topic, dead letters and ledger equal the oracle, byte for byte, each exactly once")
        self._check_noticed(expected, published)

    def _topics(self, expected):
        return [*expected, *(f"{self.pipeline.name}.{side}" for side in ("late", "dead-letter", "ledger"))]

    def _check_is_hard(self, expected):
        """The proof would say little of an easy input."""
        reasons = {side.reason for side in self.batch.dead}
        require(reasons == {"DECODE_FAILED", "INVALID_EVENT_TIME", "FUTURE_TIMESTAMP", "KEY_TOO_LARGE"}, f"all reasons: {reasons}")
        for topic in ("proof-minutes", "proof-revisions"):
            require(any(revision for _, revision in expected[topic]), f"{topic} has revised rows")
        for topic, rows in expected.items():
            require(len(rows) > 100, f"{topic} has more than {len(rows)} rows")
        require(all(partition.tombstones for partition in self.batch.partitions.values()), "tombstones everywhere")
        require(self.history.idle_frames > 0, "some partition was idle")

    def _compare(self, topic, expected, records, found):
        """One result, late or dead-letter topic."""
        if topic in expected:
            comparer = compare.RowComparer(topic, expected[topic], SINK_PARTITIONS, self.pipeline.name,
                                           self.pipeline.incarnation, found)
        elif topic.endswith(".late"):
            comparer = compare.SideComparer("late record", self.pipeline.input, self.batch.late, TOPIC_BYTES, found)
        else:
            comparer = compare.SideComparer("dead letter", self.pipeline.input, self.batch.dead, TOPIC_BYTES, found)
        for partition, record in records:
            comparer.take(partition, record)
        comparer.finish()

    def _differences(self, expected, published, combined):
        found = compare.Differences()
        ledger = compare.LedgerComparer(found)
        for topic, records in published.items():
            if not topic.endswith(".ledger"):
                self._compare(topic, expected, records, found)
        for partition, record in published[f"{self.pipeline.name}.ledger"]:
            ledger.take(partition, record)
        rows = {}
        for of_topic in expected.values():
            for query, *_ in of_topic.values():
                rows[query] = rows.get(query, 0) + 1
        ledger.finish(self.batch, combined, self.pipeline.final_ends, rows, self.pipeline.merges)
        return found

    def _check_noticed(self, expected, published):
        """With one record dropped or doubled the comparison fails."""
        for topic, records in published.items():
            if topic.endswith(".ledger"):
                continue
            for kind, changed in (("missing", records[1:]), ("twice", records + records[:1])):
                found = compare.Differences()
                self._compare(topic, expected, changed, found)
                require(any(kind in name for name in found.counts), f"a record {kind} in {topic} is noticed")
        say("with one record dropped or doubled in any topic, the comparison fails")
