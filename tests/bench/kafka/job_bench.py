#!/usr/bin/python3
"""The complete job against what reading its input costs: CPU nanoseconds per event, in interleaved rounds.

count, parse and fetch are read_bench's; job is tidemark-worker from an empty group to the last row, its start included.
Everything measured runs on one core, the broker and this program on another. The rows of every round are compared with
rows computed from the raw input by separate code; a round that differs ends the run.
"""
import argparse
import json
import os
import pathlib
import pickle
import shutil
import signal
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "kafka"))

from confluent_kafka import KafkaException  # noqa: E402
from harness import proc, traffic  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.waiting import say, wait_for  # noqa: E402
from oracle import topics  # noqa: E402

import expected  # noqa: E402

INPUT, PARTITIONS = "job-calls", 8
EVENTS_PER_SECOND = 7_500  # of event time: about 16 events in each minute of an account
FAR_MS = 3_600_000
READERS = ("count", "parse", "fetch")
CONFIG = """\
cluster: bench-{run}
kafka: {{bootstrap_servers: "{bootstrap}"}}
log: {{level: info, format: json}}
worker: {{id: w1, commit_interval: 1s, checkpoint_interval: 10s, task_threads: 1, http: "127.0.0.1:0", state_dir: "{state}"}}
"""


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of tidemark, tidemark-worker, read_bench")
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="everything of the run; emptied first")
    parser.add_argument("--events", type=int, default=4_000_000)
    parser.add_argument("--accounts", type=int, default=35_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--port", type=int, default=19_592, help="first of six free ports")
    parser.add_argument("--core", type=int, default=1, help="of what is measured; the broker and this program get core 0")
    parser.add_argument("--keep", action="store_true", help="keep the input for a later run with --keep, or use what is kept")
    parser.add_argument("--only-job", action="store_true", help="without read_bench, for work on the job itself")
    return parser.parse_args()


class Bench:
    def __init__(self, options):
        self.options = options
        self.broker = Broker(options.folder / "broker", options.port)
        self.pin = ["taskset", "-c", str(options.core)]
        self.begun = f"{int(time.time()):x}"  # clusters, topics and folders of an earlier run stay apart
        self.kept = options.folder / "expected.pickle"

    def start(self):
        if not (self.options.keep and self.kept.exists()):
            shutil.rmtree(self.options.folder, ignore_errors=True)
            self.options.folder.mkdir(parents=True)
        os.sched_setaffinity(0, {0})  # the broker inherits it
        self.broker.start()
        if self.kept.exists():
            self.expected, self.records = pickle.loads(self.kept.read_bytes())
            return
        self.fill()
        self.expected, self.records = expected.rows(self.broker.bootstrap, INPUT)
        self.kept.write_bytes(pickle.dumps((self.expected, self.records)))

    def fill(self):
        folder = self.options.folder / "input"
        folder.mkdir()
        subprocess.run([self.options.bin / "tidemark", "generate", "--out", folder / "calls.pb", "--partitions",
                        str(PARTITIONS), "--count", str(self.options.events), "--rate", str(EVENTS_PER_SECOND), "--keys",
                        str(self.options.accounts), "--late", "0", "--malformed", "0"], check=True)
        self.broker.create_topic(INPUT, PARTITIONS, message_timestamp_type="LogAppendTime")
        producer, last = traffic.producer(self.broker.bootstrap), 0
        for partition, path in enumerate(sorted(folder.glob("*.pb"))):
            for _, value, _, _ in traffic.stamped(path.read_bytes()):
                producer.produce(INPUT, value, partition=partition)
            producer.flush()
            last = max(last, traffic.event_time_of(value))
        end = traffic.call(last + FAR_MS, account="the end").SerializeToString()
        for partition in range(PARTITIONS):
            producer.produce(INPUT, end, partition=partition)
        producer.flush()
        shutil.rmtree(folder)

    def read(self, mode):
        command = [*self.pin, self.options.bin / "read_bench", mode, self.broker.bootstrap, INPUT]
        measured = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        assert measured["records"] == self.records, measured
        return measured["ns_per_record"]

    def job(self, number):
        """(CPU ns per event, largest resident bytes, events per second of wall time)"""
        run = f"{self.begun}-{number}"
        topic, state = f"job-rows-{run}", self.options.folder / f"state-{run}"
        config = self.options.folder / "worker.yaml"
        config.write_text(CONFIG.format(run=run, bootstrap=self.broker.bootstrap, state=state))
        log = open(self.options.folder / f"worker-{number}.log", "w")
        command = [*self.pin, self.options.bin / "tidemark-worker", "--config", config, "--pipeline",
                   HERE / "job.yaml"]
        begun = time.monotonic()
        worker = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "ROUND": run})
        try:
            spent, resident = self.watch(worker, topic)
            wall = time.monotonic() - begun
        finally:
            worker.send_signal(signal.SIGTERM)
            code = worker.wait(20)
        assert code == 0, f"the worker ended with {code}, see {log.name}"
        wrong = expected.differences(self.broker.bootstrap, topic, self.expected)
        if wrong:
            sys.exit("\n".join(["the rows differ from those computed from the raw input:", *wrong]))
        shutil.rmtree(state)
        return spent * 1e9 / self.records, resident, self.records / wall

    def watch(self, worker, topic):
        """What the worker had used when the last row was there."""
        used = []

        def is_complete():
            assert worker.poll() is None, "the worker has ended"
            time.sleep(0.2)
            if rows_at_most(self.broker, topic) < len(self.expected):
                return False
            used[:] = proc.cpu_seconds(worker.pid), proc.peak_bytes(worker.pid)
            self.threads = by_thread(worker.pid)
            return sum(1 for _ in topics.read(self.broker.bootstrap, topic)) >= len(self.expected)

        wait_for("every row is published", is_complete, 300)
        return used


def rows_at_most(broker, topic):
    """Cheap to ask for: markers count."""
    if topic not in broker.topics():
        return 0
    try:
        return sum(topics.ends(broker.bootstrap, topic).values())
    except KafkaException:  # no leaders yet
        return 0


def by_thread(pid):
    """{name: CPU seconds} of the threads that still run."""
    spent = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name, fields = (task / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
        spent[name] = spent.get(name, 0) + sum(map(int, fields.split()[11:13])) / proc.TICKS
    return spent


def report(figures, residents, walls):
    base = {name: figures[name] or [float("nan")] for name in ("count", "parse")}
    print(f"{'':8}{'median':>10}{'least':>10}{'most':>10}{'/ count':>10}{'/ parse':>10}   CPU ns per event; ratios: medians"
          " of the rounds'")
    for name, values in figures.items():
        if not values:
            continue
        ratios = [statistics.median(v / b for v, b in zip(values, base[of])) for of in base]
        print(f"{name:8}{statistics.median(values):10.0f}{min(values):10.0f}{max(values):10.0f}"
              f"{ratios[0]:10.2f}{ratios[1]:10.2f}")
    print(f"job: at most {max(residents) / 2**20:.0f} MiB resident; {statistics.median(walls):,.0f} events/s on its core")


def main():
    options = parse()
    bench = Bench(options)
    bench.start()
    try:
        say(f"{bench.records:,} events, {len(bench.expected):,} rows, {bench.records / len(bench.expected):.1f} events per row")
        figures, residents, walls = {name: [] for name in (*READERS, "job")}, [], []
        for number in range(1, options.rounds + 1):
            for mode in () if options.only_job else READERS:
                figures[mode].append(bench.read(mode))
            spent, resident, wall = bench.job(number)
            figures["job"].append(spent)
            residents.append(resident)
            walls.append(wall)
            say(f"round {number}: " + ", ".join(f"{name} {values[-1]:.0f}" for name, values in figures.items() if values))
        if residents:
            report(figures, residents, walls)
            print("the last job by thread: " + ", ".join(
                f"{name} {spent * 1e9 / bench.records:.0f}" for name, spent in sorted(bench.threads.items())))
    finally:
        bench.broker.stop()


main()
