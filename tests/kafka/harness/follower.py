"""Follows topics while the workers run: progress for the faults to wait for."""
import json
import threading

from confluent_kafka import Consumer, KafkaError, TopicPartition

from harness.waiting import Failed
from oracle.frames import FrameHistory


class Follower:
    """Calls take(message) for every committed record of a topic. Thread: take runs on the follower's own."""

    def __init__(self, bootstrap, topic, partitions, take):
        self.topic, self.problem, self._take = topic, None, take
        self._consumer = Consumer({
            "bootstrap.servers": bootstrap, "group.id": "proof-follower", "isolation.level": "read_committed",
            "auto.offset.reset": "error", "enable.auto.commit": False, "fetch.wait.max.ms": 50})
        self._consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=topic, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            while not self._stop.is_set():
                for message in self._consumer.consume(1_000, 0.2):
                    error = message.error()
                    if error is None:
                        self._take(message)
                    elif error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
                        self.problem = f"{self.topic}: records were deleted before they were seen: {error}"
        except Exception as error:  # the owner's check() says it
            self.problem = f"{self.topic}: {error!r}"

    def check(self):
        if self.problem:
            raise Failed(self.problem)

    def stop(self):
        self._stop.set()
        self._thread.join()
        self._consumer.close()
        self.check()


class Frames(Follower):
    """The frames of one shuffle partition, from the first on: the coordinator deletes what no replay needs any more."""

    def __init__(self, bootstrap, topic):
        self.history = FrameHistory()
        self._appended = []
        super().__init__(bootstrap, topic, [0], self._keep)

    def _keep(self, message):
        self.history.take(message.value())
        self._appended.append(message.timestamp()[1])

    def appended(self):
        """When the broker appended each frame, in ms."""
        return list(self._appended)

    def count(self):
        return self.history.frames

    def epochs(self):
        """{lane: owner epoch of its last frame}"""
        return {lane: epoch for lane, (_, epoch) in dict(self.history.last).items()}

    def is_idle(self, source):
        sections = self.history.sections.get(source)
        return bool(sections) and sections[-1][1]

    def positions(self):
        return dict(self.history.position)

    def combined(self):
        """The least watermark that the last frames say; None while a source has none."""
        last = [sections[-1][2] for sections in list(self.history.sections.values())]
        return min(last) if last and None not in last else None


class Ledger(Follower):
    """The last record of each key."""

    def __init__(self, bootstrap, topic, partitions):
        self.last = {}
        super().__init__(bootstrap, topic, partitions, self._keep)

    def _keep(self, message):
        self.last[message.key()] = message.value()

    def records(self):
        return [(json.loads(key), json.loads(value)) for key, value in dict(self.last).items() if value]
