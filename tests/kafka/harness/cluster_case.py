"""A test of a cluster of processes on the broker of the tests: coordinator, workers and the command line.

The program that is run: ..._test.py BIN_FOLDER; TIDEMARK_TEST_KAFKA is the broker.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

from harness import call_counts
from harness.ports import free_address

BIN = pathlib.Path(sys.argv.pop(1))
BROKER = os.environ["TIDEMARK_TEST_KAFKA"]
WAIT_SECONDS = 60
END_SECONDS = 5


class ClusterCase(unittest.TestCase):
    merges = 2

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.name = "c" + uuid.uuid4().hex[:10]
        self.server = free_address()
        self.servers = [self.server]  # that workers and commands know
        self.http = free_address()
        self.processes = {}
        self.file = self.path / "pipeline.yaml"
        self.file.write_text(call_counts.pipeline(self.name, self.name + "-calls", self.merges, seconds=5))

    def tearDown(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()
        self.folder.cleanup()

    def command(self, program, *settings):
        command = [BIN / program, "--set", f"cluster={self.name}", "--set", f"kafka.bootstrap_servers={BROKER}"]
        for setting in settings:
            command += ["--set", setting]
        return [str(word) for word in command]

    def start(self, name, program, *settings):
        with open(self.path / f"{name}.log", "a") as log:
            self.processes[name] = subprocess.Popen(self.command(program, *settings), stdout=log, stderr=subprocess.STDOUT)
        return self.processes[name]

    def start_coordinator(self, *settings):
        return self.start("coordinator", "tidemark-coordinator", f"coordinator.listen={self.server}",
                          f"coordinator.http={self.http}", *settings)

    def start_spare(self, name, *settings):
        """Its address, which workers and commands know from now on."""
        self.servers.append(free_address())
        self.start(name, "tidemark-coordinator", "coordinator.spare=true", f"coordinator.listen={self.servers[-1]}",
                   f"coordinator.http={free_address()}", *settings)
        return self.servers[-1]

    def start_worker(self, name, *settings):
        return self.start(name, "tidemark-worker", f"worker.id={name}", f"worker.coordinators={','.join(self.servers)}",
                          f"worker.http={free_address()}", f"worker.state_dir={self.path / name}",
                          "worker.memory=64MiB", *settings)

    def tidemark(self, *arguments, seconds=90, servers=None):
        return subprocess.run([str(a) for a in (BIN / "tidemark", *arguments)], capture_output=True, text=True,
                              timeout=seconds, env={**os.environ, "TIDEMARK_SERVER": servers or ",".join(self.servers)})

    def ask(self, *arguments):
        done = self.tidemark(*arguments, "--output", "json")
        self.assertIn(done.returncode, (0, 3), done.stderr + self.logs())
        return json.loads(done.stdout)

    def generate(self, count, partitions=4):
        generated = self.tidemark("generate", "--topic", self.name + "-calls", "--partitions", partitions, "--bootstrap", BROKER,
                                  "--count", count, "--duplicates", 0)
        self.assertEqual(generated.returncode, 0, generated.stderr)

    def log_of(self, name):
        return (self.path / f"{name}.log").read_text()

    def logs(self):
        return "".join(f"\n--- {p.name}\n" + "".join(p.read_text().splitlines(True)[-15:]) for p in self.path.glob("*.log"))

    def wait_for(self, what, condition):
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited for: {what}{self.logs()}")
            time.sleep(0.1)

    def wait_for_leader(self, *arguments):
        self.wait_for("a coordinator leads", lambda: self.tidemark("health", *arguments).returncode == 0)

    def running(self):
        owners = {}
        for task in self.ask("task", "list", self.name):
            if task["state"] == "RUNNING":
                owners.setdefault(task["worker"], []).append(task["name"])
        return {worker: len(tasks) for worker, tasks in owners.items()}

    def end(self, name):
        process = self.processes[name]
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(END_SECONDS + 5), 0, self.logs())
        self.assertLess(time.monotonic() - began, END_SECONDS, name)
