"""/metrics of a coordinator and its workers, after work that is known.

usage: pages_test.py BIN_FOLDER; TIDEMARK_TEST_KAFKA is the broker.
"""
from harness.cluster_case import ClusterCase, main
from harness.pages import Page, names

RECORDS = 20_000


class PagesTest(ClusterCase):
    merges = 1  # a task for each of two workers

    def page(self, name):
        return self.cluster.wait_for(f"{name} answers", lambda: Page.of(self.cluster.process(name).http()))

    def wait_page(self, name, metric, wanted, **labels):
        self.cluster.wait_for(f"{metric}{labels} of {name} is {wanted}", lambda: self.page(name).sum(metric, **labels) == wanted)

    def owner(self, kind):
        return next((t["worker"] for t in self.ask("task", "list", self.name)
                     if t["name"].endswith(f"{kind}-0") and t["state"] == "RUNNING"), None)

    def audited(self, records):
        audit = self.ask("audit", self.name)
        self.assertTrue(audit["balanced"], audit["findings"])
        return audit if audit["partitions"] and audit["partitions"][0]["records"] == records else None

    def test_pages_tell_what_was_done_and_who_was_shut_out(self):
        self.generate(RECORDS, partitions=1)
        self.cluster.start_coordinator()
        self.cluster.start_worker("w1")
        self.cluster.start_worker("w2")
        self.cluster.wait_leading()
        self.cluster.wait_for("both workers, so that no task moves later", lambda: len(self.ask("worker", "list")) == 2)
        self.cluster.apply(self.file)
        self.cluster.wait_for("a task for each worker", lambda: self.running() == {"w1": 1, "w2": 1})
        self.cluster.wait_for("every record is in the audit", lambda: self.audited(RECORDS))
        source, merge = self.owner("lane"), self.owner("merge")
        self.assertEqual({source, merge}, {"w1", "w2"})
        self.compare_with_audit(source, merge)

        # The source stands still, loses its task, and wakes while nobody tells it so.
        zombie, other = source, merge
        self.cluster.workers[zombie].pause()
        self.cluster.wait_for("the other worker has both tasks", lambda: self.running() == {other: 2})
        self.wait_page("coordinator", "tidemark_task_moves_total", 1, reason="lost")
        self.cluster.coordinator.kill()
        self.generate(RECORDS, partitions=1)
        self.cluster.workers[zombie].wake()
        self.wait_page(zombie, "tidemark_fenced_total", 1)
        self.assertEqual(self.page(zombie).sum("tidemark_transactions_total", outcome="fenced"), 1)
        self.assertEqual(self.page(other).sum("tidemark_fenced_total"), 0)
        self.cluster.start_coordinator()
        self.cluster.wait_leading()
        self.cluster.wait_for("every record is in the audit, once", lambda: self.audited(2 * RECORDS))

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
            self.assertGreater(page.sum("tidemark_commit_duration_seconds_count", kind=kind), 1)
            self.assertEqual(page.sum("tidemark_commit_duration_seconds_count"), committed)
            self.assertGreater(page.sum("tidemark_commit_duration_seconds_sum", kind=kind), 0)
            self.assertEqual(page.sum("tidemark_transactions_total"), committed)
            self.assertEqual(page.sum("tidemark_fenced_total"), 0)


if __name__ == "__main__":
    main()
