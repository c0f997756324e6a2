#!/usr/bin/python3
"""How long a cluster stands still when a worker is killed, restarted, stopped or added, and what each phase of it costs.

A broker, a coordinator and two workers as processes; calls arrive all the time. Times are those of published things: lines
that the processes log, append times of frames, and the moment at which a read_committed reader has a merge's announcement
in the ledger, which is committed with its rows. Every round goes through all events, so that noise meets them alike.
The cells are held by windows of two hours, which end at even hours UTC: a run across one finds too few, and says so.
"""
import argparse
import datetime
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "kafka"))

from harness.broker import Broker  # noqa: E402
from harness.cluster import Cluster, programs_in  # noqa: E402
from harness.follower import Follower  # noqa: E402
from harness.pages import Page  # noqa: E402
from harness.waiting import Failed, require, say, wait_for  # noqa: E402
from oracle import frames  # noqa: E402

PIPELINE, INPUT, PARTITIONS, TASKS = "recovery", "recovery-calls", 4, 8
ONE, BOTH = ("w1",), ("w1", "w2")  # the workers
EVENTS = ("killed_and_restarted", "killed_and_taken_over", "stopped", "coordinator_killed")
CONFIG = """\
cluster: bench
kafka: {{bootstrap_servers: "{bootstrap}"}}
log: {{format: json}}
coordinator: {{http: "127.0.0.1:0"}}
worker: {{http: "127.0.0.1:0"}}
"""
RESTORED = re.compile(r"/(merge-\d+) is restored from (its checkpoint and )?(\d+) offsets.*: (\d+) cells .*, (\d+) ms")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=lambda text: pathlib.Path(text).resolve(), required=True, help="folder of the programs")
    parser.add_argument("--folder", type=lambda text: pathlib.Path(text).resolve(), required=True, help="everything of the run; emptied first")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", type=int, default=4_000, help="events per second while it runs")
    parser.add_argument("--filled", type=int, default=600_000, help="events before it begins")
    parser.add_argument("--cells", type=int, default=100_000, help="least number of open cells that the killed worker holds")
    parser.add_argument("--settle", type=float, default=12, help="seconds of running before each event: a checkpoint and more")
    parser.add_argument("--events", type=lambda text: text.split(","), default=EVENTS, help=f"of {','.join(EVENTS)}")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED", "1")))
    parser.add_argument("--port", type=int, default=19_180, help="first of seven free ports")
    return parser.parse_args()


def now_ms():
    return time.time() * 1_000


def moment(event):
    return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp() * 1_000


class Frames(Follower):
    """{lane: [append time in ms]} of the frames in one shuffle partition: each commit of a lane writes one."""

    def __init__(self, bootstrap, topic):
        self.times = {f"lane-{lane}": [] for lane in range(PARTITIONS)}
        super().__init__(bootstrap, topic, [0], self._keep)

    def _keep(self, message):
        lane, _, _, part, parts, _ = frames.decode(message.value())
        if part + 1 == parts:
            self.times[f"lane-{lane}"].append(message.timestamp()[1])


class Announcements(Follower):
    """{merge: [moment in ms at which it was seen]} of what each merge announces as complete, in the transaction of its rows."""

    def __init__(self, bootstrap, topic, partitions):
        self.times = {f"merge-{merge}": [] for merge in range(PARTITIONS)}
        super().__init__(bootstrap, topic, partitions, self._keep)

    def _keep(self, message):
        key = json.loads(message.key())
        if "topic" not in key and key["query"] == "seconds":
            self.times[f"merge-{key['partition']}"].append(now_ms())


def first_after(times, start):
    return next((at - start for at in times if at > start), None)


def longest_silence(times, begin, end):
    inside = [at for at in times if begin <= at <= end]
    before = [at for at in times if at < begin][-1:]
    return max((b - a for a, b in zip(before + inside, inside)), default=None)


class Bench:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.broker = Broker(options.folder / "broker", options.port)
        self.cluster = Cluster(programs_in(options.bin), options.folder, f"127.0.0.1:{options.port + 6}", [])
        self.generator = None
        self.results = {}    # event -> [{measure: ms}]
        self.restores = []   # (event, from its checkpoint, offsets, cells, ms)
        self.cells = []      # of the worker that was killed or stopped

    # The cluster

    def tasks_of(self, worker):
        return {task.split("/")[-1] for task in self.cluster.tasks_of(worker)}

    def open_cells(self, worker):
        return Page.of(self.cluster.process(worker).http()).sum("tidemark_cells_open")

    def begin(self):
        options = self.options
        self.broker.start()
        self.broker.create_topic(INPUT, PARTITIONS, message_timestamp_type="LogAppendTime")
        self.cluster.config = options.folder / "tidemark.yaml"
        self.cluster.config.write_text(CONFIG.format(bootstrap=self.broker.bootstrap))
        self.generate("--count", options.filled).wait(600)
        self.cluster.start_coordinator()
        for worker in BOTH:
            self.cluster.start_worker(worker)
        self.cluster.wait_leading()
        self.cluster.apply(HERE / "recovery.yaml")
        topics = self.broker.topics()
        shuffle = next(name for name in topics if name.endswith(".shuffle"))
        ledger = f"{PIPELINE}.ledger"
        self.frames = Frames(self.broker.bootstrap, shuffle)
        self.ledger = Announcements(self.broker.bootstrap, ledger, range(topics[ledger]))
        self.generator = self.generate()
        self.settle(BOTH)

    def generate(self, *arguments):
        options = self.options
        command = [options.bin / "tidemark", "generate", "--bootstrap", self.broker.bootstrap, "--topic", INPUT, "--rate",
                   options.rate, "--keys", 1_000_000, "--late", 0, "--malformed", 0, "--seed", self.random.randrange(1 << 30),
                   *arguments]
        return subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def settle(self, workers):
        """Every task runs, evenly spread, and every lane and merge has committed all the time for a while."""
        def steady():
            now, series = now_ms(), [*self.frames.times.values(), *self.ledger.times.values()]
            since = max(began, now - self.options.settle * 1_000)
            return now - began > self.options.settle * 1_000 and all(
                (longest_silence(times, since, now) or 1e9) < 4_000 for times in series)

        self.cluster.wait_balanced(TASKS, workers, 120)
        began = now_ms()
        wait_for("everything commits steadily", steady, 180, self.watched())
        time.sleep(self.random.random())  # any phase of heartbeats, commits and checkpoints alike

    def watched(self):
        return [*self.cluster.alive(), self.frames, self.ledger]

    # What is measured

    def since(self, name, start, *texts):
        """When a process logged the first and the last line that holds all texts, in ms after `start`; (None, None): never."""
        times = [moment(event) - start for event in list(self.cluster.process(name).events)
                 if "time" in event and all(text in event["message"] for text in texts)]
        times = [after for after in times if after >= -1]  # the log's milliseconds are cut
        return (times[0], times[-1]) if times else (None, None)

    def taken(self, owner, start, task):
        """When the task had begun under its new owner: a merge once it is restored."""
        return self.since(owner, start, f"/{task} is restored" if "merge" in task else f"/{task} is taken over")[1]

    def series(self, task):
        return (self.frames if "lane" in task else self.ledger).times[task]

    def measure(self, event, start, owner, moved):
        """Waits until every moved task has committed under `owner`, then notes what lay between."""
        def back():
            begun = {task: self.taken(owner, start, task) for task in moved}
            return None not in begun.values() and all(
                first_after(self.series(task), start + after) is not None for task, after in begun.items())

        wait_for(f"{event}: every moved task commits under {owner}", back, 120, self.watched())
        time.sleep(2)  # a silence that began has ended
        result = {name: value for name, value in self.phases(start, owner, moved).items() if value is not None}
        self.results.setdefault(event, []).append(result)
        for text in (line["message"] for line in list(self.cluster.process(owner).events) if "time" in line and moment(line) >= start - 1):
            if found := RESTORED.search(text):
                self.restores.append((event, bool(found[2]), *map(int, found.groups()[2:])))
        say(f"{event}: " + ", ".join(f"{name} {value:.0f}" for name, value in result.items()))

    def phases(self, start, owner, moved):
        lanes, merges = [[task for task in moved if kind in task] for kind in ("lane", "merge")]
        until = now_ms()

        def last(what, tasks):
            return max((self.since(owner, start, f"/{task} {what}")[1] for task in tasks), default=None)

        def slowest(of, tasks):
            return max((of(self.series(task)) for task in tasks), default=None)

        def first(tasks):
            begun = {task: self.taken(owner, start, task) for task in tasks}
            return max((after + first_after(self.series(task), start + after) for task, after in begun.items()), default=None)

        return {
            "noticed": self.since("coordinator", start, "worker 'w2' ")[0],
            "decided": self.since("coordinator", start, f"'{owner}' gets")[0],
            "assigned": last("is assigned", moved),
            "lanes taken": last("is taken over", lanes),
            "merges taken": last("is taken over", merges),
            "merges restored": last("is restored", merges),
            "first frame": first(lanes),
            "first rows": first(merges),
            "frames missing": slowest(lambda times: longest_silence(times, start, until), lanes),
            "rows missing": max(longest_silence(times, start, until) for times in self.ledger.times.values()),
        }

    # The events, in this order; each begins and ends with half of the tasks on each worker

    def victims(self):
        """The tasks of w2, which holds enough."""
        cells = self.open_cells("w2")
        require(cells >= self.options.cells, f"w2 holds {cells:.0f} open cells, fewer than {self.options.cells}")
        self.cells.append(cells)
        return self.tasks_of("w2")

    def killed_and_restarted(self):
        """kill -9; the same worker is started again at once and has its disk."""
        moved, start = self.victims(), now_ms()
        self.cluster.process("w2").kill()
        self.cluster.start_worker("w2")
        self.measure("killed_and_restarted", start, "w2", moved)
        require(self.cluster.process("w2").logged("restored from its checkpoint"), "it restores from its disk")
        self.settle(BOTH)

    def killed_and_taken_over(self):
        """kill -9; the other worker takes its tasks, and has nothing of them on its disk."""
        moved = self.victims()
        self.forget("w1", moved)
        start = now_ms()
        self.cluster.process("w2").kill()
        self.measure("killed_and_taken_over", start, "w1", moved)
        self.settle(ONE)
        self.added()

    def stopped(self):
        """SIGTERM; the other worker takes its tasks, and has nothing of them on its disk."""
        moved = self.victims()
        self.forget("w1", moved)
        start = now_ms()
        self.cluster.terminate(self.cluster.process("w2"))
        self.measure("stopped", start, "w1", moved)
        self.settle(ONE)
        self.added()

    def added(self):
        """A worker with an empty disk joins and gets half of the tasks."""
        self.cluster.empty_disk("w2")
        start = now_ms()
        self.cluster.start_worker("w2")
        moved = wait_for("it has half of the tasks", lambda: len(self.tasks_of("w2")) == TASKS // 2 and self.tasks_of("w2"),
                         watch=self.watched())
        self.measure("added", start, "w2", moved)
        self.settle(BOTH)

    def coordinator_killed(self):
        """kill -9 of the coordinator, which is started again at once."""
        start = now_ms()
        self.cluster.coordinator.kill()
        self.cluster.start_coordinator()
        wait_for("the workers have sessions again", lambda: all(self.session(w, start) for w in BOTH), 60, self.watched())
        time.sleep(5)  # whatever stands still because of it
        silences = [longest_silence(times, start, now_ms()) for times in self.ledger.times.values()]
        result = {"leads again": self.since("coordinator", start, "leads with term")[1],
                  "sessions again": max(self.session(w, start) for w in BOTH), "rows missing": max(silences)}
        self.results.setdefault("coordinator_killed", []).append(result)
        say("coordinator_killed: " + ", ".join(f"{name} {value:.0f}" for name, value in result.items()))
        self.settle(BOTH)

    def session(self, worker, start):
        return self.since(worker, start, "session with coordinator")[1] if self.cluster.coordinator.logged("leads") else None

    def forget(self, worker, tasks):
        """Removes what the disk of a worker that does not hold these tasks has of them."""
        for path in self.cluster.disk(worker).glob("*/*/*/merge-*"):
            if path.name in tasks:
                shutil.rmtree(path)

    # The run

    def run(self):
        self.begin()
        try:
            for number in range(self.options.rounds):
                say(f"round {number + 1} of {self.options.rounds}, load {os.getloadavg()[0]:.1f}")
                for event in self.options.events:
                    getattr(self, event)()
        finally:
            if self.cells:
                self.print()

    def print(self):
        print(f"\nopen cells of the worker that ends: {min(self.cells):,.0f} to {max(self.cells):,.0f}; "
              f"{self.options.rate:,} events/s; seed {self.options.seed}; load {os.getloadavg()[1]:.1f}")
        for event, rounds in self.results.items():
            print(f"\n{event}, {len(rounds)} times: ms, median (most)")
            for name in rounds[0]:
                values = [result[name] for result in rounds if name in result]
                print(f"  {name:16} {statistics.median(values):8,.0f} ({max(values):,.0f})")
        self.print_restores("its checkpoint", [restore[2:] for restore in self.restores if restore[1]])
        self.print_restores("the shuffle log", [restore[2:] for restore in self.restores if not restore[1]])

    def print_restores(self, source, restores):
        """A frame takes two offsets: the end of its transaction is marked behind it."""
        if not restores:
            return

        def median(values):
            return f"{statistics.median(values):,.0f}"

        print(f"\nmerges restored from {source}, {len(restores)} times: median of {median([ms for _, _, ms in restores])} ms for "
              f"{median([offsets / 2 for offsets, _, _ in restores])} frames and {median([cells for _, cells, _ in restores])} cells: "
              f"{median([offsets * 500 / ms for offsets, _, ms in restores])} frames/s, "
              f"{median([cells * 1_000 / ms for _, cells, ms in restores])} cells/s")

    def end(self):
        self.cluster.end()
        if self.generator:
            self.generator.kill()
        try:
            self.broker.stop()
        except RuntimeError as error:
            say(str(error))


def main():
    options = parse()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    bench = Bench(options)
    try:
        bench.run()
    except (Failed, TimeoutError, RuntimeError) as error:
        sys.exit(f"FAILED: {error}")
    finally:
        bench.end()


main()
