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

    def _kafka(self, *arguments):
        done = subprocess.run([REPOSITORY / "scripts/kafka", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"scripts/kafka {arguments}: {done.stdout}")

    def start(self):
        self._kafka("start", "--data", self.data, "--port", str(self.port), *self._sasl)

    def stop(self):
        self._kafka("stop", "--data", self.data)

    def kill(self):
        self._kafka("kill", "--data", self.data)

    def _admin(self):
        """To be kept until its futures are done."""
        return AdminClient({"bootstrap.servers": self.bootstrap})

    def create_topic(self, name, partitions, **configs):
        topic = NewTopic(name, partitions, 1, config={key.replace("_", "."): str(value) for key, value in configs.items()})
        admin = self._admin()
        admin.create_topics([topic], operation_timeout=TOPIC_SECONDS)[name].result(TOPIC_SECONDS)

    def delete_topic(self, name):
        admin = self._admin()
        admin.delete_topics([name])[name].result(TOPIC_SECONDS)

    def add_partitions(self, name, count):
        admin = self._admin()
        admin.create_partitions([NewPartitions(name, count)])[name].result(TOPIC_SECONDS)

    def tool(self, name, *arguments):
        """Kafka's own command line: configs, acls, topics."""
        self._kafka(name, "--bootstrap-server", self.bootstrap, *arguments)

    def topics(self):
        """{name: number of partitions}"""
        return {name: len(topic.partitions) for name, topic in self._admin().list_topics(timeout=TOPIC_SECONDS).topics.items()}
