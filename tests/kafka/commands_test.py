"""What the command line says of a running cluster when something is wrong: dead letters, doctor, silence of a tail.

usage: commands_test.py BIN_FOLDER; TIDEMARK_TEST_KAFKA is the broker.
"""
import json
import subprocess
import time
import unittest

from harness.cluster_case import BROKER, BIN, ClusterCase, free_port

RECORDS = 5_000


class CommandsTest(ClusterCase):
    def kafka(self):
        return ("--set", f"kafka.bootstrap_servers={BROKER}", "--set", f"cluster={self.name}",
                "--set", f"worker.state_dir={self.path / 'state'}")

    def doctor(self, *more):
        done = self.tidemark("doctor", "--output", "json", *self.kafka(), *more)
        return done.returncode, {finding["check"]: finding for finding in json.loads(done.stdout)}

    def dead_letters(self, *more):
        done = self.tidemark("dead-letter", "show", self.name, *self.kafka(), *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def run_pipeline(self):
        generated = self.tidemark("generate", "--topic", self.name + "-calls", "--partitions", 2, "--bootstrap", BROKER,
                                  "--count", RECORDS, "--duplicates", 0, "--malformed", 10_000, "--future", 10_000)
        self.assertEqual(generated.returncode, 0, generated.stderr)
        self.start_coordinator()
        self.start_worker("w1")
        self.wait_for_leader()
        applied = self.tidemark("pipeline", "apply", "-f", self.file, "--wait")
        self.assertEqual(applied.returncode, 0, applied.stderr + self.logs())

        def read():
            audit = self.ask("audit", self.name)
            return sum(p["records"] for p in audit["partitions"]) == RECORDS and audit
        self.wait_for("every record is in the audit", read)
        return read()

    def test_each_dead_letter_is_shown_with_why_and_what_it_holds(self):
        audit = self.run_pipeline()
        dead = json.loads(self.dead_letters("--output", "json").stdout)
        self.assertEqual(len(dead), sum(p["dead_letter"] for p in audit["partitions"]))
        reasons = {letter["reason"] for letter in dead}
        self.assertEqual(reasons, {"DECODE_FAILED", "INVALID_EVENT_TIME", "FUTURE_TIMESTAMP"})
        self.assertEqual(len({letter["source"] for letter in dead}), len(dead))
        for letter in dead:
            self.assertRegex(letter["source"], rf"^{self.name}-calls/[01]@\d+$")
            self.assertTrue(letter["detail"])
            if letter["reason"] == "FUTURE_TIMESTAMP":
                self.assertIn("account_sid", letter["value"])

        future = self.dead_letters("--reason", "FUTURE_TIMESTAMP", "--output", "ndjson").stdout.splitlines()
        self.assertEqual(len(future), sum(letter["reason"] == "FUTURE_TIMESTAMP" for letter in dead))
        self.assertEqual(len(self.dead_letters("--count", 1, "--output", "ndjson").stdout.splitlines()), 1)
        table = self.dead_letters().stdout.splitlines()
        self.assertEqual(len(table), 1 + len(dead))
        self.assertTrue(table[0].startswith("SOURCE"))
        nothing = self.dead_letters("--reason", "KEY_TOO_LARGE")
        self.assertEqual(nothing.stdout, "")
        self.assertIn("no record with the reason KEY_TOO_LARGE", nothing.stderr)

        nobody = self.tidemark("dead-letter", "show", self.name + "x", *self.kafka())
        self.assertEqual(nobody.returncode, 1)
        self.assertIn(f"did you mean '{self.name}'?", nobody.stderr)
        self.end("coordinator")
        bytes_only = json.loads(self.dead_letters("--output", "json").stdout)
        self.assertEqual([letter["source"] for letter in bytes_only], [letter["source"] for letter in dead])

        code, findings = self.doctor()
        self.assertEqual(code, 1)
        self.assertEqual(findings["coordinator"]["verdict"], "WRONG")
        self.assertIn("tidemark-coordinator", findings["coordinator"]["finding"])
        self.assertEqual(findings["transactions"]["verdict"], "ok")

    def test_doctor_tells_a_healthy_cluster_from_one_that_lacks_something(self):
        code, findings = self.doctor()
        self.assertEqual(code, 1)
        self.assertEqual({check: f["verdict"] for check, f in findings.items() if check in ("brokers", "metadata")},
                         {"brokers": "ok", "metadata": "warning"})
        self.generate(100)
        self.start_coordinator()
        self.wait_for_leader()
        code, findings = self.doctor()
        self.assertEqual((code, findings["workers"]["verdict"]), (1, "WRONG"))
        self.start_worker("w1")
        self.wait_for("the worker is there", lambda: self.ask("worker", "list"))
        self.tidemark("pipeline", "apply", "-f", self.file, "--wait")
        code, findings = self.doctor()
        self.assertEqual(code, 0, findings)
        self.assertEqual({f["verdict"] for f in findings.values()}, {"ok"})
        code, findings = self.doctor("--set", f"kafka.bootstrap_servers=127.0.0.1:{free_port()}")
        self.assertEqual((code, findings["brokers"]["verdict"]), (1, "WRONG"))
        self.assertNotIn("transactions", findings)

    def test_a_tail_that_is_silent_says_why_within_ten_seconds(self):
        self.generate(10)
        self.start_coordinator()
        self.start_worker("w1")
        self.wait_for_leader()
        self.tidemark("pipeline", "apply", "-f", self.file, "--wait")
        began = time.monotonic()
        tails = [subprocess.Popen([str(BIN / "tidemark"), "tail", *arguments], stderr=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, text=True)
                 for arguments in ((f"{self.name}/by_account", "--server", self.server),
                                   ("--topic", self.name + "-rows", "--bootstrap", BROKER))]
        for tail in tails:
            said = tail.stderr.readline()
            self.assertLess(time.monotonic() - began, 15, said)
            self.assertIn("10 s", said)
            tail.terminate()
            tail.communicate(timeout=10)


if __name__ == "__main__":
    unittest.main()
