"""What goes wrong during the proof, in order. Each fault waits for progress, and is seen to have happened."""
import time

from harness import transactions
from harness.proof import CLUSTER, INPUT, PARTITIONS, PIPELINE, PORTIONS, TRANSACTION_TIMEOUT_SECONDS
from harness.traffic import UpstreamTransaction, planted
from harness.waiting import require, say, wait_for

IDLE_ONE, OPEN_ONE = 5, 4   # the partition that falls idle, and the one that somebody's transaction blocks
LANES = 3
# (environment of the crash worker, what it says): each kill is at another point of a commit.
COMMIT_POINTS = ()


class Faults:
    def __init__(self, proof):
        self.proof = proof
        self.portion = 0
        self.held = []  # portions that the idle partition has not got yet

    def write(self, hold=False):
        proof = self.proof
        if hold:
            self.held.append(self.portion)
            proof.write(self.portion, [p for p in range(PARTITIONS) if p != IDLE_ONE])
        else:
            proof.write(self.portion)
        self.portion += 1

    def run(self):
        proof = self.proof
        self.write()
        proof.start_worker("first", disk="a")
        proof.follow()
        proof.wait_read()
        self.kill_at_commit_points()
        self.kill_in_full_flow()
        self.old_disk_then_empty_disk()
        self.zombie()
        self.broker_restarts()
        self.idle_partition()
        self.open_upstream_transaction()
        self.delayed_end()
        self.the_rest()

    def worker(self):
        return self.proof.workers[-1]

    def kill_at_commit_points(self):
        proof = self.proof
        self.worker().kill()
        for number, (environment, said) in enumerate(COMMIT_POINTS):
            self.write()
            crashing = proof.start_worker(f"crash-{number}", "a", proof.options.crash_worker, environment)
            crashing.wait_killed()
            require(crashing.logged(said), f"crash-{number} says where it dies: {said}")
            say(f"killed itself at a commit point: {environment}")

    def kill_in_full_flow(self):
        proof = self.proof
        proof.start_worker("second", "a")
        self.write()
        proof.wait_frames(LANES * 3)
        self.worker().kill()

    def old_disk_then_empty_disk(self):
        proof = self.proof
        old = proof.start_worker("old-disk", "a")
        old.wait_logged("restored", "checkpoint")
        self.write()
        proof.wait_read()
        old.kill()
        empty = proof.start_worker("empty-disk", "b")
        empty.wait_logged("restored", "shuffle")
        self.write()
        proof.wait_frames(LANES * 2)

    def zombie(self):
        """Stopped while it works, for longer than its transactions live; its successor is at work when it wakes."""
        proof = self.proof
        zombie = self.worker()
        epochs = proof.frames.epochs()
        self.write()
        zombie.pause()
        paused = time.monotonic()
        proof.start_worker("successor", "c")
        wait_for("every lane has a newer owner", lambda: all(
            epoch > epochs[lane] for lane, epoch in proof.frames.epochs().items()), watch=proof.watched())
        proof.wait_read()
        wait_for("the zombie's transactions have timed out", lambda: time.monotonic() > paused + TRANSACTION_TIMEOUT_SECONDS + 1)
        self.write()
        zombie.wake()
        zombie.wait_logged("fenced")
        proof.wait_read()
        require(zombie.process.poll() is None, "a fenced worker goes on")
        zombie.terminate()

    def broker_restarts(self):
        proof = self.proof
        for stop, said in ((proof.broker.stop, "stopped cleanly"), (proof.broker.kill, "killed")):
            self.write()
            proof.wait_frames(LANES)
            stop()
            say(f"broker {said}")
            self.worker().check()
            proof.broker.start()
            self.write()
            proof.wait_read(seconds=120)

    def idle_partition(self):
        """It receives nothing, is proven idle and passed by; then it receives what it was due long ago."""
        proof = self.proof
        for _ in range(3):
            self.write(hold=True)
            proof.wait_read()
        wait_for("its owner commits that it is idle", lambda: proof.frames.is_idle(IDLE_ONE), watch=proof.watched())
        for number in self.held:
            proof.write(number, [IDLE_ONE])
        self.write()
        proof.wait_read()

    def open_upstream_transaction(self):
        """Somebody's transaction stays open, with data of others behind it: no idle, and the state says why."""
        proof = self.proof
        upstream = UpstreamTransaction(proof.broker.bootstrap, "upstream", INPUT)
        committed, aborted = planted(proof.now), planted(proof.now + 1_000)
        upstream.begin(OPEN_ONE, committed)
        upstream.commit()
        upstream.begin(OPEN_ONE, aborted)
        position = proof.ends()[OPEN_ONE] - len(aborted)
        self.write()
        others = [p for p in range(PARTITIONS) if p != OPEN_ONE]
        proof.wait_read(others)
        wait_for("the others fall idle", lambda: all(map(proof.frames.is_idle, others)), watch=proof.watched())
        self.worker().wait_logged("BLOCKED_BY_OPEN_TRANSACTION", f"{INPUT}/{OPEN_ONE}")
        require(not proof.frames.is_idle(OPEN_ONE), "a partition with an open transaction is not idle")
        require(proof.frames.positions()[OPEN_ONE] <= position, "nothing is read beyond an open transaction")
        upstream.abort()
        proof.wait_read()
        say("read on behind the aborted transaction")

    def delayed_end(self):
        """The request that ends a transaction of an earlier owner arrives when a later one is at work."""
        proof = self.proof
        port = proof.broker.port
        name = f"tidemark.{CLUSTER}.{PIPELINE}.{proof.incarnation}.lane-0"
        self.check_that_such_a_request_is_understood(port)
        old = transactions.describe(port, name)
        require(old is not None, f"the broker knows {name}")
        self.worker().kill()
        self.write()
        proof.start_worker("last", "c")
        wait_for("another producer owns the transactional id",
                 lambda: transactions.describe(port, name)[:2] != old[:2], watch=proof.watched())
        proof.wait_frames(LANES)
        answers = {transactions.end(port, name, *old[:2], commit) for commit in (True, False)}
        require(answers <= transactions.REFUSED_AS_OLD, f"a delayed EndTxn is refused as fenced, not answered {answers}")
        say(f"a delayed EndTxn of {old} was refused with {answers}")

    def check_that_such_a_request_is_understood(self, port):
        mine = UpstreamTransaction(self.proof.broker.bootstrap, "raw-end", INPUT)
        mine.begin(0, planted(self.proof.now))
        producer_id, epoch, state = transactions.describe(port, "raw-end")
        require(state == "Ongoing", f"the transaction is open, not {state}")
        answer = transactions.end(port, "raw-end", producer_id, epoch)
        require(answer == transactions.NONE, f"the broker takes the same request from its owner, not {answer}")

    def the_rest(self):
        while self.portion < PORTIONS:
            self.write()
        self.proof.write_end()
