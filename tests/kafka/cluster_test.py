"""A cluster of processes on a real broker: coordinator, workers and the command line.

usage: cluster_test.py BIN_FOLDER; TIDEMARK_TEST_KAFKA is the broker.
"""
import json

from harness.cluster_case import ClusterCase, main

RECORDS = 20_000


class ClusterTest(ClusterCase):
    def records_read(self):
        audit = self.ask("audit", self.name)
        self.assertTrue(audit["balanced"], audit["findings"])
        return sum(p["records"] for p in audit["partitions"])

    def test_a_cluster_of_processes_from_apply_to_the_end_of_each(self):
        self.generate(RECORDS)
        self.cluster.start_coordinator()
        self.cluster.start_worker("w1")
        self.cluster.start_worker("w2")
        self.cluster.wait_leading()

        self.cluster.apply(self.file)
        self.cluster.wait_for("two workers with three tasks each", lambda: self.running() == {"w1": 3, "w2": 3})

        self.cluster.workers["w2"].kill()
        self.cluster.wait_for("one worker with all tasks", lambda: self.running() == {"w1": 6})
        self.cluster.start_worker("w3")
        self.cluster.wait_for("a new worker with its share", lambda: self.running() == {"w1": 3, "w3": 3})

        self.cluster.wait_for("every record is in the audit", lambda: self.records_read() == RECORDS)
        tail = self.tidemark("tail", f"{self.name}/by_account", "--from", "beginning", "--count", 3)
        rows = [json.loads(line) for line in tail.stdout.splitlines()]
        self.assertEqual(len(rows), 3, tail.stderr)
        self.assertTrue(all(row["finality"] == "FINAL" and row["calls"] > 0 for row in rows))

        self.cluster.coordinator.kill()
        self.cluster.start_coordinator()
        self.cluster.wait_leading()
        self.cluster.wait_for("a new coordinator knows the workers by their addresses", lambda: {
            w["id"] for w in self.ask("worker", "list") if w["address"] and w["tasks_running"] == 3} == {"w1", "w3"})

        self.cluster.ends(self.programs.coordinator, [f"coordinator.listen={self.cluster.server}"], says=[self.cluster.server])
        self.cluster.terminate(self.cluster.workers["w1"], self.cluster.workers["w3"], self.cluster.coordinator)

    def test_a_spare_takes_over_and_workers_and_command_line_follow_it(self):
        self.generate(RECORDS)
        self.cluster.start_coordinator()
        self.cluster.wait_leading()
        spare = self.cluster.start_spare("spare")
        self.cluster.wait_for("who asks the spare alone is led to the leader",
                              lambda: self.tidemark("health", "--server", self.cluster.servers[-1]).returncode == 0)
        self.assertIsNone(spare.logged("leads with term"))
        self.cluster.start_worker("w1")
        self.cluster.start_worker("w2")
        self.cluster.apply(self.file)
        self.cluster.wait_for("two workers with three tasks each", lambda: self.running() == {"w1": 3, "w2": 3})
        epochs = self.cluster.epochs()

        self.cluster.coordinator.kill()
        self.generate(RECORDS)
        self.cluster.wait_leading()
        spare.wait_logged("leads with term")
        self.cluster.wait_for("the workers have told the spare what they run", lambda: self.running() == {"w1": 3, "w2": 3})
        self.assertEqual(self.cluster.epochs(), epochs, "no task moves because another coordinator leads")
        self.cluster.wait_for("every record is in the audit", lambda: self.records_read() == 2 * RECORDS)
        self.cluster.workers["w2"].kill()
        self.cluster.wait_for("the spare gives the tasks of a dead worker to another", lambda: self.running() == {"w1": 6})
        self.cluster.terminate(self.cluster.workers["w1"], spare)

    def test_mistakes_are_told_apart_from_what_is_not_there(self):
        self.cluster.start_coordinator()
        self.cluster.wait_leading()
        self.file.write_text(self.file.read_text().replace("count(*)", "cuont(*)"))
        refused = self.tidemark("pipeline", "apply", "-f", self.file)
        self.assertEqual(refused.returncode, 1)
        for part in ("pipeline.yaml:", "cuont", "^"):
            self.assertIn(part, refused.stderr)
        missing = self.tidemark("pipeline", "describe", "nobody")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("there is no pipeline 'nobody'", missing.stderr)
        self.cluster.terminate(self.cluster.coordinator)
        gone = self.tidemark("pipeline", "list")
        self.assertEqual(gone.returncode, 1)
        for part in (self.cluster.server, "connection refused", "Start tidemark-coordinator", "tidemark health"):
            self.assertIn(part, gone.stderr)


if __name__ == "__main__":
    main()
