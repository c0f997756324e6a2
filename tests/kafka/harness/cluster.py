"""A coordinator, workers and the command line as processes, beside a broker of the test's own."""
import collections
import json
import os
import shutil
import subprocess

from harness.waiting import require, say, wait_for
from harness.worker import Program

COMMAND_SECONDS = 120
END_SECONDS = 5


class Cluster:
    """`options`: paths of the programs; `processes`: every process that was started, for its owner to watch and end."""

    def __init__(self, options, folder, server, processes):
        self.options, self.folder, self.server, self.processes = options, folder, server, processes
        self.config = None      # a file; set before anything is started
        self.workers = {}       # id -> its process
        self.coordinator = None

    # Processes

    def start(self, name, program, settings, environment=None):
        number = sum(process.name.startswith(f"{name}-") for process in self.processes) + 1
        process = Program([program, "--config", self.config], f"{name}-{number}", self.folder, settings, environment)
        self.processes.append(process)
        return process

    def start_coordinator(self):
        self.coordinator = self.start("coordinator", self.options.coordinator, [f"coordinator.listen={self.server}"])

    def start_worker(self, worker, program=None, environment=None, disk=None, settings=()):
        process = self.start(worker, program or self.options.worker,
                             [f"worker.id={worker}", f"worker.coordinators={self.server}",
                              f"worker.state_dir={disk or self.disk(worker)}", *settings], environment)
        self.workers[worker] = process
        return process

    def disk(self, worker):
        return self.folder / f"disk-{worker}"

    def empty_disk(self, worker):
        require(any(self.disk(worker).rglob("CURRENT")), f"{worker} had stored something")
        shutil.rmtree(self.disk(worker))

    def alive(self):
        return [process for process in self.processes if not process.expected_end]

    # What the command line says

    def tidemark(self, *arguments):
        return subprocess.run([str(a) for a in (self.options.tidemark, *arguments)], capture_output=True, text=True,
                              timeout=COMMAND_SECONDS, env={**os.environ, "TIDEMARK_SERVER": self.server})

    def ask(self, *arguments):
        """None while the coordinator does not answer."""
        done = self.tidemark(*arguments, "--output", "json")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def wait_leading(self):
        wait_for("a coordinator leads", lambda: self.tidemark("health").returncode == 0, watch=self.alive())

    def apply(self, file):
        applied = self.tidemark("pipeline", "apply", "-f", file, "--wait")
        require(applied.returncode == 0 and "RUNNING" in applied.stdout, f"{file} is applied: {applied.stdout}{applied.stderr}")

    def tasks(self):
        return self.ask("task", "list") or []

    def tasks_of(self, worker):
        """{task: epoch}"""
        return {task["name"]: task["epoch"] for task in self.tasks() if task.get("worker") == worker}

    def epochs(self):
        return {task["name"]: task["epoch"] for task in self.tasks()}

    def uneven(self, count, workers):
        """Why it is not so that `count` tasks run, and each kind of each pipeline is spread evenly over these workers."""
        tasks, spread = self.tasks(), collections.defaultdict(collections.Counter)
        if len(tasks) != count or any(task["state"] != "RUNNING" for task in tasks):
            return "not all run: " + ", ".join(f"{task['name']} {task['state']}" for task in tasks)
        for task in tasks:
            spread[task["name"].rsplit("-", 1)[0]][task["worker"]] += 1
        for kind, counts in spread.items():
            held = [counts.pop(worker, 0) for worker in workers]
            if counts or max(held) > min(held) + 1:
                return f"{kind}: {dict(zip(workers, held))} {dict(counts)}"
        return None

    def wait_balanced(self, count, workers, seconds=60):
        why = ["nothing was said"]

        def even():
            why[0] = self.uneven(count, workers)
            return why[0] is None
        try:
            wait_for(f"{count} tasks run, spread evenly over {', '.join(workers)}", even, seconds, self.alive())
        except AssertionError:
            say(f"uneven: {why[0]}")
            raise
        say(f"{count} tasks run, spread evenly over {', '.join(workers)}")

    def terminate(self, process):
        process.terminate(END_SECONDS)
