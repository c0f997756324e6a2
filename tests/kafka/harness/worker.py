"""Processes under test: their start, their faults, and the events they log."""
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

from harness.waiting import Failed, require, say, wait_for

END_SECONDS = 20


class Program:
    """Thread: the log is read by one of its own; everything else by the owner."""

    def __init__(self, arguments, name, folder, settings=(), environment=None):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.events = []   # every line the process logged, as a dict
        self.expected_end = False
        arguments = list(arguments)
        for setting in settings:
            arguments += ["--set", setting]
        self._raw = open(self.folder / f"{name}.log", "w")
        self.process = subprocess.Popen([str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, cwd=self.folder, env={**os.environ, **(environment or {})})
        self._reader = threading.Thread(target=self._read, name=name, daemon=True)
        self._reader.start()
        say(f"{name}: process {self.process.pid} started")

    def _read(self):
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

    def tail(self, lines=15):
        return "".join(event["text"] for event in self.events[-lines:])

    def logged(self, *texts):
        """The first logged line that holds all texts, ignoring case."""
        for event in list(self.events):
            if all(text.lower() in event["text"].lower() for text in texts):
                return event["text"].strip()
        return None

    def wait_logged(self, *texts, seconds=60):
        what = f"{self.name} logs {' and '.join(texts)}"
        line = wait_for(what, lambda: self.logged(*texts), seconds, watch=[self])
        say(f"{self.name}: {line[:200]}")
        return line

    def signal(self, number):
        os.kill(self.process.pid, number)

    def pause(self):
        self.signal(signal.SIGSTOP)

    def is_stopped(self):
        return pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"

    def wake(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        """kill -9, and it was alive until then."""
        self.check()
        self.expected_end = True
        self.process.kill()
        require(self.process.wait(END_SECONDS) == -signal.SIGKILL, f"{self.name} was killed while it ran")
        say(f"{self.name}: killed")

    def wait_killed(self, seconds=60):
        """It kills itself at the point that its environment named."""
        self.expected_end = True
        wait_for(f"{self.name} kills itself", lambda: self.process.poll() is not None, seconds)
        require(self.process.returncode == -signal.SIGKILL,
                f"{self.name} ended by kill -9, not with {self.process.returncode}:\n{self.tail()}")

    def terminate(self, seconds=END_SECONDS):
        """SIGTERM ends it with 0 in time."""
        self.check()
        self.expected_end = True
        began = time.monotonic()
        self.process.terminate()
        code = self.process.wait(END_SECONDS)
        took = time.monotonic() - began
        require(took <= seconds, f"{self.name} ends within {seconds} s of SIGTERM, not {took:.1f}:\n{self.tail()}")
        require(code == 0, f"{self.name} ends with 0 after SIGTERM, not with {code}:\n{self.tail()}")

    def end(self):
        """Whatever state it is in."""
        self.expected_end = True
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Worker(Program):
    """A worker with a coordinator of its own."""

    def __init__(self, program, name, folder, config, pipeline, settings=(), environment=None):
        super().__init__([program, "--config", config, "--pipeline", pipeline], name, folder, settings, environment)
