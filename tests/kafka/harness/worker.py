"""Processes under test: their start, their faults, and the events they log."""
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

from harness import proc
from harness.waiting import Failed, require, say, wait_for

END_SECONDS = 20
TAIL_LINES = 15


def with_settings(words, settings):
    return [str(word) for word in (*words, *(word for setting in settings for word in ("--set", setting)))]


class Program:
    """Thread: the log is read by one of its own; everything else by the owner."""

    def __init__(self, arguments, name, folder, settings=(), environment=None):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.events = []   # every line the process logged, as a dict
        self.expected_end = False
        self._raw = open(self.folder / f"{name}.log", "w")
        self.process = subprocess.Popen(with_settings(arguments, settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, cwd=self.folder, env={**os.environ, **(environment or {})})
        self._reader = threading.Thread(target=self._read, name=name, daemon=True)
        self._reader.start()
        say(f"{name}: process {self.process.pid} started")

    def _read(self):
        with self.process.stdout, self._raw:
            for line in self.process.stdout:
                self._raw.write(line)
                self._raw.flush()
                try:
                    event = json.loads(line)
                except ValueError:
                    event = {"message": line.rstrip()}
                self.events.append({"text": line, **(event if isinstance(event, dict) else {})})

    def check(self):
        """Raises if the process ended though nobody ended it."""
        if self.process.poll() is not None and not self.expected_end:
            raise Failed(f"{self.name} ended with {self.process.returncode}; its log is {self._raw.name}:\n{self.tail()}")

    def tail(self):
        return "".join(event["text"] for event in self.events[-TAIL_LINES:])

    def logged(self, *texts):
        """The first logged line that holds all texts, ignoring case."""
        for event in list(self.events):
            if all(text.lower() in event["text"].lower() for text in texts):
                return event["text"].strip()
        return None

    def wait_logged(self, *texts):
        what = f"{self.name} logs {' and '.join(texts)}"
        line = wait_for(what, lambda: self.logged(*texts), watch=[self])
        say(f"{self.name}: {line[:200]}")
        return line

    def http(self):
        """The address of its pages."""
        line = wait_for(f"{self.name} serves its pages", lambda: self.logged("http://", "/metrics"), watch=[self])
        return re.search(r"http://([^/]+)/metrics", line)[1]

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def is_stopped(self):
        return proc.stat(self.process.pid)[0] == "T"

    def wake(self):
        self.process.send_signal(signal.SIGCONT)

    def wait(self, seconds=END_SECONDS):
        """Its exit code, once all that it logged is in `events`."""
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        return code

    def kill(self):
        """kill -9, and it was alive until then."""
        self.check()
        self.expected_end = True
        self.process.kill()
        require(self.wait() == -signal.SIGKILL, f"{self.name} was killed while it ran")
        say(f"{self.name}: killed")

    def wait_killed(self):
        """It kills itself at the point that its environment named."""
        self.expected_end = True
        wait_for(f"{self.name} kills itself", lambda: self.process.poll() is not None)
        code = self.wait()
        require(code == -signal.SIGKILL, f"{self.name} ended by kill -9, not with {code}:\n{self.tail()}")

    def terminate(self, seconds=END_SECONDS):
        """SIGTERM ends it with 0 in time."""
        self.check()
        self.expected_end = True
        began = time.monotonic()
        self.process.terminate()
        code = self.wait()
        took = time.monotonic() - began
        require(took <= seconds, f"{self.name} ends within {seconds} s of SIGTERM, not {took:.1f}:\n{self.tail()}")
        require(code == 0, f"{self.name} ends with 0 after SIGTERM, not with {code}:\n{self.tail()}")

    def end(self):
        """Whatever state it is in."""
        self.expected_end = True
        if self.process.poll() is None:
            self.process.kill()
            self.wait()


class Worker(Program):
    """A worker with a coordinator of its own."""

    def __init__(self, program, name, folder, config, pipeline, settings=(), environment=None):
        super().__init__([program, "--config", config, "--pipeline", pipeline], name, folder, settings, environment)
