#!/usr/bin/python3
"""What a cluster does when something outside of it is wrong: topics, rights, passwords, ports, disks, brokers, message types.

Each time: whoever can mend it is told what, where and what to do; nothing is lost; no process ends that need not; a
second pipeline goes on untouched. Scenarios run in the order in which they are written, on one broker and one cluster.
"""
import argparse
import pathlib
import shutil
import socket
import sys
import time

from harness import disk, readings
from harness.bad_world import World
from harness.broker import Broker
from harness.ports import free_address
from harness.waiting import print_failure, require, say


def nobody_may_do_anything(world):
    """The password is right, but the user has no rights: the coordinator waits, and leads once they are granted."""
    world.start()
    world.cluster.coordinator.wait_logged("cannot claim its term yet", "__tidemark.bad.metadata", "kafka-acls.sh")
    world.refused("health", says=["UNAUTHORIZED", "__tidemark.bad.metadata", "kafka-acls.sh"])
    world.grant("--operation", "All", "--topic", "__tidemark.bad.", "--transactional-id", "tidemark.bad.",
                "--group", "tidemark.bad.", "--resource-pattern-type", "prefixed")
    world.wait_leading()


def a_source_that_may_not_be_read(world):
    world.generate("bad-calls")
    world.refused("pipeline", "plan", "-f", world.file("one"), says=["bad-calls", "UNAUTHORIZED", "kafka-acls.sh"])
    world.refused("pipeline", "apply", "-f", world.file("one"), says=["bad-calls", "UNAUTHORIZED", "kafka-acls.sh"])
    world.grant("--operation", "All", "--topic", "bad-", "--resource-pattern-type", "prefixed")


def a_healthy_pipeline_beside(world):
    world.generate("bad-good-calls")
    world.apply("good")
    world.epochs = world.epochs_of("good")


def a_source_that_is_missing(world):
    for verb in ("plan", "apply"):
        world.refused("pipeline", verb, "-f", world.file("none", source="bad-nothing"),
                      says=["source topic 'bad-nothing' does not exist", "source.topics", "kafka-topics.sh"])


def results_that_would_be_refused(world):
    """All that is wrong with the topic at once, and the printed line mends it."""
    world.broker.create_topic("bad-one-rows", 3, max_message_bytes=1_000, message_timestamp_after_max_ms=1_000,
                              message_timestamp_type="CreateTime")
    world.broker.create_topic("bad-one.late", 1, cleanup_policy="compact")
    apply = ("pipeline", "apply", "-f", world.file("one"))
    world.mend(world.refused(*apply, says=["'bad-one.late' has cleanup.policy=compact"]))
    told = world.refused(*apply, says=["'bad-one-rows'", "up to 1000 bytes", "message.timestamp.after.max.ms=1000"])
    world.mend(told)
    world.apply("one")
    world.wait_read("one", world.sent["bad-calls"])


def rows_of_an_earlier_incarnation(world):
    world.generate("bad-calls")
    world.cluster.wait_for("rows are there", lambda: world.rows("one") > 0)
    require(world.tidemark("pipeline", "delete", "bad-one", "--wait").returncode == 0, "it is deleted")
    for verb in ("plan", "apply"):
        world.refused("pipeline", verb, "-f", world.file("one"), says=["'bad-one-rows' holds records already", "--reuse-topics"])
    world.apply("one", "--reuse-topics")
    world.wait_read("one", world.sent["bad-calls"])


def a_right_that_is_taken_away(world):
    """Writing to the result topic is forbidden while the pipeline runs."""
    writes = ("--operation", "Write", "--topic", "bad-one-rows")
    world.acl("--add", "--deny-principal", "User:tidemark", *writes)
    world.generate("bad-calls")
    world.wait_halted("one", "bad-one-rows", "UNAUTHORIZED", "permissions")
    world.acl("--remove", "--force", "--deny-principal", "User:tidemark", *writes)
    world.resume("one")
    world.wait_read("one", world.sent["bad-calls"])


def a_result_topic_that_changes(world):
    world.broker.add_partitions("bad-one-rows", 5)
    world.wait_halted("one", "result topic 'bad-one-rows' has 5 partitions, 3 when the pipeline was created", "new pipeline")


def a_source_that_is_deleted(world):
    world.generate("bad-short-calls")
    world.apply("short")
    world.wait_read("short", world.sent["bad-short-calls"])
    world.broker.delete_topic("bad-short-calls")
    world.wait_halted("short", "bad-short-calls/", "UNKNOWN_TOPIC")


def a_full_disk(world):
    """The worker goes on without checkpoints, says so, and writes them again once there is space."""
    if world.disk.fill is None:
        return say("NOT RUN: this machine allows no mount of its own (unshare -Urm)")
    world.disk.fill()
    world.generate("bad-good-calls")
    line = world.worker.wait_logged("no checkpoint can be written")
    require("nothing is lost" in line and "again" in line, line)
    shown = world.cluster.wait_for("the task list shows it",
                                   lambda: [t for t in world.cluster.tasks() if "no checkpoint" in t.get("reason", "")])
    require(shown[0]["state"] == "RUNNING", f"the task runs on: {shown}")
    world.wait_read("good", world.sent["bad-good-calls"])
    require(world.epochs_of("good") == world.epochs, "no task was taken over for it")
    world.disk.free()
    world.worker.wait_logged("checkpoints are written again")


def a_wrong_password(world):
    """Nobody ends of it by himself, everybody says so, and SIGTERM still ends with 0."""
    world.secret.write_text("wrong\n")
    other = world.cluster.start("stranger", world.options.worker,
                                ["worker.id=stranger", f"worker.state_dir={world.folder / 'stranger'}", "cluster=other"])
    spare = world.cluster.start("second", world.options.coordinator, [f"coordinator.listen={free_address()}", "cluster=other"])
    advice = ["Authentication failed", "sasl.password in kafka.properties"]
    for process in (other, spare):
        process.wait_logged(*advice[:1])
        process.wait_logged("sasl.username, sasl.password")
    world.refused("tail", "--config", world.config, "--topic", "bad-one-rows", says=["Authentication failed", "sasl.password"])
    for process in (other, spare):
        process.terminate()
    world.secret.write_text("tidemark-secret\n")


def occupied_ports(world):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        free = free_address()
        for program, key, settings in (
                (world.options.coordinator, "coordinator.listen", []),
                (world.options.coordinator, "coordinator.http", [f"coordinator.listen={free}"]),
                (world.options.worker, "worker.http", [f"worker.state_dir={world.folder / 'nobody'}"])):
            world.cluster.ends(program, [f"{key}={address}", *settings], says=[f"cannot listen on {address}", key])


def folders_that_cannot_be_used(world):
    a_file = world.folder / "a-file"
    a_file.write_text("")
    for folder, why in ((a_file / "below", "Not a directory"), ("/proc/tidemark", "cannot create")):
        world.cluster.ends(world.options.worker, [f"worker.state_dir={folder}"], says=["worker.state_dir", str(folder), why])
    second = world.cluster.start("w2", world.options.worker, ["worker.id=w2", f"worker.state_dir={world.folder / 'shared'}"])
    second.wait_logged("starts, brokers")
    world.cluster.ends(world.options.worker, ["worker.id=w3", f"worker.state_dir={world.folder / 'shared'}"],
                       says=["worker.state_dir", f"is in use by process {second.process.pid}", "of its own"])
    second.terminate()


def a_message_type_of_ones_own(world):
    """Batches of readings by a descriptor set, through restarts of coordinator and worker."""
    world.broker.create_topic("bad-readings", 2)
    file = world.file_of("readings", readings.PIPELINE)
    set_file = world.folder / "readings.pb"
    apply = ("pipeline", "apply", "-f", file)
    world.refused(*apply, says=["source.descriptor_set", str(set_file), "No such file"])
    for content, says in ((b"broken", ["not a FileDescriptorSet", "--include_imports"]),
                          (readings.descriptor_set(message="Batc"), ["no message", "did you mean", "readings.Batc"]),
                          (readings.descriptor_set(fields=18_000), ["at most 524288 are stored"])):
        set_file.write_bytes(content)
        world.refused(*apply, says=["readings.yaml:", *says])
    set_file.write_bytes(readings.descriptor_set())
    world.cluster.apply(file)
    set_file.unlink()
    readings.send(world.broker.bootstrap, "bad-readings", batches=50, first=0)
    world.wait_read("readings", 50)
    world.restart_everything()
    readings.send(world.broker.bootstrap, "bad-readings", batches=50, first=50)
    world.wait_read("readings", 100)
    audit = world.cluster.ask("audit", "bad-readings")
    require(sum(p["events"] for p in audit["partitions"]) == 100 * readings.PER_BATCH, f"each element is an event: {audit}")
    require(sum(p["dead_letter"] for p in audit["partitions"]) == 0, "nothing is dead")


def brokers_that_die(world):
    """Killed under everything that is under way; offsets for lag tools are committed afterwards."""
    world.broker.kill()
    world.worker.wait_logged("no broker of", "kafka.bootstrap_servers and that the brokers run")
    world.broker.start()
    world.generate("bad-good-calls")
    world.wait_read("good", world.sent["bad-good-calls"])
    world.cluster.wait_for("the lag is zero", lambda: world.lag("good", "bad-good-calls") == 0)


SCENARIOS = [nobody_may_do_anything, a_source_that_may_not_be_read, a_healthy_pipeline_beside, a_source_that_is_missing,
             results_that_would_be_refused, rows_of_an_earlier_incarnation, a_right_that_is_taken_away,
             a_result_topic_that_changes, a_source_that_is_deleted, a_full_disk, a_wrong_password, occupied_ports,
             folders_that_cannot_be_used, a_message_type_of_ones_own, brokers_that_die]


def run(options):
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    broker = Broker(options.folder / "kafka", options.port, sasl=True)
    broker.start()
    world = World(options, broker, disk.new(options.folder / "disk"))
    try:
        for scenario in SCENARIOS:
            began = time.monotonic()
            scenario(world)
            world.check()
            say(f"== {scenario.__name__}: {time.monotonic() - began:.1f} s")
        for process in world.cluster.alive():
            process.terminate()
    finally:
        world.cluster.end()
        broker.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for program in ("tidemark", "worker", "coordinator"):
        parser.add_argument(f"--{program}", type=pathlib.Path, required=True)
    parser.add_argument("--crash-worker", help="what all proofs are given; not used here")
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    try:
        run(parser.parse_args())
    except AssertionError as error:
        print_failure(error)
        sys.exit(1)
