#!/usr/bin/python3
"""From the event that passes the watermark to the row that a read_committed reader sees: p50 and p99.

Open loop: the generator sends at its own pace whatever the job does. A window may close when every partition's watermark
has reached its end; the moment is the latest append time of the records that did it, found afterwards from the raw input.
A row's moment is when the reader had it. Both clocks are this machine's.
"""
import argparse
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "kafka"))

from confluent_kafka import Consumer, TopicPartition  # noqa: E402
from harness import traffic  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.waiting import say, wait_for  # noqa: E402
from oracle import topics  # noqa: E402
from oracle import values as v  # noqa: E402

INPUT, ROWS, PARTITIONS, SECOND, OUT_OF_ORDER = "latency-calls", "latency-rows", 4, 1_000, 5_000
CONFIG = """\
cluster: bench
kafka: {{bootstrap_servers: "{bootstrap}"}}
log: {{format: json}}
worker: {{id: w1, commit_interval: {commit}ms, http: "127.0.0.1:0", state_dir: "{state}"}}
"""


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of tidemark and tidemark-worker")
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="everything of the run; emptied first")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=20_000, help="events per second")
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--commit", type=int, default=200, help="commit interval in ms")
    parser.add_argument("--warm-up", type=int, default=15, help="seconds whose windows do not count")
    parser.add_argument("--port", type=int, default=19_792, help="first of six free ports")
    return parser.parse_args()


def follow(bootstrap, seconds):
    """[(moment in ms, window end)] of every row that comes in that time."""
    reader = Consumer({"bootstrap.servers": bootstrap, "group.id": "latency", "isolation.level": "read_committed",
                       "auto.offset.reset": "error", "enable.auto.commit": False, "fetch.wait.max.ms": 10})
    reader.assign([TopicPartition(ROWS, partition, 0) for partition in range(PARTITIONS)])
    seen, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        message = reader.poll(0.1)
        if message is not None and message.error() is None:
            seen.append((time.time() * 1_000, json.loads(message.value())["window_end"]))
    reader.close()
    return seen


def passed(bootstrap):
    """{window end: the moment in ms at which every partition's watermark had reached it}"""
    moments = {}  # end -> [moment of each partition]
    largest, done = {}, {}
    for partition, record in topics.read(bootstrap, INPUT):
        event_time = traffic.event_time_of(record.value)
        if event_time is None:
            continue
        seen = largest[partition] = max(largest.get(partition, 0), min(event_time, record.timestamp))
        end = (seen - OUT_OF_ORDER) // SECOND * SECOND
        first = done.get(partition, end - SECOND)
        for reached in range(first + SECOND, end + 1, SECOND):
            moments.setdefault(reached, []).append(record.timestamp)
        done[partition] = max(first, end)
    return {v.time(end): max(times) for end, times in moments.items() if len(times) == PARTITIONS}


def percentile(values, percent):
    return values[min(len(values) - 1, len(values) * percent // 100)]


def main():
    options = parse()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    broker = Broker(options.folder / "broker", options.port)
    broker.start()
    processes = []
    try:
        broker.create_topic(INPUT, PARTITIONS, message_timestamp_type="LogAppendTime")
        config = options.folder / "worker.yaml"
        config.write_text(CONFIG.format(bootstrap=broker.bootstrap, commit=options.commit, state=options.folder / "state"))
        log = open(options.folder / "worker.log", "w")
        worker = subprocess.Popen([options.bin / "tidemark-worker", "--config", config, "--pipeline", HERE / "latency.yaml"],
                                  stdout=log, stderr=log)
        processes.append(worker)
        wait_for("the result topic is there", lambda: ROWS in broker.topics(), 60)
        time.sleep(3)
        sent = open(options.folder / "generator.log", "w")
        processes.append(subprocess.Popen(
            [options.bin / "tidemark", "generate", "--bootstrap", broker.bootstrap, "--topic", INPUT, "--rate",
             str(options.rate), "--keys", str(options.accounts), "--late", "0", "--malformed", "0"], stdout=sent, stderr=sent))
        begun = time.time() * 1_000
        rows = follow(broker.bootstrap, options.seconds)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
    try:
        moments = passed(broker.bootstrap)
    finally:
        broker.stop()
    measured = sorted(seen - moments[end] for seen, end in rows
                      if moments.get(end, 0) > begun + options.warm_up * 1_000)
    windows = len({end for _, end in rows if moments.get(end, 0) > begun + options.warm_up * 1_000})
    say(f"{options.rate:,} events/s, commits each {options.commit} ms: {len(measured):,} rows of {windows} windows")
    print(f"p50 {percentile(measured, 50):.0f} ms, p99 {percentile(measured, 99):.0f} ms, most {measured[-1]:.0f} ms")


main()
