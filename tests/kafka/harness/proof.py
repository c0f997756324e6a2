"""One run on a broker of its own: input in portions, workers, and at the end everything against the oracle."""
import pathlib

from harness.broker import Broker
from harness.pipeline import Pipeline
from harness.traffic import TOPIC_BYTES, Feed, call, generate, oversized, planted
from harness.verdict import Verdict
from harness.waiting import say, wait_for
from harness.worker import Worker
from oracle.queries import QUERIES

HERE_PIPELINE = pathlib.Path(__file__).resolve().parents[1] / "proof.yaml"
PIPELINE, CLUSTER, INPUT = "proof", "proof", "proof-calls"
PARTITIONS, MERGES = 6, 4
PORTIONS = 30
FAR_MS = 30 * 60_000
TRANSACTION_TIMEOUT_SECONDS = 6
CONFIG = """\
cluster: {cluster}
kafka: {{bootstrap_servers: "{bootstrap}", transaction_timeout: {timeout}s}}
log: {{level: info, format: json}}
worker: {{commit_interval: 200ms, checkpoint_interval: 2s, http: "127.0.0.1:0"}}
"""


class Proof:
    portions = PORTIONS
    config_text = CONFIG
    brokers = 1

    def __init__(self, options):
        self.options = options
        self.folder = options.folder
        self.broker = Broker(self.folder / "broker", options.port, count=self.brokers)
        self.workers = []
        self.pipeline = Pipeline(self.broker, CLUSTER, PIPELINE, HERE_PIPELINE, INPUT, PARTITIONS, MERGES, QUERIES, self.workers)
        self.now = 0  # the newest timestamp written

    # Input

    def begin(self):
        """An empty broker, and the topic of the input."""
        self.broker.start()
        self.broker.create_topic(INPUT, PARTITIONS, max_message_bytes=TOPIC_BYTES)
        self.config = self.folder / "config.yaml"
        self.config.write_text(self.config_text.format(cluster=CLUSTER, bootstrap=self.broker.bootstrap,
                                             timeout=TRANSACTION_TIMEOUT_SECONDS))
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
        return records[len(records) * number // self.portions:len(records) * (number + 1) // self.portions]

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
        self.send_end(self.feed, PARTITIONS)

    def send_end(self, feed, partitions):
        end = self.now + FAR_MS
        last = call(end, account="the end").SerializeToString()
        for partition in range(partitions):
            feed.send(partition, [(None, last, end + 500, None)])
        feed.flush()

    # Workers

    def start_worker(self, name, disk=None, program=None, environment=None):
        """`disk` names its state folder; workers with the same one find each other's checkpoints."""
        state = self.folder / f"state-{disk or name}"
        worker = Worker(program or self.options.worker, name, self.folder, self.config, self.pipeline.file,
                        [f"worker.id={disk or name}", f"worker.state_dir={state}"], environment)
        self.workers.append(worker)
        return worker

    def start_crash_worker(self, point, disk):
        name = "crash-" + point.replace(",", "-")
        return self.start_worker(name, disk, self.options.crash_worker, {"CRASH_AT": point})

    def wait_logged(self, *texts):
        """Until a worker has logged a line that holds all texts."""
        wait_for(f"a worker logs {texts}", lambda: any(worker.logged(*texts) for worker in self.workers),
                 watch=self.pipeline.watched())

    # The end

    def finish(self):
        """Waits until everything is published, ends the workers, and returns what to judge."""
        self.pipeline.wait_complete()
        for worker in self.workers:
            if not worker.expected_end:
                worker.terminate()
        self.pipeline.stop()
        return Verdict(self.pipeline)

    def end(self):
        """Whatever happened: no process is left behind."""
        for worker in self.workers:
            worker.end()
        try:
            self.broker.stop()
        except RuntimeError as error:
            say(str(error))
