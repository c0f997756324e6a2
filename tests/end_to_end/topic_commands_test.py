"""tidemark generate --topic and tail --topic on a real broker.

usage: topic_commands_test.py PATH_OF_TIDEMARK; TIDEMARK_TEST_KAFKA names the broker. Needs confluent_kafka.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest
import uuid

from confluent_kafka import Consumer, Producer, TopicPartition

TIDEMARK = str(pathlib.Path(sys.argv.pop(1)).resolve())
KAFKA = os.environ["TIDEMARK_TEST_KAFKA"]
NOWHERE = "127.0.0.1:9"


def command(*arguments, kafka=KAFKA):
    return [TIDEMARK, *map(str, arguments), "--bootstrap", kafka]


def tidemark(*arguments, kafka=KAFKA, timeout=60):
    return subprocess.run(command(*arguments, kafka=kafka), capture_output=True, text=True, timeout=timeout)


def unique(stem):
    return f"{stem}-{uuid.uuid4().hex[:8]}"


class Running:
    """A command that runs until it is interrupted."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def error_line(self, part, seconds=30):
        deadline = time.monotonic() + seconds
        seen = ""
        while time.monotonic() < deadline:
            line = self.process.stderr.readline()
            seen += line
            if part in line:
                return line
            if not line:
                break
        raise AssertionError(f"'{part}' was not said, but: {seen}")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        out, error = self.process.communicate(timeout=30)
        return self.process.returncode, out, error


class Generate(unittest.TestCase):
    def test_a_count_of_events_reaches_a_new_topic_and_nothing_else(self):
        topic = unique("calls")
        made = tidemark("generate", "--topic", topic, "--partitions", 3, "--count", 2_000, "--duplicates", 0)
        self.assertEqual(made.returncode, 0, made.stderr)
        read = tidemark("tail", "--topic", topic, "--from", "beginning", "--count", 2_000, "--output", "json")
        self.assertEqual(read.returncode, 0, read.stderr)
        records = [json.loads(line) for line in read.stdout.splitlines()]
        self.assertEqual({record["partition"] for record in records}, {0, 1, 2})
        self.assertEqual(len({(record["partition"], record["offset"]) for record in records}), 2_000)
        ends = {p: max(r["offset"] for r in records if r["partition"] == p) for p in range(3)}
        self.assertEqual(sum(ends.values()), 2_000 - 3)
        again = tidemark("generate", "--topic", topic, "--partitions", 4, "--count", 1)
        self.assertEqual(again.returncode, 1)
        self.assertIn("has 3 partitions, not 4", again.stderr)

    def test_only_new_leaves_a_topic_alone_that_is_there(self):
        topic = unique("calls")
        for expected in ("wrote 10 records", "nothing is written"):
            made = tidemark("generate", "--topic", topic, "--partitions", 1, "--count", 10, "--duplicates", 0, "--only-new")
            self.assertEqual(made.returncode, 0, made.stderr)
            self.assertIn(expected, made.stderr)
        consumer = Consumer({"bootstrap.servers": KAFKA, "group.id": "none"})
        self.assertEqual(consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30), (0, 10))
        consumer.close()

    def test_a_missing_topic_is_not_created_by_accident(self):
        topic = unique("missing")
        made = tidemark("generate", "--topic", topic, "--count", 1)
        self.assertEqual(made.returncode, 1)
        for part in (topic, "--partitions N", KAFKA):
            self.assertIn(part, made.stderr)
        self.assertEqual(tidemark("tail", "--topic", topic).returncode, 1)

    def test_real_time_goes_on_at_its_rate_until_it_is_interrupted(self):
        topic = unique("calls")
        begun = time.time()
        running = Running("generate", "--topic", topic, "--partitions", 1, "--rate", 500)
        read = tidemark("tail", "--topic", topic, "--from", "beginning", "--count", 1_500, "--output", "json")
        while "there is no topic" in read.stderr:
            read = tidemark("tail", "--topic", topic, "--from", "beginning", "--count", 1_500, "--output", "json")
        elapsed = time.time() - begun
        code, _, error = running.interrupt()
        self.assertEqual(code, 0, error)
        self.assertEqual(len(read.stdout.splitlines()), 1_500)
        self.assertGreater(elapsed, 2.5, "1,500 events at 500/s take three seconds")

    def test_an_absent_broker_is_said_within_ten_seconds_and_a_little(self):
        for arguments in (("generate", "--topic", "x", "--count", 1), ("tail", "--topic", "x")):
            begun = time.monotonic()
            done = tidemark(*arguments, kafka=NOWHERE)
            self.assertLess(time.monotonic() - begun, 15)
            self.assertEqual(done.returncode, 1)
            for part in ("no broker", NOWHERE, "--bootstrap"):
                self.assertIn(part, done.stderr)


class Tail(unittest.TestCase):
    def setUp(self):
        self.topic = unique("rows")
        made = tidemark("generate", "--topic", self.topic, "--partitions", 1, "--count", 1, "--duplicates", 0)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.producer = Producer({"bootstrap.servers": KAFKA, "transactional.id": unique("tail")})
        self.producer.init_transactions()

    def test_rows_come_as_they_are_and_other_values_as_strings(self):
        values = [b'{"a":1,"b":"\xc3\xa4"}', b"plain", b"\xff\x00", None, b'{"broken"']
        self.producer.begin_transaction()
        for value in values:
            self.producer.produce(self.topic, value, key=b"k", headers=[("h", b"1"), ("h", None)])
        self.producer.commit_transaction()
        lines = tidemark("tail", "--topic", self.topic, "--from", "beginning", "--count", 6).stdout.splitlines()[1:]
        self.assertEqual(lines, ['{"a":1,"b":"ä"}', '"plain"', '{"base64":"/wA="}', "null", '"{\\"broken\\""'])
        rows = tidemark("tail", "--topic", self.topic, "--from", "beginning", "--count", 2, "--output", "json").stdout
        row = json.loads(rows.splitlines()[1])
        self.assertEqual(row["value"], {"a": 1, "b": "ä"})
        self.assertEqual(row["headers"], [{"name": "h", "value": "1"}, {"name": "h", "value": None}])
        self.assertEqual((row["key"], row["offset"]), ("k", 1))

    def test_silence_is_explained_by_the_open_transaction_behind_it(self):
        self.producer.begin_transaction()
        self.producer.produce(self.topic, b"hidden")
        self.assertEqual(self.producer.flush(10), 0)
        running = Running("tail", "--topic", self.topic)
        running.error_line("an open transaction hides 1 offsets from 1")
        self.producer.commit_transaction()
        self.assertEqual(running.process.stdout.readline(), '"hidden"\n')
        self.assertEqual(running.interrupt()[0], 0)

    def test_silence_at_the_end_is_explained(self):
        running = Running("tail", "--topic", self.topic)
        running.error_line("at its end, offset 1")
        self.assertEqual(running.interrupt()[0], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
