"""A cluster of processes on a real broker: coordinator, workers and the command line.

usage: cluster_test.py BIN_FOLDER; TIDEMARK_TEST_KAFKA is the broker.
"""
import json
import subprocess
import unittest

from harness.cluster_case import ClusterCase

RECORDS = 20_000


class ClusterTest(ClusterCase):
    def records_read(self):
        audit = self.ask("audit", self.name)
        self.assertTrue(audit["balanced"], audit["findings"])
        return sum(p["records"] for p in audit["partitions"])

    def test_a_cluster_of_processes_from_apply_to_the_end_of_each(self):
        self.generate(RECORDS)
        self.start_coordinator()
        self.start_worker("w1")
        self.start_worker("w2")
        self.wait_for_leader()

        applied = self.tidemark("pipeline", "apply", "-f", self.file, "--wait")
        self.assertEqual(applied.returncode, 0, applied.stderr + self.logs())
        self.assertIn("RUNNING", applied.stdout)
        self.wait_for("two workers with three tasks each", lambda: self.running() == {"w1": 3, "w2": 3})

        self.processes["w2"].kill()
        self.wait_for("one worker with all tasks", lambda: self.running() == {"w1": 6})
        self.start_worker("w3")
        self.wait_for("a new worker with its share", lambda: self.running() == {"w1": 3, "w3": 3})

        self.wait_for("every record is in the audit", lambda: self.records_read() == RECORDS)
        tail = self.tidemark("tail", f"{self.name}/by_account", "--from", "beginning", "--count", 3)
        rows = [json.loads(line) for line in tail.stdout.splitlines()]
        self.assertEqual(len(rows), 3, tail.stderr)
        self.assertTrue(all(row["finality"] == "FINAL" and row["calls"] > 0 for row in rows))

        self.processes["coordinator"].kill()
        self.processes["coordinator"].wait()
        self.start_coordinator()
        self.wait_for_leader()
        self.wait_for("a new coordinator knows the workers by their addresses", lambda: {
            w["id"] for w in self.ask("worker", "list") if w["address"] and w["tasks_running"] == 3} == {"w1", "w3"})

        occupied = subprocess.run(self.command("tidemark-coordinator", f"coordinator.listen={self.server}"),
                                  capture_output=True, text=True, timeout=30)
        self.assertEqual(occupied.returncode, 1)
        self.assertIn(self.server, occupied.stderr)

        for name in ("w1", "w3", "coordinator"):
            self.end(name)

    def test_a_spare_takes_over_and_workers_and_command_line_follow_it(self):
        self.generate(RECORDS)
        self.start_coordinator()
        self.wait_for_leader()
        spare = self.start_spare("spare")
        self.wait_for("who asks the spare alone is led to the leader",
                      lambda: self.tidemark("health", servers=spare).returncode == 0)
        self.assertNotIn("leads with term", (self.path / "spare.log").read_text())
        self.start_worker("w1")
        self.start_worker("w2")
        applied = self.tidemark("pipeline", "apply", "-f", self.file, "--wait")
        self.assertEqual(applied.returncode, 0, applied.stderr + self.logs())
        self.wait_for("two workers with three tasks each", lambda: self.running() == {"w1": 3, "w2": 3})
        epochs = self.epochs()

        self.processes["coordinator"].kill()
        self.generate(RECORDS)
        self.processes["coordinator"].wait()
        self.wait_for("the spare leads", lambda: self.tidemark("health").returncode == 0)
        self.assertIn("leads with term", (self.path / "spare.log").read_text())
        self.wait_for("the workers have told the spare what they run", lambda: self.running() == {"w1": 3, "w2": 3})
        self.assertEqual(self.epochs(), epochs, "no task moves because another coordinator leads")
        self.wait_for("every record is in the audit", lambda: self.records_read() == 2 * RECORDS)
        self.processes["w2"].kill()
        self.wait_for("the spare gives the tasks of a dead worker to another", lambda: self.running() == {"w1": 6})
        for name in ("w1", "spare"):
            self.end(name)

    def epochs(self):
        return {task["name"]: task["epoch"] for task in self.ask("task", "list", self.name)}

    def test_mistakes_are_told_apart_from_what_is_not_there(self):
        self.start_coordinator()
        self.wait_for_leader()
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
        for part in (self.server, "connection refused", "Start tidemark-coordinator", "tidemark health"):
            self.assertIn(part, gone.stderr)


if __name__ == "__main__":
    unittest.main()
