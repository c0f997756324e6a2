#!/usr/bin/python3
"""The complete job against what reading its input costs: CPU nanoseconds per event, in interleaved rounds.

count, parse and fetch are read_bench's; job is tidemark-worker from an empty group to the last row, its start included.
Everything measured runs on one core, the broker on another. The rows of every round are compared with rows computed
from the raw input by separate code; a round that differs ends the run.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "kafka"))

from confluent_kafka import KafkaException, TopicPartition  # noqa: E402
from harness import traffic  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.waiting import say, wait_for  # noqa: E402
from oracle import topics  # noqa: E402

import expected  # noqa: E402

INPUT, PARTITIONS = "job-calls", 8
EVENTS_PER_SECOND = 7_500  # of event time: about 16 events in each minute of an account
FAR_MS = 3_600_000
CONFIG = """\
cluster: bench
kafka: {{bootstrap_servers: "{bootstrap}"}}
log: {{level: info, format: json}}
worker: {{id: w1, commit_interval: 1s, checkpoint_interval: 10s, task_threads: 1, http: "127.0.0.1:0", state_dir: "{state}"}}
"""
TICK = os.sysconf("SC_CLK_TCK")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of tidemark, tidemark-worker, read_bench")
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="everything of the run; emptied first")
    parser.add_argument("--events", type=int, default=4_000_000)
    parser.add_argument("--accounts", type=int, default=35_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--port", type=int, default=19_592, help="first of six free ports")
    parser.add_argument("--core", type=int, default=1, help="of what is measured; the broker gets core 0")
    return parser.parse_args()


class Bench:
    def __init__(self, options):
        self.options = options
        self.broker = Broker(options.folder / "broker", options.port)
        self.pin = ["taskset", "-c", str(options.core)]

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

    def rows_published(self, topic):
        """An upper bound that is cheap to ask for: markers count."""
        if topic not in self.broker.topics():
            return 0
        reader = topics.reader(self.broker.bootstrap)
        try:
            return sum(reader.get_watermark_offsets(TopicPartition(topic, p), 10)[1]
                       for p in topics.partitions_of(reader, topic))
        except KafkaException:  # no leaders yet
            return 0
        finally:
            reader.close()

    def job(self, number):
        topic = f"job-rows-{number}"
        state = self.options.folder / f"state-{number}"
        config = self.options.folder / "worker.yaml"
        config.write_text(CONFIG.format(bootstrap=self.broker.bootstrap, state=state))
        log = open(self.options.folder / f"worker-{number}.log", "w")
        command = [*self.pin, self.options.bin / "tidemark-worker", "--config", config, "--pipeline", HERE / "job.yaml"]
        begun = time.monotonic()
        worker = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "ROUND": str(number)})
        try:
            wait_for("every row is published", lambda: self.is_complete(worker, topic), 300)
            wall = time.monotonic() - begun
            spent, resident = usage(worker.pid)
        finally:
            worker.send_signal(signal.SIGTERM)
            code = worker.wait(20)
        assert code == 0, f"the worker ended with {code}, see {log.name}"
        wrong = expected.differences(self.broker.bootstrap, topic, self.expected)
        if wrong:
            sys.exit("\n".join(["the rows differ from those computed from the raw input:", *wrong]))
        return spent * 1e9 / self.records, resident, self.records / wall

    def is_complete(self, worker, topic):
        assert worker.poll() is None, "the worker has ended"
        time.sleep(0.5)
        if self.rows_published(topic) < len(self.expected):
            return False
        return sum(1 for _ in topics.read(self.broker.bootstrap, topic)) >= len(self.expected)


def usage(pid):
    """(CPU seconds, largest resident bytes) of a process, all threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    resident = int(status.split("VmHWM:")[1].split()[0]) * 1_024
    return (int(fields[11]) + int(fields[12])) / TICK, resident


def report(figures, residents, walls):
    count, parsed = statistics.median(figures["count"]), statistics.median(figures["parse"])
    print(f"{'':8}{'median':>10}{'least':>10}{'most':>10}{'/ count':>10}{'/ parse':>10}   CPU ns per event")
    for name, values in figures.items():
        median = statistics.median(values)
        print(f"{name:8}{median:10.0f}{min(values):10.0f}{max(values):10.0f}{median / count:10.2f}{median / parsed:10.2f}")
    print(f"job: at most {max(residents) / 2**20:.0f} MiB resident; {statistics.median(walls):,.0f} events/s on its core")


def main():
    options = parse()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    bench = Bench(options)
    bench.broker.start()
    try:
        for pid in subprocess.run(["pgrep", "-f", str(options.folder / "broker")], stdout=subprocess.PIPE).stdout.split():
            subprocess.run(["taskset", "-acp", "0", pid], check=False, stdout=subprocess.DEVNULL)
        bench.fill()
        bench.expected, bench.records = expected.rows(bench.broker.bootstrap, INPUT)
        say(f"{bench.records:,} events, {len(bench.expected):,} rows, {bench.records / len(bench.expected):.1f} events per row")
        figures, residents, walls = {"count": [], "parse": [], "fetch": [], "job": []}, [], []
        for number in range(1, options.rounds + 1):
            for mode in ("count", "parse", "fetch"):
                figures[mode].append(bench.read(mode))
            spent, resident, wall = bench.job(number)
            figures["job"].append(spent)
            residents.append(resident)
            walls.append(wall)
            say(f"round {number}: " + ", ".join(f"{name} {values[-1]:.0f}" for name, values in figures.items()))
        report(figures, residents, walls)
    finally:
        bench.broker.stop()


main()
