"""The input of a run, portion by portion, and what is wrong with it that no process is to blame for."""
from harness.proof import INPUT, PARTITIONS
from harness.traffic import UpstreamTransaction, planted
from harness.waiting import require, say, wait_for

IDLE_ONE, OPEN_ONE = 5, 4   # the partition that falls idle, and the one that somebody's transaction blocks
LANES = 3


class Flow:
    def __init__(self, proof):
        self.proof = proof
        self.pipeline = proof.pipeline
        self.portion = 0
        self.held = []  # portions that the idle partition has not got yet

    def write(self, hold=False):
        """Writes the next portion. Returns how many frames were seen before: every lane commits one more at least."""
        proof = self.proof
        before = self.pipeline.frames.count() if self.pipeline.frames else 0
        if hold:
            self.held.append(self.portion)
            proof.write(self.portion, [p for p in range(PARTITIONS) if p != IDLE_ONE])
        else:
            proof.write(self.portion)
        self.portion += 1
        return before

    def go_through(self, steps):
        """Those of `steps` that the command line asks for."""
        for step in steps:
            if step in (self.proof.options.only or steps):
                say(step.replace("_", " "))
                getattr(self, step)()

    def idle_partition(self):
        """It receives nothing, is proven idle and passed by; then it receives what it was due long ago."""
        proof = self.proof
        for _ in range(3):
            self.write(hold=True)
            self.pipeline.wait_read()
        wait_for("its owner commits that it is idle", lambda: self.pipeline.frames.is_idle(IDLE_ONE), watch=self.pipeline.watched())
        for number in self.held:
            proof.write(number, [IDLE_ONE])
        self.write()
        self.pipeline.wait_read()

    def open_upstream_transaction(self):
        """Somebody's transaction stays open, with data of others behind it: no idle, and the state says why."""
        proof = self.proof
        upstream = UpstreamTransaction(proof.broker.bootstrap, "upstream", INPUT)
        committed, aborted = planted(proof.now), planted(proof.now + 1_000)
        upstream.begin(OPEN_ONE, committed)
        upstream.commit()
        upstream.begin(OPEN_ONE, aborted)
        position = self.pipeline.ends()[OPEN_ONE] - len(aborted)
        self.write()
        others = [p for p in range(PARTITIONS) if p != OPEN_ONE]
        self.pipeline.wait_read(others)
        wait_for("the others fall idle", lambda: all(map(self.pipeline.frames.is_idle, others)), watch=self.pipeline.watched())
        proof.wait_logged(f"{INPUT}/{OPEN_ONE} is BLOCKED_BY_OPEN_TRANSACTION")
        require(not self.pipeline.frames.is_idle(OPEN_ONE), "a partition with an open transaction is not idle")
        require(self.pipeline.frames.positions()[OPEN_ONE] <= position, "nothing is read beyond an open transaction")
        upstream.abort()
        self.pipeline.wait_read()
        say("read on behind the aborted transaction")

    def the_rest(self):
        while self.portion < self.proof.portions:
            self.write()
        self.proof.write_end()
