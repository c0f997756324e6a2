"""The tidemark program as a user runs it: files in, files out, exit codes, messages, and the demo with its proof.

usage: cli_test.py PATH_OF_TIDEMARK
"""
import collections
import datetime
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

TIDEMARK = str(pathlib.Path(sys.argv.pop(1)).resolve())
ROOT = pathlib.Path(__file__).resolve().parents[2]
VOICE = str(ROOT / "config" / "pipelines" / "voice.yaml")


def tidemark(*arguments, cwd=None, **environment):
    return subprocess.run([TIDEMARK, *map(str, arguments)], cwd=cwd, env={**os.environ, **environment}, capture_output=True,
                          text=True, timeout=300)


def lines(folder, name):
    path = pathlib.Path(folder) / name
    return sorted(path.read_text().splitlines()) if path.exists() else []


class Run(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.calls = pathlib.Path(cls.folder.name) / "calls.pb"
        made = tidemark("generate", "--out", cls.calls, "--partitions", 3, "--count", 60_000, "--rate", 50, "--keys", 200,
                        "--late", 5_000, "--malformed", 500)
        assert made.returncode == 0, made.stderr
        cls.inputs = str(cls.calls.with_name("calls-*.pb"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_voice(self, name, *more):
        out = pathlib.Path(self.folder.name) / name
        done = tidemark("run", VOICE, "--input", self.inputs, "--output", out, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def test_results_depend_neither_on_the_run_nor_on_the_number_of_workers(self):
        first = self.run_voice("first")
        again = self.run_voice("again")
        three = self.run_voice("three", "--workers", 3)
        for name in ("asr-1m.ndjson", "carrier-health.ndjson", "account-minutes.ndjson", "voice.late.ndjson",
                     "voice.dead-letter.ndjson"):
            rows = lines(first, name)
            self.assertTrue(rows, name)
            self.assertEqual(rows, lines(again, name), name)
            self.assertEqual(rows, lines(three, name), name)

    def test_every_final_row_of_a_key_and_window_comes_once(self):
        out = self.run_voice("once")
        seen = collections.Counter()
        for line in lines(out, "asr-1m.ndjson"):
            row = json.loads(line)
            seen[(row["window_end"], row["account_sid"], row["country"])] += 1
            self.assertEqual((row["finality"], row["revision"]), ("FINAL", 0))
        self.assertEqual(set(seen.values()), {1})

    def test_late_rows_revise_what_was_on_time(self):
        out = self.run_voice("revised")
        by_key = collections.defaultdict(list)
        for line in lines(out, "account-minutes.ndjson"):
            row = json.loads(line)
            by_key[(row["window_end"], row["account_sid"])].append((row["revision"], row["finality"]))
        self.assertTrue(any((1, "FINAL") in rows for rows in by_key.values()))
        for rows in by_key.values():
            self.assertEqual([revision for revision, _ in sorted(rows)], list(range(len(rows))))

    def test_a_truncated_file_is_refused_before_anything_is_written(self):
        whole = self.calls.with_name("calls-0.pb").read_bytes()
        cut = pathlib.Path(self.folder.name) / "cut.pb"
        cut.write_bytes(whole[:-5])
        done = tidemark("run", VOICE, "--input", cut, "--output", pathlib.Path(self.folder.name) / "cut")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cut.pb: byte ", done.stderr)
        self.assertIn("no whole record begins here", done.stderr)
        self.assertFalse(lines(pathlib.Path(self.folder.name) / "cut", "asr-1m.ndjson"))

    def test_an_empty_file_gives_empty_results(self):
        empty = pathlib.Path(self.folder.name) / "empty.pb"
        empty.write_bytes(b"")
        out = pathlib.Path(self.folder.name) / "none"
        done = tidemark("run", VOICE, "--input", empty, "--output", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(lines(out, "asr-1m.ndjson"), [])

    def test_errors_of_a_pipeline_are_shown_all_at_once_with_a_caret(self):
        broken = pathlib.Path(self.folder.name) / "broken.yaml"
        broken.write_text(pathlib.Path(VOICE).read_text().replace("aloc(summary.connect", "alok(summary.conect")
                          .replace("idle_after", "idle_aftr"))
        done = tidemark("run", broken, "--input", self.inputs)
        self.assertEqual(done.returncode, 1)
        for part in ("broken.yaml:", "idle_aftr", "idle_after", "alok", "aloc", "^"):
            self.assertIn(part, done.stderr)

    def test_missing_files_and_wrong_usage_are_told_apart(self):
        self.assertEqual(tidemark("run", VOICE, "--input", "/no/such/file").returncode, 1)
        self.assertEqual(tidemark("run", "/no/such.yaml", "--input", self.inputs).returncode, 1)
        self.assertEqual(tidemark("run", VOICE).returncode, 2)
        self.assertEqual(tidemark("generate", "--out", "x", "--late", "-1").returncode, 2)
        self.assertEqual(tidemark("generate").returncode, 2)
        self.assertEqual(tidemark("pipeline", "apply").returncode, 2)
        for later in (("task", "move", "voice/lane-0", "w1"), ("worker", "drain", "w1"), ("window", "explain", "x")):
            refused = tidemark(*later)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("not supported yet", refused.stderr)
        self.assertEqual(tidemark("--help").returncode, 0)
        self.assertEqual(tidemark("--version").returncode, 0)

    def test_generated_files_depend_on_the_seed_alone(self):
        folder = pathlib.Path(self.folder.name)
        for name, seed in (("a", 7), ("b", 7), ("c", 8)):
            self.assertEqual(tidemark("generate", "--out", folder / name, "--count", 5_000, "--seed", seed).returncode, 0)
        self.assertEqual((folder / "a").read_bytes(), (folder / "b").read_bytes())
        self.assertNotEqual((folder / "a").read_bytes(), (folder / "c").read_bytes())

    def test_an_unwritable_output_is_said(self):
        file = pathlib.Path(self.folder.name) / "file"
        file.write_text("")
        done = tidemark("run", VOICE, "--input", self.inputs, "--output", file / "below")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot be written", done.stderr)

    def test_without_a_place_for_working_files_nothing_starts(self):
        missing = pathlib.Path(self.folder.name) / "missing"
        done = tidemark("run", VOICE, "--input", self.inputs, "--output", self.folder.name, TMPDIR=str(missing))
        self.assertEqual(done.returncode, 1)
        self.assertIn("no working folder", done.stderr)
        self.assertIn("TMPDIR", done.stderr)


class CommandLine(unittest.TestCase):
    def test_a_command_that_there_is_not_is_named_with_the_nearest(self):
        for words, says in ((("pipelin", "list"), "did you mean 'pipeline'?"), (("pipeline", "aply"), "did you mean 'apply'?"),
                            (("--log-level", "off", "tasks"), "did you mean 'task'?"),
                            (("completion", "zsh"), "there is no command 'completion zsh'; there are: bash")):
            refused = tidemark(*words)
            self.assertEqual((refused.returncode, refused.stdout), (2, ""))
            self.assertIn(says, refused.stderr)

    def test_times_are_dates_or_hours_of_today(self):
        with tempfile.TemporaryDirectory() as folder:
            written = {}
            today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
            for start in ("09:05", f"{today}T09:05:00Z", "2026-01-05T09:05:00Z"):
                out = pathlib.Path(folder) / start
                self.assertEqual(tidemark("generate", "--out", out, "--count", 10, "--start", start).returncode, 0)
                written[start] = out.read_bytes()
            self.assertEqual(written["09:05"], written[f"{today}T09:05:00Z"])
            self.assertNotEqual(written["09:05"], written["2026-01-05T09:05:00Z"])
            for start in ("25:00", "9:05", "noon", ""):
                refused = tidemark("generate", "--out", pathlib.Path(folder) / "x", "--start", start)
                self.assertEqual(refused.returncode, 2, start)
                self.assertIn("2026-01-05T09:00:00Z", refused.stderr)

    def test_what_is_not_there_yet_is_refused_by_name(self):
        for bound in ("--from", "--to"):
            refused = tidemark("audit", "voice", bound, "09:00")
            self.assertEqual(refused.returncode, 2)
            self.assertIn("not supported yet", refused.stderr)

    def test_every_program_and_the_project_say_one_version(self):
        project = re.search(r"^project\(tidemark VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE).group(1)
        for program in ("tidemark", "tidemark-worker", "tidemark-coordinator"):
            path = pathlib.Path(TIDEMARK).with_name(program)
            said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30)
            self.assertEqual((said.returncode, said.stdout), (0, f"{program} {project}\n"))

    def test_bash_completes_commands_verbs_and_options(self):
        script = tidemark("completion", "bash").stdout
        complete = """
            source /dev/stdin
            words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _tidemark; echo "${COMPREPLY[*]}"; }
            words tidemark pi; words tidemark pipeline ap; words tidemark pipeline apply --w
            words tidemark --log-level off worker l; words tidemark tail --from ""
        """
        done = subprocess.run(["bash", "-c", complete], input=script, capture_output=True, text=True, timeout=30)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.splitlines(), ["pipeline", "apply", "--wait", "list", ""])

    def test_every_command_of_the_help_has_a_help_of_its_own_and_says_what_is_missing(self):
        script = tidemark("completion", "bash").stdout
        paths = re.findall(r'^    "([a-z -]*)"\) words="(.*)"', script, re.MULTILINE)
        self.assertGreater(len(paths), 25)
        for path, words in paths:
            helped = tidemark(*path.split(), "--help")
            self.assertEqual(helped.returncode, 0, path)
            example = re.search(r"^Example: tidemark (.*?)( >.*)?$", helped.stdout, re.MULTILINE)
            group = any(other.startswith(path + " ") for other, _ in paths)
            self.assertEqual(example is None, group or path == "" or "Not supported yet" in helped.stdout, path)
            if example:
                taken = tidemark(*shlex.split(example.group(1)), "--no-such-option")
                self.assertTrue(taken.stderr.startswith("The following argument was not expected: --no-such-option\n"), taken)
                self.assertTrue(example.group(1).startswith(path))
            self.assertEqual(tidemark(*path.split(), "--no-such-option").returncode, 2, path)
            if "--output" in words.split():
                self.assertEqual(tidemark(*path.split(), "--output", "xml").returncode, 2, path)

    def test_without_brokers_and_coordinator_doctor_says_what_to_do(self):
        done = tidemark("doctor", "--output", "json", "--set", "kafka.bootstrap_servers=127.0.0.1:9",
                        "--server", "127.0.0.1:9", "--set", f"worker.state_dir={__file__}")
        self.assertEqual(done.returncode, 1)
        findings = {finding["check"]: finding for finding in json.loads(done.stdout)}
        for check, says in (("brokers", "kafka.bootstrap_servers"), ("coordinator", "tidemark-coordinator"),
                            ("state_dir", "is no folder")):
            self.assertEqual(findings[check]["verdict"], "WRONG")
            self.assertIn(says, findings[check]["finding"])
        self.assertEqual(findings["configuration"]["verdict"], "ok")


class Demo(unittest.TestCase):
    def test_every_planted_fault_comes_about_and_the_proof_holds(self):
        done = tidemark("demo", "--seconds", 20)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for part in ("kill -9 of worker w2", "started again", "SIGSTOP of worker w3", "refused (FENCED)",
                     "fails from now on", "an hour ahead", "proven idle"):
            self.assertIn(part, done.stdout)

    def test_a_lost_frame_and_a_doubled_frame_make_the_proof_fail(self):
        for defect in ("drop-frame", "double-frame"):
            done = tidemark("demo", "--seconds", 10, "--break", defect)
            self.assertEqual(done.returncode, 1, defect + done.stdout)
            self.assertIn("proof", done.stdout, defect)
            self.assertNotIn("The demo failed", done.stdout, defect)


class Config(unittest.TestCase):
    def show(self, *arguments, **environment):
        return tidemark("config", "show", *arguments, **environment)

    def test_each_value_is_shown_with_where_it_came_from_and_secrets_are_not(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("worker:\n  id: from-file\nkafka:\n  properties:\n    sasl.password: hunter2\n")
            file.flush()
            done = self.show("--config", file.name, "--set", "log.level=warn", "--redact", "--output", "json",
                             TIDEMARK_WORKER_MEMORY="2GiB")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = {row["key"]: (row["value"], row["from"]) for row in json.loads(done.stdout)}
        self.assertEqual(rows["worker.id"], ("from-file", file.name + ":2"))
        self.assertEqual(rows["worker.memory"], ("2GiB", "TIDEMARK_WORKER_MEMORY"))
        self.assertEqual(rows["log.level"], ("warn", "--set log.level"))
        self.assertEqual(rows["worker.http"][1], "default")
        self.assertEqual(rows["kafka.properties.sasl.password"], ("(redacted)", file.name + ":5"))
        self.assertNotIn("hunter2", done.stdout + done.stderr)

    def test_what_is_shown_as_yaml_is_a_file_that_config_takes(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(self.show("--set", "worker.id=w7", "--output", "yaml").stdout)
            file.flush()
            done = self.show("--config", file.name)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"worker.id +w7 ")

    def test_all_mistakes_come_at_once_and_nothing_is_printed(self):
        done = self.show("--set", "worker.memry=1GiB", "--set", "cluster=A", TIDEMARK_LOG_FORMAT="xml")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        for part in ("did you mean worker.memory?", "cluster must be", "TIDEMARK_LOG_FORMAT: log.format must be text or json"):
            self.assertIn(part, done.stderr)


if __name__ == "__main__":
    os.environ["NO_COLOR"] = "1"
    unittest.main(verbosity=2)
