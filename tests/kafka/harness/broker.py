"""A broker of the test's own, through scripts/kafka."""
import pathlib
import subprocess

from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
TOPIC_SECONDS = 30


class Broker:
    def __init__(self, data, port, sasl=False):
        self.data, self.port = data, port
        self.bootstrap = f"127.0.0.1:{port}"
        self.sasl_bootstrap = f"127.0.0.1:{port + 6}"  # where a user and a password are asked for
        self._sasl = ["--sasl"] if sasl else []

    def _kafka(self, verb, *arguments):
        command = [REPOSITORY / "scripts/kafka", verb, "--data", self.data, *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"scripts/kafka {verb}: {done.stdout}")
        return done.stdout

    def start(self):
        self._kafka("start", "--port", str(self.port), *self._sasl)

    def stop(self):
        self._kafka("stop")

    def kill(self):
        self._kafka("kill")

    def create_topic(self, name, partitions, **configs):
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        topic = NewTopic(name, partitions, 1, config={key.replace("_", "."): str(value) for key, value in configs.items()})
        for future in admin.create_topics([topic], operation_timeout=TOPIC_SECONDS).values():
            future.result(TOPIC_SECONDS)

    def delete_topic(self, name):
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for future in admin.delete_topics([name]).values():
            future.result(TOPIC_SECONDS)

    def add_partitions(self, name, count):
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for future in admin.create_partitions([NewPartitions(name, count)]).values():
            future.result(TOPIC_SECONDS)

    def tool(self, name, *arguments):
        """Kafka's own command line: configs, acls, topics."""
        command = [REPOSITORY / "scripts/kafka", name, "--bootstrap-server", self.bootstrap, *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"scripts/kafka {name} {arguments}: {done.stdout}")

    def topics(self):
        """{name: number of partitions}"""
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        return {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=TOPIC_SECONDS).topics.items()}
