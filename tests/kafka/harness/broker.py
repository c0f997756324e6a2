"""A broker of the test's own, through scripts/kafka."""
import pathlib
import subprocess

from confluent_kafka.admin import AdminClient, NewTopic

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
TOPIC_SECONDS = 30


class Broker:
    def __init__(self, data, port):
        self.data, self.port = data, port
        self.bootstrap = f"127.0.0.1:{port}"

    def _kafka(self, verb, *arguments):
        command = [REPOSITORY / "scripts/kafka", verb, "--data", self.data, *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"scripts/kafka {verb}: {done.stdout}")
        return done.stdout

    def start(self):
        self._kafka("start", "--port", str(self.port))

    def stop(self):
        self._kafka("stop")

    def kill(self):
        self._kafka("kill")

    def create_topic(self, name, partitions, **configs):
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        topic = NewTopic(name, partitions, 1, config={key.replace("_", "."): str(value) for key, value in configs.items()})
        for future in admin.create_topics([topic], operation_timeout=TOPIC_SECONDS).values():
            future.result(TOPIC_SECONDS)

    def topics(self):
        """{name: number of partitions}"""
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        return {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=TOPIC_SECONDS).topics.items()}
