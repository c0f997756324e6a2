"""A broker of the test's own, or three, through scripts/kafka."""
import pathlib
import subprocess

from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
TOPIC_SECONDS = 30


class Broker:
    def __init__(self, data, port, sasl=False, count=1):
        self.data, self.port, self.count = data, port, count
        self.bootstrap = ",".join(f"127.0.0.1:{port + i}" for i in range(count))
        self.sasl_bootstrap = f"127.0.0.1:{port + 6}"  # where a user and a password are asked for
        self._sasl = ["--sasl"] if sasl else []

    def _kafka(self, *arguments):
        done = subprocess.run([REPOSITORY / "scripts/kafka", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"scripts/kafka {arguments}: {done.stdout}")

    @staticmethod
    def _only(number):
        return [] if number is None else ["--broker", str(number)]

    # `number`: of one broker, from 1; all if there is none.

    def start(self, number=None):
        self._kafka("start", "--data", self.data, "--port", str(self.port), "--brokers", str(self.count), *self._sasl, *self._only(number))

    def stop(self, number=None):
        self._kafka("stop", "--data", self.data, *self._only(number))

    def kill(self, number=None):
        self._kafka("kill", "--data", self.data, *self._only(number))

    def _admin(self):
        """To be kept until its futures are done."""
        return AdminClient({"bootstrap.servers": self.bootstrap})

    def create_topic(self, name, partitions, **configs):
        topic = NewTopic(name, partitions, self.count, config={key.replace("_", "."): str(value) for key, value in configs.items()})
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

    def replicas_out_of_sync(self):
        """How many replicas of all topics must be read from elsewhere until they have caught up."""
        topics = self._admin().list_topics(timeout=TOPIC_SECONDS).topics.values()
        return sum(self.count - len(partition.isrs) for topic in topics for partition in topic.partitions.values())

    def topics(self):
        """{name: number of partitions}"""
        return {name: len(topic.partitions) for name, topic in self._admin().list_topics(timeout=TOPIC_SECONDS).topics.items()}
