"""A test of a cluster of processes on the broker of the tests: coordinator, workers and the command line."""
import collections
import json
import os
import pathlib
import sys
import tempfile
import unittest
import uuid

from harness import call_counts
from harness.cluster import Cluster, programs_in
from harness.ports import free_address

CONFIG = """cluster: {name}
kafka: {{bootstrap_servers: "{broker}"}}
coordinator: {{http: "127.0.0.1:0"}}
worker: {{http: "127.0.0.1:0", memory: 64MiB}}
"""


def main():
    """The program that is run: ..._test.py BIN_FOLDER; TIDEMARK_TEST_KAFKA is the broker."""
    ClusterCase.programs = programs_in(pathlib.Path(sys.argv.pop(1)).resolve())
    ClusterCase.broker = os.environ["TIDEMARK_TEST_KAFKA"]
    unittest.main()


class ClusterCase(unittest.TestCase):
    merges = 2

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.name = "c" + uuid.uuid4().hex[:10]
        self.cluster = Cluster(self.programs, self.path, free_address(), [])
        self.cluster.config = self.path / "tidemark.yaml"
        self.cluster.config.write_text(CONFIG.format(name=self.name, broker=self.broker))
        self.file = self.path / "pipeline.yaml"
        self.file.write_text(call_counts.pipeline(self.name, self.name + "-calls", self.merges, seconds=5))

    def tearDown(self):
        self.cluster.end()
        self.folder.cleanup()

    def tidemark(self, *arguments):
        return self.cluster.tidemark(*arguments)

    def ask(self, *arguments):
        done = self.tidemark(*arguments, "--output", "json")
        self.assertIn(done.returncode, (0, 3), done.stderr + self.cluster.tails())
        return json.loads(done.stdout)

    def generate(self, count, *options, partitions=4):
        generated = self.tidemark("generate", "--topic", self.name + "-calls", "--partitions", partitions, "--bootstrap", self.broker,
                                  "--count", count, "--duplicates", 0, *options)
        self.assertEqual(generated.returncode, 0, generated.stderr)

    def running(self):
        """{worker: number of its running tasks}"""
        return collections.Counter(task["worker"] for task in self.ask("task", "list", self.name) if task["state"] == "RUNNING")
