"""What a worker process tells over HTTP, and how it ends, while no broker answers.

usage: worker_pages_test.py PATH_OF_TIDEMARK_WORKER
"""
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

WORKER = str(pathlib.Path(sys.argv.pop(1)).resolve())
VOICE = str(pathlib.Path(__file__).resolve().parents[2] / "config" / "pipelines" / "voice.yaml")
NO_BROKER = "127.0.0.1:1"


def command(folder, http):
    return [WORKER, "--pipeline", VOICE, "--set", f"kafka.bootstrap_servers={NO_BROKER}", "--set", f"worker.http={http}",
            "--set", f"worker.state_dir={folder}"]


def get(address, path):
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.log = open(pathlib.Path(cls.folder.name) / "log", "w+")
        cls.process = subprocess.Popen(command(cls.folder.name + "/state", "127.0.0.1:0"), stdout=cls.log, stderr=cls.log)
        cls.address = cls.wait_address()

    @classmethod
    def wait_address(cls):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and cls.process.poll() is None:
            found = re.search(r"http://(127\.0\.0\.1:\d+)/metrics", pathlib.Path(cls.log.name).read_text())
            if found:
                return found.group(1)
            time.sleep(0.02)
        raise AssertionError(f"the worker says no address:\n{pathlib.Path(cls.log.name).read_text()}")

    @classmethod
    def tearDownClass(cls):
        cls.process.kill()
        cls.process.wait()
        cls.log.close()
        cls.folder.cleanup()

    def page(self):
        """/metrics, once the main loop has come round."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            status, text = get(self.address, "/metrics")
            if status == 200 and text:
                return text
            time.sleep(0.02)
        self.fail("no metrics within 10 s")

    def test_1_it_lives_but_is_not_ready(self):
        self.assertEqual(get(self.address, "/healthz"), (200, "ok\n"))
        status, text = get(self.address, "/readyz")
        self.assertEqual(status, 503)
        self.assertIn("not ready: ", text)

    def test_2_metrics_are_what_prometheus_accepts(self):
        page = self.page()
        self.assertRegex(page, r'(?m)^tidemark_build_info\{version="[0-9.]+"\} 1$')
        self.assertRegex(page, r'(?m)^tidemark_memory_bytes\{kind="resident"\} [0-9]{7,}$')
        checked = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_3_other_paths_say_what_there_is(self):
        status, text = get(self.address, "/nothing")
        self.assertEqual(status, 404)
        self.assertIn("/metrics", text)

    def test_4_a_second_worker_is_refused_the_port_and_says_whose_key_it_is(self):
        with tempfile.TemporaryDirectory() as state:
            second = subprocess.run(command(state, self.address), capture_output=True, text=True, timeout=60)
        self.assertEqual(second.returncode, 1)
        for part in ("worker.http", self.address, "another process has the port"):
            self.assertIn(part, second.stderr)

    def test_5_it_ends_with_0_when_asked(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(10), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
