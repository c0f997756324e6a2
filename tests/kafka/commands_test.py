"""What the command line says of a running cluster when something is wrong: dead letters, doctor, silence of a tail.

usage: commands_test.py BIN_FOLDER; TIDEMARK_TEST_KAFKA is the broker.
"""
import json
import os
import pathlib
import subprocess
import time

from harness import traffic
from harness.cluster_case import ClusterCase, main
from harness.ports import free_address

RECORDS = 5_000
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden_errors"


class CommandsTest(ClusterCase):
    def kafka(self):
        return ("--set", f"kafka.bootstrap_servers={self.broker}", "--set", f"cluster={self.name}",
                "--set", f"worker.state_dir={self.path / 'state'}")

    def doctor(self, *more):
        done = self.tidemark("doctor", "--output", "json", *self.kafka(), *more)
        return done.returncode, {finding["check"]: finding for finding in json.loads(done.stdout)}

    def dead_letters(self, *more):
        done = self.tidemark("dead-letter", "show", self.name, *self.kafka(), *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def run_pipeline(self, records=RECORDS):
        self.generate(records, "--malformed", 10_000, "--future", 10_000, partitions=2)
        self.cluster.start_coordinator()
        self.cluster.start_worker("w1")
        self.cluster.wait_leading()
        self.cluster.apply(self.file)

        def read():
            audit = self.ask("audit", self.name)
            return sum(p["records"] for p in audit["partitions"]) == records and audit
        return self.cluster.wait_for("every record is in the audit", read)

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
        self.cluster.terminate(self.cluster.coordinator)
        bytes_only = json.loads(self.dead_letters("--output", "json").stdout)
        self.assertEqual([letter["source"] for letter in bytes_only], [letter["source"] for letter in dead])

        code, findings = self.doctor()
        self.assertEqual(code, 1)
        self.assertEqual(findings["coordinator"]["verdict"], "WRONG")
        self.assertIn("tidemark-coordinator", findings["coordinator"]["finding"])
        self.assertEqual(findings["transactions"]["verdict"], "ok")

    def test_a_dead_letter_that_is_fed_in_again_is_shown_as_it_is_judged_now(self):
        self.run_pipeline(100)
        before = [("tidemark-reason", b"LATE"), ("tidemark-source", b"elsewhere/0@7"), ("tidemark-queries", b"former")]
        feed = traffic.Feed(self.broker, self.name + "-calls")
        feed.send(0, [(b"again", b"\xff", int(time.time() * 1_000), before)])
        feed.flush()

        def shown():
            letters = json.loads(self.dead_letters("--output", "json").stdout)
            return [letter for letter in letters if letter["key"] == "again"]
        letter, = self.cluster.wait_for("the record is dead", shown)
        self.assertEqual((letter["reason"], letter["queries"]), ("DECODE_FAILED", None))
        self.assertTrue(letter["source"].startswith(f"{self.name}-calls/0@"), letter)

    def test_doctor_tells_a_healthy_cluster_from_one_that_lacks_something(self):
        code, findings = self.doctor()
        self.assertEqual(code, 1)
        self.assertEqual({check: f["verdict"] for check, f in findings.items() if check in ("brokers", "metadata")},
                         {"brokers": "ok", "metadata": "warning"})
        self.generate(100)
        self.cluster.start_coordinator()
        self.cluster.wait_leading()
        code, findings = self.doctor()
        self.assertEqual((code, findings["workers"]["verdict"]), (1, "WRONG"))
        self.cluster.start_worker("w1")
        self.cluster.wait_for("the worker is there", lambda: self.ask("worker", "list"))
        self.cluster.apply(self.file)
        code, findings = self.doctor()
        self.assertEqual(code, 0, findings)
        self.assertIn(f"topics of {self.name}", findings)
        self.assertEqual({f["verdict"] for f in findings.values()}, {"ok"})
        code, findings = self.doctor("--set", f"kafka.bootstrap_servers={free_address()}")
        self.assertEqual((code, findings["brokers"]["verdict"]), (1, "WRONG"))
        self.assertNotIn("transactions", findings)

    def test_a_coordinator_says_of_a_bad_pipeline_what_planning_it_here_says(self):
        self.cluster.start_coordinator()
        self.cluster.wait_leading()

        def said(*arguments):
            done = subprocess.run([self.programs.tidemark, *arguments], cwd=GOLDEN, capture_output=True, text=True, timeout=60,
                                  env={**os.environ, "TIDEMARK_SERVER": self.cluster.server, "ACCOUNT": "AC1", "BAD": "it's"})
            self.assertEqual((done.returncode, done.stdout), (1, ""), arguments)
            return done.stderr

        empty = self.path / "empty.pb"
        empty.write_bytes(b"")
        names = sorted(path.name for path in GOLDEN.glob("*.yaml"))
        self.assertGreater(len(names), 20)
        for name in names:
            golden = (GOLDEN / name).with_suffix(".txt").read_text()
            self.assertEqual(said("run", name, "--input", empty, "--output", self.path / "none"), golden)
            for verb in ("plan", "apply"):
                self.assertEqual(said("pipeline", verb, "-f", name), golden, verb)
        self.assertEqual(self.ask("pipeline", "list"), [])

    def test_lists_and_objects_come_as_table_json_and_lines(self):
        self.run_pipeline(4 * RECORDS)  # event time passes the ends of windows
        pipeline, query = self.name, f"{self.name}/by_account"
        lists = (("pipeline", "list"), ("query", "list", pipeline), ("query", "schema", query), ("worker", "list"),
                 ("task", "list", pipeline), ("doctor", *self.kafka()), ("config", "show"),
                 ("dead-letter", "show", pipeline, *self.kafka()))
        objects = (("pipeline", "describe", pipeline), ("pipeline", "plan", "-f", self.file), ("window", "list", pipeline),
                   ("audit", pipeline), ("health",), ("pipeline", "pause", pipeline, "--wait"),
                   ("pipeline", "resume", pipeline, "--wait"), ("pipeline", "apply", "-f", self.file, "--wait"))
        for words in (*lists, *objects):
            shown = {output: self.tidemark(*words, "--output", output) for output in ("table", "json", "ndjson")}
            for output, done in shown.items():
                self.assertEqual(done.returncode, 0, (words, output, done.stderr))
                self.assertNotIn("\x1b", done.stdout + done.stderr)
            whole = json.loads(shown["json"].stdout)
            rows = [json.loads(line) for line in shown["ndjson"].stdout.splitlines()]
            self.assertEqual(type(whole), list if words in lists else dict, words)
            self.assertEqual([set(row) for row in rows], [set(row) for row in (whole if words in lists else [whole])], words)
            with self.assertRaises(json.JSONDecodeError):
                json.loads(shown["table"].stdout)

        rows = {output: self.tidemark("tail", query, "--from", "beginning", "--count", 3, "--output", output)
                for output in ("table", "json", "ndjson")}
        head, *cells = rows["table"].stdout.splitlines()
        self.assertEqual((head.split()[:3], len(cells)), (["window_start", "window_end", "account_sid"], 3), rows["table"])
        for output in ("json", "ndjson"):
            self.assertEqual(len([json.loads(line) for line in rows[output].stdout.splitlines()]), 3)

        changed = self.path / "changed.yaml"
        changed.write_text(self.file.read_text().replace(f"{self.name}\n", f"{self.name}b\n").replace("-rows", "b-rows"))
        self.assertEqual(self.tidemark("pipeline", "plan", "-f", self.file, "--exit-code").returncode, 0)
        self.assertEqual(self.tidemark("pipeline", "plan", "-f", changed, "--exit-code").returncode, 3)
        for words in (("pipeline", "describe", "nobody"), ("pipeline", "pause", "nobody"), ("pipeline", "delete", "nobody"),
                      ("query", "schema", f"{pipeline}/nothing"), ("window", "list", "nobody"), ("audit", "nobody"),
                      ("tail", f"{pipeline}/nothing"), ("tail", "--topic", "nobody", "--bootstrap", self.broker)):
            refused = self.tidemark(*words)
            self.assertEqual((refused.returncode, refused.stdout), (1, ""), words)
            self.assertTrue(refused.stderr.startswith("tidemark "), refused.stderr)
        deleted = self.tidemark("pipeline", "delete", pipeline, "--wait", "--output", "json")
        self.assertEqual((deleted.returncode, json.loads(deleted.stdout)["name"]), (0, pipeline), deleted.stderr)

    def test_a_tail_that_is_silent_says_why_within_ten_seconds(self):
        self.generate(10)
        self.cluster.start_coordinator()
        self.cluster.start_worker("w1")
        self.cluster.wait_leading()
        self.cluster.apply(self.file)
        began = time.monotonic()
        tails = [subprocess.Popen([self.programs.tidemark, "tail", *arguments], stderr=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, text=True)
                 for arguments in ((f"{self.name}/by_account", "--server", self.cluster.server),
                                   ("--topic", self.name + "-rows", "--bootstrap", self.broker))]
        for tail in tails:
            said = tail.stderr.readline()
            self.assertLess(time.monotonic() - began, 15, said)
            self.assertIn("10 s", said)
            tail.terminate()
            tail.communicate(timeout=10)


if __name__ == "__main__":
    main()
