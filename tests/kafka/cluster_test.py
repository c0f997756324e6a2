"""A cluster of processes on a real broker: coordinator, workers and the command line.

usage: cluster_test.py BIN_FOLDER; TIDEMARK_TEST_KAFKA is the broker.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

from harness.pages import Page, names

BIN = pathlib.Path(sys.argv.pop(1))
BROKER = os.environ["TIDEMARK_TEST_KAFKA"]
RECORDS = 20_000
WAIT_SECONDS = 60
END_SECONDS = 5

PIPELINE = """version: 1
pipeline: {name}
source:
  name: calls
  topics: [{topic}]
  message: tidemark.events.v1.CallMetric
  event_time: event_time_ms
  watermark: {{max_out_of_orderness: 5s}}
shuffle: {{lanes: 0, partitions: {merges}}}
queries:
  - name: by_account
    sql: |
      SELECT account_sid, count(*) AS calls FROM calls GROUP BY tumble('5s'), account_sid
    sinks: [{{topic: {name}-rows, revisions: all, format: json}}]
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class ClusterTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.name = "c" + uuid.uuid4().hex[:10]
        self.server = f"127.0.0.1:{free_port()}"
        self.processes = {}
        self.http = {}
        self.file = self.path / "pipeline.yaml"
        self.write_pipeline(merges=2)

    def tearDown(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()
        self.folder.cleanup()

    def write_pipeline(self, merges):
        self.file.write_text(PIPELINE.format(name=self.name, topic=self.name + "-calls", merges=merges))

    def generate(self, count, partitions):
        done = self.tidemark("generate", "--topic", self.name + "-calls", "--partitions", partitions, "--bootstrap", BROKER,
                             "--count", count, "--duplicates", 0)
        self.assertEqual(done.returncode, 0, done.stderr)

    def start(self, name, program, *settings):
        self.http[name] = f"127.0.0.1:{free_port()}"
        command = [BIN / program, "--set", f"cluster={self.name}", "--set", f"kafka.bootstrap_servers={BROKER}",
                   "--set", f"{program.split('-')[1]}.http={self.http[name]}"]
        for setting in settings:
            command += ["--set", setting]
        with open(self.path / f"{name}.log", "a") as log:
            self.processes[name] = subprocess.Popen([str(c) for c in command], stdout=log, stderr=subprocess.STDOUT)
        return self.processes[name]

    def start_coordinator(self):
        return self.start("coordinator", "tidemark-coordinator", f"coordinator.listen={self.server}")

    def start_worker(self, name):
        return self.start(name, "tidemark-worker", f"worker.id={name}", f"worker.coordinators={self.server}",
                          f"worker.state_dir={self.path / name}", "worker.memory=64MiB")

    def tidemark(self, *arguments, seconds=90):
        return subprocess.run([str(a) for a in (BIN / "tidemark", *arguments)], capture_output=True, text=True,
                              timeout=seconds, env={**os.environ, "TIDEMARK_SERVER": self.server})

    def ask(self, *arguments):
        done = self.tidemark(*arguments, "--output", "json")
        self.assertIn(done.returncode, (0, 3), done.stderr + self.logs())
        return json.loads(done.stdout)

    def logs(self):
        return "".join(f"\n--- {p.name}\n" + "".join(p.read_text().splitlines(True)[-15:]) for p in self.path.glob("*.log"))

    def wait_for(self, what, condition):
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited for: {what}{self.logs()}")
            time.sleep(0.1)

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

    def test_a_cluster_of_processes_from_apply_to_the_end_of_each(self):
        self.generate(RECORDS, partitions=4)
        self.start_coordinator()
        self.start_worker("w1")
        self.start_worker("w2")
        self.wait_for("a coordinator leads", lambda: self.tidemark("health").returncode == 0)

        applied = self.tidemark("pipeline", "apply", "-f", self.file, "--wait")
        self.assertEqual(applied.returncode, 0, applied.stderr + self.logs())
        self.assertIn("RUNNING", applied.stdout)
        self.wait_for("two workers with three tasks each", lambda: self.running() == {"w1": 3, "w2": 3})

        self.processes["w2"].kill()
        self.wait_for("one worker with all tasks", lambda: self.running() == {"w1": 6})
        self.start_worker("w3")
        self.wait_for("a new worker with its share", lambda: self.running() == {"w1": 3, "w3": 3})

        def read():
            audit = self.ask("audit", self.name)
            self.assertTrue(audit["balanced"], audit["findings"])
            return sum(p["records"] for p in audit["partitions"]) == RECORDS
        self.wait_for("every record is in the audit", read)
        tail = self.tidemark("tail", f"{self.name}/by_account", "--from", "beginning", "--count", 3)
        rows = [json.loads(line) for line in tail.stdout.splitlines()]
        self.assertEqual(len(rows), 3, tail.stderr)
        self.assertTrue(all(row["finality"] == "FINAL" and row["calls"] > 0 for row in rows))

        self.processes["coordinator"].kill()
        self.processes["coordinator"].wait()
        self.start_coordinator()
        self.wait_for("a new coordinator leads", lambda: self.tidemark("health").returncode == 0)
        self.wait_for("a new coordinator knows the workers by their addresses", lambda: {
            w["id"] for w in self.ask("worker", "list") if w["address"] and w["tasks_running"] == 3} == {"w1", "w3"})

        occupied = subprocess.run([str(BIN / "tidemark-coordinator"), "--set", f"coordinator.listen={self.server}",
                                   "--set", f"kafka.bootstrap_servers={BROKER}"], capture_output=True, text=True, timeout=30)
        self.assertEqual(occupied.returncode, 1)
        self.assertIn(self.server, occupied.stderr)

        for name in ("w1", "w3", "coordinator"):
            self.end(name)

    def page(self, name):
        self.wait_for(f"{name} answers", lambda: Page.of(self.http[name]))
        return Page.of(self.http[name])

    def wait_page(self, name, metric, wanted, **labels):
        self.wait_for(f"{metric}{labels} of {name} is {wanted}", lambda: self.page(name).sum(metric, **labels) == wanted)

    def owner(self, kind):
        return next((t["worker"] for t in self.ask("task", "list", self.name)
                     if t["name"].endswith(f"{kind}-0") and t["state"] == "RUNNING"), None)

    def audited(self, records):
        audit = self.ask("audit", self.name)
        self.assertTrue(audit["balanced"], audit["findings"])
        return audit if audit["partitions"] and audit["partitions"][0]["records"] == records else None

    def test_pages_tell_what_was_done_and_who_was_shut_out(self):
        self.write_pipeline(merges=1)
        self.generate(RECORDS, partitions=1)
        self.start_coordinator()
        self.start_worker("w1")
        self.start_worker("w2")
        self.wait_for("a coordinator leads", lambda: self.tidemark("health").returncode == 0)
        applied = self.tidemark("pipeline", "apply", "-f", self.file, "--wait")
        self.assertEqual(applied.returncode, 0, applied.stderr + self.logs())
        self.wait_for("a task for each worker", lambda: self.running() == {"w1": 1, "w2": 1})
        self.wait_for("every record is in the audit", lambda: self.audited(RECORDS))
        source, merge = self.owner("lane"), self.owner("merge")
        self.assertEqual({source, merge}, {"w1", "w2"})
        self.compare_with_audit(source, merge)

        # The source stands still, loses its task, and wakes while nobody tells it so.
        zombie, other = source, merge
        self.processes[zombie].send_signal(signal.SIGSTOP)
        self.wait_for("the other worker has both tasks", lambda: self.running() == {other: 2})
        self.wait_page("coordinator", "tidemark_task_moves_total", 1, reason="lost")
        self.processes["coordinator"].kill()
        self.processes["coordinator"].wait()
        self.generate(RECORDS, partitions=1)
        self.processes[zombie].send_signal(signal.SIGCONT)
        self.wait_page(zombie, "tidemark_fenced_total", 1)
        self.assertEqual(self.page(zombie).sum("tidemark_transactions_total", outcome="fenced"), 1)
        self.assertEqual(self.page(other).sum("tidemark_fenced_total"), 0)
        self.start_coordinator()
        self.wait_for("a coordinator leads", lambda: self.tidemark("health").returncode == 0)
        self.wait_for("every record is in the audit, once", lambda: self.audited(2 * RECORDS))
        self.assertEqual(self.running(), {other: 2})

    def compare_with_audit(self, source, merge):
        partition = self.audited(RECORDS)["partitions"][0]
        query = partition["queries"][0]
        self.wait_page(source, "tidemark_source_records_total", RECORDS, topic=self.name + "-calls", partition="0")
        for outcome in ("aggregated", "filtered", "late"):
            self.wait_page(source, "tidemark_query_events_total", query[outcome], query="by_account", outcome=outcome)
        self.wait_page(merge, "tidemark_cells_open", self.ask("window", "list", self.name)["open_cells"])
        lane, merger = self.page(source), self.page(merge)
        self.assertEqual(lane.names() | merger.names(), names("worker"))
        # Its first audit comes only after a while.
        self.assertEqual(self.page("coordinator").names() | {"tidemark_pipeline_balanced"}, names("coordinator"))
        self.assertEqual(lane.sum("tidemark_source_dead_letter_records_total"), partition["dead_letter"])
        self.assertEqual(lane.sum("tidemark_source_lag_records"), 0)
        self.assertEqual(lane.sum("tidemark_source_state"), 1)
        self.assertEqual(lane.sum("tidemark_source_state", state="LIVE"), 1)
        self.assertEqual(merger.sum("tidemark_restore_progress_ratio"), 1)
        self.assertEqual(merger.sum("tidemark_frames_duplicate_total"), 0)
        self.assertEqual(merger.sum("tidemark_memory_bytes", kind="budget"), 64 << 20)
        self.assertGreater(merger.sum("tidemark_state_bytes", tier="cells"), 0)
        self.assertGreater(merger.sum("tidemark_result_delay_seconds_count"), 0)
        self.assertGreater(merger.sum("tidemark_result_delay_seconds_sum"), 0)
        for page, kind in ((lane, "source"), (merger, "merge")):
            # One claim at least and one commit; each committed transaction was timed.
            committed = page.sum("tidemark_transactions_total", outcome="committed")
            self.assertGreater(committed, 1)
            self.assertEqual(page.sum("tidemark_commit_duration_seconds_count", kind=kind), committed)
            self.assertGreater(page.sum("tidemark_commit_duration_seconds_sum", kind=kind), 0)
            self.assertEqual(page.sum("tidemark_transactions_total"), committed)
            self.assertEqual(page.sum("tidemark_fenced_total"), 0)

    def test_mistakes_are_told_apart_from_what_is_not_there(self):
        self.start_coordinator()
        self.wait_for("a coordinator leads", lambda: self.tidemark("health").returncode == 0)
        self.file.write_text(self.file.read_text().replace("count(*)", "cuont(*)"))
        refused = self.tidemark("pipeline", "apply", "-f", self.file)
        self.assertEqual(refused.returncode, 1)
        for part in ("pipeline.yaml:", "cuont", "^"):
            self.assertIn(part, refused.stderr)
        missing = self.tidemark("pipeline", "describe", "nobody")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("there is no pipeline 'nobody'", missing.stderr)
        self.end("coordinator")
        gone = self.tidemark("pipeline", "list")
        self.assertEqual(gone.returncode, 1)
        self.assertIn("tidemark-coordinator", gone.stderr)


if __name__ == "__main__":
    unittest.main()
