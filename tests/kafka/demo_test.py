"""The demo on real brokers: `tidemark demo --kafka` as a user runs it, its ends, and what it refuses.

usage: demo_test.py BIN_FOLDER; TIDEMARK_TEST_KAFKA is the broker.
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from confluent_kafka.admin import AdminClient

BIN = pathlib.Path(sys.argv.pop(1))
BROKER = os.environ["TIDEMARK_TEST_KAFKA"]
SHOW_SECONDS = 12
PATIENCE_SECONDS = 200


def topics():
    return {topic for topic in AdminClient({"bootstrap.servers": BROKER}).list_topics(timeout=30).topics if "demo-" in topic}


def processes(of):
    """Command lines of living processes that name the run."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f"cluster={of}" in line:
            found.append(line)
    return found


class DemoTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.environment = {**os.environ, "TMPDIR": self.folder.name, "NO_COLOR": "1"}

    def tearDown(self):
        self.folder.cleanup()

    def demo(self, *arguments, program=BIN / "tidemark"):
        return subprocess.run([str(word) for word in (program, "demo", *arguments)], capture_output=True, text=True,
                              timeout=PATIENCE_SECONDS, env=self.environment)

    def nothing_is_left(self, output):
        run = re.search(r"demo-[0-9a-z]{6}", output).group()
        self.assertEqual(processes(run), [])
        deadline = time.monotonic() + 10   # brokers forget deleted topics one after the other
        while any(run in topic for topic in topics()):
            self.assertLess(time.monotonic(), deadline, topics())
            time.sleep(0.05)

    def test_every_fault_is_real_and_the_proof_holds(self):
        held = self.demo("--kafka", BROKER, "--seconds", SHOW_SECONDS)
        self.assertEqual(held.returncode, 0, held.stdout + held.stderr)
        for part in ("kill -9 of worker w2", "started again with its old disk", "SIGSTOP of worker w3", "refused (FENCED)",
                     "fails from now on", "an hour ahead", "partition 5 is proven idle", "The proof holds."):
            self.assertIn(part, held.stdout)
        self.assertRegex(held.stdout, r"asr-1m \(asr_by_account_country\): all [1-9]\d* records are there exactly once and equal")
        self.nothing_is_left(held.stdout)
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_an_interrupt_ends_every_process_and_takes_the_topics_away(self):
        with subprocess.Popen([BIN / "tidemark", "demo", "--kafka", BROKER], stdout=subprocess.PIPE, text=True,
                              env=self.environment) as demo:
            first = demo.stdout.readline()
            run = re.search(r"demo-[0-9a-z]{6}", first).group()
            self.assertEqual(len(processes(run)), 4, first)
            self.assertTrue(any(run in topic for topic in topics()), first)
            demo.send_signal(signal.SIGINT)
            rest = demo.stdout.read()
            self.assertEqual(demo.wait(30), 1, rest)
        self.assertIn("interrupted", rest)
        self.nothing_is_left(first)

    def test_an_address_without_a_broker_is_said(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % nobody.getsockname()[1]
            refused = self.demo("--kafka", address)
        self.assertEqual(refused.returncode, 1)
        for part in (f"no broker at {address} answers", "is Kafka running there?"):
            self.assertIn(part, refused.stdout)

    def test_programs_that_are_not_there_are_named(self):
        before = topics()
        alone = pathlib.Path(self.folder.name) / "tidemark"
        shutil.copy(BIN / "tidemark", alone)
        refused = self.demo("--kafka", BROKER, program=alone)
        self.assertEqual(refused.returncode, 1)
        for part in (f"{self.folder.name}/tidemark-coordinator is not there", "Without --kafka"):
            self.assertIn(part, refused.stdout)
        self.assertEqual(topics(), before)

    def test_what_only_brokers_can_do_is_wrong_usage_without_them(self):
        for options in (("--keep",), ("--set", "log.level=warn")):
            refused = self.demo(*options)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("--kafka", refused.stderr)


if __name__ == "__main__":
    unittest.main()
