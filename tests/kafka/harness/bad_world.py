"""The cluster of bad_input_test: a user with a password and rights of its own, pipelines by name, and what must be said."""
import re

from confluent_kafka import Consumer, TopicPartition

from harness import call_counts
from harness.cluster import Cluster
from harness.ports import free_address
from harness.waiting import require, say
from harness.worker import Program

RECORDS = 2_000

CONFIG = """cluster: bad
log: {{format: json}}
kafka:
  bootstrap_servers: "{bootstrap}"
  properties: {{security.protocol: SASL_PLAINTEXT, sasl.mechanisms: PLAIN, sasl.username: tidemark, sasl.password: "file:{secret}"}}
coordinator: {{http: "127.0.0.1:0"}}
worker: {{http: "127.0.0.1:0", memory: 64MiB, checkpoint_interval: 1s, coordinators: ["{server}"]}}
"""


class World:
    def __init__(self, options, broker, disk):
        self.options, self.broker, self.disk, self.folder = options, broker, disk, options.folder
        self.cluster = Cluster(options, self.folder, free_address(), [])
        self.secret = self.folder / "secret"
        self.secret.write_text("tidemark-secret\n")
        self.config = self.folder / "tidemark.yaml"
        self.config.write_text(CONFIG.format(bootstrap=broker.sasl_bootstrap, secret=self.secret, server=self.cluster.server))
        self.cluster.config = self.config
        self.sent = {}       # topic -> records
        self.epochs = {}     # of the pipeline that must not be touched
        self.worker = None

    # Processes

    def start(self):
        self.cluster.start_coordinator()
        self.start_worker()

    def start_worker(self):
        command = [self.options.worker, "--config", self.config, "--set", f"worker.state_dir={self.disk.path}"]
        self.worker = Program(self.disk.wrap(command), f"w1-{len(self.cluster.processes)}", self.folder)
        self.cluster.processes.append(self.worker)
        self.disk.process = self.worker.process

    def wait_leading(self):
        """Whatever it thinks of the pipelines."""
        self.cluster.wait_for("a coordinator leads", lambda: self.tidemark("pipeline", "list").returncode == 0)

    def restart_everything(self):
        self.cluster.coordinator.kill()
        self.worker.kill()
        self.start()
        self.wait_leading()
        self.cluster.wait_for("the worker has its tasks again", lambda: [
            t for t in self.cluster.tasks() if t["state"] == "RUNNING" and t["name"].startswith("bad-good/merge")])
        self.epochs = self.epochs_of("good")

    def check(self):
        for process in self.cluster.alive():
            process.check()

    # Rights and topics, by whoever runs the brokers

    def acl(self, *arguments):
        self.broker.tool("acls", *arguments)

    def grant(self, *arguments):
        self.acl("--add", "--allow-principal", "User:tidemark", *arguments)

    def mend(self, told):
        """Runs the kafka-configs line of a message."""
        line = re.search(r"kafka-configs\.sh --bootstrap-server SERVER (.*)", told)
        require(line is not None, f"it prints the line that mends it: {told}")
        self.broker.tool("configs", *line.group(1).split())

    def generate(self, topic):
        done = self.tidemark("generate", "--topic", topic, "--partitions", 2, "--bootstrap", self.broker.bootstrap, "--count", RECORDS,
                             "--duplicates", 0)
        require(done.returncode == 0, f"calls are generated: {done.stderr}")
        self.sent[topic] = self.sent.get(topic, 0) + RECORDS

    # The command line

    def tidemark(self, *arguments):
        return self.cluster.tidemark(*arguments)

    def refused(self, *arguments, says):
        done = self.tidemark(*arguments)
        text = done.stdout + done.stderr
        require(done.returncode == 1, f"{arguments} ends with 1, not {done.returncode}: {text}")
        for part in says:
            require(part in text, f"{arguments} says '{part}': {text}")
        say(f"{' '.join(map(str, arguments[:2]))}: {done.stderr.strip()[:250]}")
        return text

    def file_of(self, name, text):
        path = self.folder / f"{name}.yaml"
        path.write_text(text)
        return path

    def file(self, name, source=None):
        source = source or ("bad-calls" if name == "one" else f"bad-{name}-calls")
        return self.file_of(name, call_counts.pipeline(f"bad-{name}", source, merges=1, seconds=1))

    def apply(self, name, *arguments):
        self.cluster.apply(self.file(name), *arguments)

    def resume(self, name):
        resumed = self.tidemark("pipeline", "resume", f"bad-{name}", "--wait")
        require(resumed.returncode == 0, f"{name} is resumed: {resumed.stdout}{resumed.stderr}")

    def describe(self, name):
        return self.cluster.ask("pipeline", "describe", f"bad-{name}") or {}

    def wait_halted(self, name, *reasons):
        reason = self.cluster.wait_for(f"{name} is HALTED", lambda: self.describe(name).get("state", "").endswith("HALTED") and
                                       self.describe(name)["reason"])
        for part in reasons:
            require(part in reason, f"the reason says '{part}': {reason}")
        say(f"{name} is HALTED: {reason}")
        require(self.describe("good")["state"].endswith("RUNNING"), "the other pipeline runs on")
        require(self.epochs_of("good") == self.epochs, "and its tasks were not touched")

    def epochs_of(self, name):
        return {task: epoch for task, epoch in self.cluster.epochs().items() if task.startswith(f"bad-{name}/")}

    def wait_read(self, name, records):
        def read():
            audit = self.cluster.ask("audit", f"bad-{name}")
            return audit and audit["balanced"] and sum(int(p["records"]) for p in audit["partitions"]) == records
        self.cluster.wait_for(f"{name} has read {records} records, and the audit balances", read)

    def rows(self, name):
        audit = self.cluster.ask("audit", f"bad-{name}") or {"results": []}
        return sum(int(result["rows"]) for result in audit["results"])

    def lag(self, name, topic):
        """What a lag tool says: records behind the offsets that the pipeline's group has committed; None: none yet."""
        group = f"tidemark.bad.bad-{name}.{self.describe(name)['incarnation']}"
        reader = Consumer({"bootstrap.servers": self.broker.bootstrap, "group.id": group})
        try:
            committed = reader.committed([TopicPartition(topic, p) for p in range(2)], timeout=20)
            ends = [reader.get_watermark_offsets(TopicPartition(topic, p), timeout=20)[1] for p in range(2)]
        finally:
            reader.close()
        if any(place.offset < 0 for place in committed):
            return None
        return sum(end - place.offset for place, end in zip(committed, ends))
