"""A run of a whole cluster with two pipelines: what it is made of, and its end."""
import dataclasses
import pathlib

from harness import proc
from harness.cluster import Cluster
from harness.pipeline import Pipeline
from harness.proof import CLUSTER, CONFIG, PARTITIONS, Proof
from harness.traffic import TOPIC_BYTES, Feed
from harness.verdict import Verdict
from harness.waiting import require, say
from oracle.audit import audit_differences
from oracle.queries import QUERIES

SECOND, SECOND_INPUT, SECOND_PARTITIONS, SECOND_MERGES, SECOND_SHARE = "second", "second-calls", 2, 3, 5
SECOND_FILE = pathlib.Path(__file__).resolve().parents[1] / "second.yaml"
SECOND_QUERIES = tuple(dataclasses.replace(query, sinks=(("second-minutes", "all"),))
                       for query in QUERIES if query.name == "minutes_by_account")
TASKS = 3 + 4 + 2 + SECOND_MERGES
# Far below the 60 a second that the first pipeline would write at its commit interval.
FRAME_BUDGET = 16


class ClusterProof(Proof):
    portions = 36
    config_text = CONFIG + 'coordinator: {{http: "127.0.0.1:0"}}\n'

    def __init__(self, options):
        super().__init__(options)
        self.cluster = Cluster(options, self.folder, f"127.0.0.1:{options.port + 6}", self.workers)
        self.second = Pipeline(self.broker, CLUSTER, SECOND, SECOND_FILE, SECOND_INPUT, SECOND_PARTITIONS, SECOND_MERGES,
                               SECOND_QUERIES, self.workers)

    def begin(self):
        super().begin()
        self.broker.create_topic(SECOND_INPUT, SECOND_PARTITIONS, max_message_bytes=TOPIC_BYTES)
        self.second_feed = Feed(self.broker.bootstrap, SECOND_INPUT)
        self.cluster.config = self.config

    def write(self, number, partitions=range(PARTITIONS)):
        for partition in set(partitions) & set(range(SECOND_PARTITIONS)):
            self.second_feed.send(partition, self.portion(number, partition)[::SECOND_SHARE])
        super().write(number, partitions)
        self.second_feed.flush()

    def write_part(self, number, part, parts):
        """Of a portion that is sent little by little, without hard records."""
        for partition in range(PARTITIONS):
            records = self.portion(number, partition)
            records = records[len(records) * part // parts:len(records) * (part + 1) // parts]
            self.now = max(self.now, records[-1][2])
            self.feed.send(partition, records)
            if partition < SECOND_PARTITIONS:
                self.second_feed.send(partition, records[::SECOND_SHARE])
        self.feed.flush()
        self.second_feed.flush()

    def write_end(self):
        super().write_end()
        self.send_end(self.second_feed, SECOND_PARTITIONS)

    def apply(self, pipeline):
        self.cluster.apply(pipeline.file)
        pipeline.follow()

    def wait_read(self):
        self.pipeline.wait_read()
        self.second.wait_read()

    def broker_seconds(self):
        """CPU time that the broker has used."""
        return proc.cpu_seconds((self.broker.data / "broker-1" / "pid").read_text().strip())

    def finish(self):
        """Waits until everything is published, asks for both audits, ends every process, and returns what to judge."""
        pipelines = (self.pipeline, self.second)
        for pipeline in pipelines:
            pipeline.wait_complete()
        self.audits = [self.audit(pipeline) for pipeline in pipelines]
        self.cluster.terminate(*self.cluster.alive())
        say("SIGTERM has ended every process with 0")
        for pipeline in pipelines:
            pipeline.stop()
        return [Verdict(pipeline) for pipeline in pipelines]

    def audit(self, pipeline):
        done = self.cluster.tidemark("audit", pipeline.name)
        require(done.returncode == 0 and "balanced" in done.stdout.splitlines()[-1],
                f"the audit of {pipeline.name} is balanced: {done.returncode}\n{done.stdout}{done.stderr}")
        return self.cluster.ask("audit", pipeline.name)

    def check(self, verdicts):
        for verdict, audit, must_be_hard in zip(verdicts, self.audits, (True, False)):
            verdict.check(must_be_hard)
            wrong = audit_differences(audit, verdict.batch, verdict.pipeline.final_ends)
            require(audit["balanced"] and not wrong, f"the audit of {verdict.pipeline.name} says what the oracle says: {wrong}")
        say("both audits are balanced and equal the oracle")
