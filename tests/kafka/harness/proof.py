"""One run on a broker of its own: input in portions, workers, and at the end everything against the oracle."""
import pathlib
import re

from harness.broker import Broker
from harness.follower import Frames, Ledger
from harness.traffic import TOPIC_BYTES, Feed, call, generate, oversized, planted
from harness.waiting import require, say, wait_for
from harness.worker import Worker
from oracle import compare, topics
from oracle.batch import Batch
from oracle.queries import QUERIES

HERE_PIPELINE = pathlib.Path(__file__).resolve().parents[1] / "proof.yaml"
PIPELINE, CLUSTER, INPUT = "proof", "proof", "proof-calls"
PARTITIONS, MERGES, SINK_PARTITIONS = 6, 4, 4
PORTIONS = 28
FAR_MS = 30 * 60_000
COMPLETE_SECONDS = 120
TRANSACTION_TIMEOUT_SECONDS = 6
CONFIG = """\
cluster: {cluster}
kafka: {{bootstrap_servers: "{bootstrap}", transaction_timeout: {timeout}s}}
log: {{level: info, format: json}}
worker: {{commit_interval: 200ms, checkpoint_interval: 2s, http: "127.0.0.1:0"}}
"""


class Proof:
    def __init__(self, options):
        self.options = options
        self.folder = options.folder
        self.broker = Broker(self.folder / "broker", options.port)
        self.workers = []
        self.frames = self.ledger = None
        self.incarnation = None
        self.now = 0  # the newest timestamp written

    # Input

    def begin(self):
        """An empty broker, and the topic of the input."""
        self.broker.start()
        self.broker.create_topic(INPUT, PARTITIONS, max_message_bytes=TOPIC_BYTES)
        self.config = self.folder / "config.yaml"
        self.config.write_text(CONFIG.format(cluster=CLUSTER, bootstrap=self.broker.bootstrap,
                                             timeout=TRANSACTION_TIMEOUT_SECONDS))
        self.pipeline = HERE_PIPELINE
        self.feed = Feed(self.broker.bootstrap, INPUT)

    def generate(self):
        """Forty minutes of calls, all with the same pace."""
        options = self.options
        self.input = generate(options.tidemark, self.folder / "input", PARTITIONS, options.count,
                              "--rate", str(options.count // 2_500), "--keys", "300", "--late", "5000",
                              "--malformed", "500", "--future", "200", "--seed", str(options.seed))
        say(f"generated {sum(map(len, self.input))} records")

    def portion(self, number, partition):
        records = self.input[partition]
        return records[len(records) * number // PORTIONS:len(records) * (number + 1) // PORTIONS]

    def write(self, number, partitions=range(PARTITIONS)):
        """One portion of those partitions, with hard records behind it; returns when all are acknowledged."""
        for partition in partitions:
            records = self.portion(number, partition)
            self.now = max(self.now, records[-1][2])
            hard = planted(records[-1][2]) if partition == number % PARTITIONS else []
            big = oversized(records[-1][2]) if partition == number % PARTITIONS and number % 5 == 0 else []
            self.feed.send(partition, records + hard + big)
        self.feed.flush()

    def write_end(self):
        """An event in each partition that is later than the end and the lateness of every window before it."""
        end = self.now + FAR_MS
        last = call(end, account="the end").SerializeToString()
        for partition in range(PARTITIONS):
            self.feed.send(partition, [(None, last, end + 500, None)])
        self.feed.flush()

    def ends(self):
        return topics.ends(self.broker.bootstrap, INPUT)

    # Progress

    def internal_topic(self, name):
        return f"__tidemark.{CLUSTER}.{PIPELINE}.{self.incarnation}.{name}"

    def follow(self):
        """Once the first worker has created the topics."""
        pattern = re.compile(rf"__tidemark\.{CLUSTER}\.{PIPELINE}\.([0-9a-z]{{8}})\.shuffle$")
        found = wait_for("the shuffle topic is there", lambda: [m for m in map(pattern.match, self.broker.topics()) if m],
                         watch=self.workers)
        require(len(found) == 1, "the pipeline was created once")
        self.incarnation = found[0].group(1)
        self.frames = Frames(self.broker.bootstrap, self.internal_topic("shuffle"))
        ledger = f"{PIPELINE}.ledger"
        count = wait_for("the ledger topic is there", lambda: self.broker.topics().get(ledger), watch=self.workers)
        self.ledger = Ledger(self.broker.bootstrap, ledger, range(count))

    def watched(self):
        return [*self.workers, self.frames, self.ledger]

    def wait_frames(self, count, seconds=60):
        """Until so many frames in all are committed."""
        wait_for(f"{count} frames are committed", lambda: self.frames.count() >= count, seconds, self.watched())

    def wait_read(self, partitions=range(PARTITIONS), seconds=60):
        """Everything written so far to those partitions is in committed frames."""
        ends = self.ends()
        def behind():
            positions = self.frames.positions()
            return {p: ends[p] - positions.get(p, 0) for p in partitions if positions.get(p, 0) < ends[p]}
        wait_for("everything written is in committed frames", lambda: not behind(), seconds, self.watched())

    def is_complete(self):
        """The ledger announces everything that the committed watermarks close, for every source and every merge."""
        combined = self.frames.combined()
        if combined is None or any(self.frames.positions().get(p) != end for p, end in self.final_ends.items()):
            return False
        wanted = {query.name: compare.closed(query, combined) for query in QUERIES}
        offsets, closed = {}, set()
        for key, value in self.ledger.records():
            if "topic" in key:
                offsets[key["query"], key["partition"]] = value["offset"]
            elif wanted[key["query"]].items() <= value.items():
                closed.add((key["query"], key["partition"]))
        return len(closed) == len(QUERIES) * MERGES and len(offsets) == len(QUERIES) * PARTITIONS and all(
            offset == self.final_ends[partition] for (_, partition), offset in offsets.items())

    # Workers

    def start_worker(self, name, disk=None, program=None, environment=None):
        """`disk` names its state folder; workers with the same one find each other's checkpoints."""
        state = self.folder / f"state-{disk or name}"
        worker = Worker(program or self.options.worker, name, self.folder, self.config, self.pipeline,
                        [f"worker.id={disk or name}", f"worker.state_dir={state}"], environment)
        self.workers.append(worker)
        return worker

    def start_crash_worker(self, point, disk):
        name = "crash-" + point.replace(",", "-")
        return self.start_worker(name, disk, self.options.crash_worker, {"CRASH_AT": point})

    # The end

    def finish(self):
        """Waits until everything is published, ends the workers, and returns what to judge."""
        self.final_ends = self.ends()
        try:
            wait_for("everything is published and announced", self.is_complete, COMPLETE_SECONDS, self.watched())
        except AssertionError:
            say(f"ends {self.final_ends}, frames {self.frames.positions()}, watermark {self.frames.combined()}")
            say(f"ledger {self.ledger.records()}")
            raise
        for worker in self.workers:
            if not worker.expected_end:
                worker.terminate()
        self.frames.stop()
        self.ledger.stop()
        say(f"everything is published; {self.frames.count()} frames, {self.frames.history.idle_frames} idle sections")
        return Verdict(self)

    def end(self):
        """Whatever happened: no process is left behind."""
        for worker in self.workers:
            worker.end()
        try:
            self.broker.stop()
        except RuntimeError as error:
            say(str(error))


class Verdict:
    """Everything published against the oracle's computation, and against itself with one thing changed."""

    def __init__(self, proof):
        self.proof = proof
        self.bootstrap = proof.broker.bootstrap
        self.history = proof.frames.history
        self.batch = Batch(QUERIES, {p: self.history.sections[p] for p in range(PARTITIONS)}, INPUT)

    def check(self, must_be_hard=True):
        for partition, record in topics.read(self.bootstrap, INPUT):
            self.batch.take(partition, record)
        combined = self.batch.finish()
        expected = compare.expected_rows(self.batch, combined)
        say(f"the oracle expects {sum(map(len, expected.values()))} rows, {len(self.batch.late)} late records and "
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
            for topic in (f"{PIPELINE}.late", f"{PIPELINE}.dead-letter"):
                require(any(compare.is_stub(record) for _, record in published[topic]), f"{topic} has stubs")
        say("results, late topic, dead letters and ledger equal the oracle, byte for byte, each exactly once")
        self._check_noticed(expected, published)

    def _topics(self, expected):
        return [*expected, *(f"{PIPELINE}.{side}" for side in ("late", "dead-letter", "ledger"))]

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
            comparer = compare.RowComparer(topic, expected[topic], SINK_PARTITIONS, PIPELINE, self.proof.incarnation, found)
        elif topic.endswith(".late"):
            comparer = compare.SideComparer("late record", INPUT, self.batch.late, TOPIC_BYTES, found)
        else:
            comparer = compare.SideComparer("dead letter", INPUT, self.batch.dead, TOPIC_BYTES, found)
        for partition, record in records:
            comparer.take(partition, record)
        comparer.finish()

    def _differences(self, expected, published, combined):
        found = compare.Differences()
        ledger = compare.LedgerComparer(found)
        for topic, records in published.items():
            if not topic.endswith(".ledger"):
                self._compare(topic, expected, records, found)
        for partition, record in published[f"{PIPELINE}.ledger"]:
            ledger.take(partition, record)
        rows = {}
        for of_topic in expected.values():
            for query, *_ in of_topic.values():
                rows[query] = rows.get(query, 0) + 1
        ledger.finish(self.batch, combined, self.proof.final_ends, rows, MERGES)
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
