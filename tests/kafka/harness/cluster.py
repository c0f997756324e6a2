"""A coordinator, workers and the command line as processes, beside a broker."""
import collections
import json
import os
import shutil
import subprocess
import types

from harness.ports import free_address
from harness.waiting import Failed, require, say, wait_for
from harness.worker import Program, with_settings

COMMAND_SECONDS = 120
END_SECONDS = 5
REFUSAL_SECONDS = 30


def programs_in(folder):
    return types.SimpleNamespace(tidemark=folder / "tidemark", worker=folder / "tidemark-worker",
                                 coordinator=folder / "tidemark-coordinator")


class Cluster:
    """`programs`: paths, see programs_in; `processes`: every process that was started, for its owner to watch and end."""

    def __init__(self, programs, folder, server, processes):
        self.programs, self.folder, self.server, self.processes = programs, folder, server, processes
        self.servers = [server]  # those that workers and commands know
        self.config = None      # a file; set before anything is started
        self.workers = {}       # id -> its process
        self.coordinator = None

    # Processes

    def start(self, name, program, settings, environment=None):
        number = sum(process.name.startswith(f"{name}-") for process in self.processes) + 1
        process = Program([program, "--config", self.config], f"{name}-{number}", self.folder, settings, environment)
        self.processes.append(process)
        return process

    def start_coordinator(self, settings=()):
        self.coordinator = self.start("coordinator", self.programs.coordinator, [f"coordinator.listen={self.server}", *settings])

    def start_spare(self, name):
        """Workers and commands know its address from now on."""
        self.servers.append(free_address())
        return self.start(name, self.programs.coordinator, ["coordinator.spare=true", f"coordinator.listen={self.servers[-1]}"])

    def start_worker(self, worker, program=None, environment=None, disk=None, settings=()):
        process = self.start(worker, program or self.programs.worker,
                             [f"worker.id={worker}", f"worker.coordinators={','.join(self.servers)}",
                              f"worker.state_dir={disk or self.disk(worker)}", *settings], environment)
        self.workers[worker] = process
        return process

    def process(self, name):
        return self.coordinator if name == "coordinator" else self.workers[name]

    def disk(self, worker):
        return self.folder / f"disk-{worker}"

    def empty_disk(self, worker):
        require(any(self.disk(worker).rglob("CURRENT")), f"{worker} had stored something")
        shutil.rmtree(self.disk(worker))

    def alive(self):
        return [process for process in self.processes if not process.expected_end]

    def terminate(self, *processes):
        for process in processes:
            process.terminate(END_SECONDS)

    def end(self):
        for process in self.processes:
            process.end()

    def ends(self, program, settings, says):
        """It ends by itself with 1 and says this."""
        done = subprocess.run(with_settings([program, "--config", self.config], settings), capture_output=True, text=True,
                              timeout=REFUSAL_SECONDS)
        require(done.returncode == 1, f"{settings} ends with 1, not {done.returncode}: {done.stdout}{done.stderr}")
        for part in says:
            require(part in done.stderr, f"{settings} says '{part}': {done.stderr}")
        say(done.stderr.strip())

    def wait_for(self, what, condition, seconds=60):
        """A failure shows what every process said last."""
        try:
            return wait_for(what, condition, seconds, self.alive())
        except AssertionError as error:
            raise Failed(f"{error}{self.tails()}") from error

    def tails(self):
        return "".join(f"\n--- {process.name}\n{process.tail()}" for process in self.processes)

    # What the command line says

    def tidemark(self, *arguments):
        return subprocess.run([str(a) for a in (self.programs.tidemark, *arguments)], capture_output=True, text=True,
                              timeout=COMMAND_SECONDS, env={**os.environ, "TIDEMARK_SERVER": ",".join(self.servers)})

    def ask(self, *arguments):
        """None while the coordinator does not answer."""
        done = self.tidemark(*arguments, "--output", "json")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def wait_leading(self):
        self.wait_for("a coordinator leads", lambda: self.tidemark("health").returncode == 0)

    def apply(self, file, *arguments):
        applied = self.tidemark("pipeline", "apply", "-f", file, "--wait", *arguments)
        require(applied.returncode == 0 and "RUNNING" in applied.stdout,
                f"{file} is applied: {applied.stdout}{applied.stderr}{self.tails()}")

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
            self.wait_for(f"{count} tasks run, spread evenly over {', '.join(workers)}", even, seconds)
        except AssertionError:
            say(f"uneven: {why[0]}")
            raise
        say(f"{count} tasks run, spread evenly over {', '.join(workers)}")
