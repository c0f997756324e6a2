#!/usr/bin/python3
"""Exactly once while brokers come and go: three of them, every topic on all three, two needed for a write.

Under load one broker is stopped, as in a rolling restart, and another one is killed; --only each does both to every one of them.
The other two take partitions and transactions over, and the pipeline goes on while it is away. Then everything published equals
what the oracle computes from the raw input. PYTHONPATH names the folder of the generated protobuf classes.
"""
import sys

from harness import session
from harness.flow import LANES, Flow
from harness.proof import CONFIG, HERE_PIPELINE, Proof
from harness.waiting import say, wait_for

STEPS = ("stop_one", "kill_one")
# A broker that was killed is missed after broker.session.timeout.ms, 9 s; then it takes a task some seconds.
SECONDS = 60


class Failover(Flow):
    def run(self):
        self.write()
        self.proof.start_worker("through-failovers")
        self.pipeline.follow()
        self.pipeline.wait_read()
        self.go_through(self.proof.options.only or STEPS)
        self.the_rest()

    def stop_one(self):
        self.without(1, self.proof.broker.stop)

    def kill_one(self):
        self.without(2, self.proof.broker.kill)

    def each(self):
        broker = self.proof.broker
        for end in (broker.stop, broker.kill):
            for number in range(1, broker.count + 1):
                self.without(number, end)

    def without(self, number, end):
        """The pipeline goes on while this broker is away, and when it is back."""
        proof, broker = self.proof, self.proof.broker
        self.pipeline.wait_frames(self.write() + LANES)
        end(number)
        say(f"broker {number}: {end.__name__}")
        self.write()
        self.pipeline.wait_read(seconds=SECONDS)
        broker.start(number)
        wait_for("its replicas have caught up", lambda: broker.replicas_out_of_sync() == 0, SECONDS, proof.workers)
        self.write()
        self.pipeline.wait_read(seconds=SECONDS)


class ThreeBrokers(Proof):
    brokers = 3
    config_text = CONFIG + "coordinator: {{replication_factor: 3}}\n"

    def __init__(self, options):
        super().__init__(options)
        text = HERE_PIPELINE.read_text().replace("replication_factor: 1", f"replication_factor: {self.brokers}")
        self.pipeline.file = self.folder / "pipeline.yaml"
        self.pipeline.file.write_text(text)


def scenario(proof):
    proof.generate()
    Failover(proof).run()
    proof.finish().check()


sys.exit(session.run(__doc__, scenario, ThreeBrokers))
