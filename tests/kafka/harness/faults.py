"""What goes wrong during the proof, in order. Each fault waits for progress, and is seen to have happened."""
import time

from harness import transactions
from harness.flow import LANES, Flow
from harness.proof import CLUSTER, INPUT, PIPELINE, TRANSACTION_TIMEOUT_SECONDS
from harness.traffic import UpstreamTransaction, planted
from harness.waiting import require, say, wait_for

# Of crash_worker.cc: where, whose transaction, which of them. The first of each task is its claim.
COMMIT_POINTS = ("before-commit,lane-,5", "after-commit,lane-1,3", "in-commit,lane-,4", "after-commit,merge-,1",
                 "before-commit,merge-,6", "after-commit,merge-,7", "in-commit,merge-2,3")
ZOMBIE_POINTS = ("before-commit,lane-,5,stop", "before-commit,merge-,6,stop")
STEPS = ("kill_at_commit_points", "kill_in_full_flow", "old_disk_then_empty_disk", "zombies", "broker_restarts", "idle_partition",
         "open_upstream_transaction", "delayed_end")


class Faults(Flow):
    def run(self):
        proof = self.proof
        self.write()
        proof.start_worker("first", disk="a")
        self.pipeline.follow()
        self.pipeline.wait_read()
        self.go_through(STEPS)
        if self.worker().expected_end:
            proof.start_worker("last of all", "c")
        self.the_rest()

    def worker(self):
        return self.proof.workers[-1]

    def kill_worker(self):
        if not self.worker().expected_end:
            self.worker().kill()

    def kill_at_commit_points(self):
        proof = self.proof
        self.kill_worker()
        for point in COMMIT_POINTS:
            crashing = proof.start_crash_worker(point, "a")
            self.write()
            crashing.wait_killed()
            require(crashing.logged("crash at"), f"it says where it dies:\n{crashing.tail()}")
            say(crashing.logged("crash at"))

    def kill_in_full_flow(self):
        proof = self.proof
        self.kill_worker()
        proof.start_worker("second", "a")
        self.pipeline.wait_frames(self.write() + LANES)
        self.kill_worker()

    def old_disk_then_empty_disk(self):
        proof = self.proof
        self.kill_worker()
        old = proof.start_worker("old-disk", "a")
        old.wait_logged("restored", "checkpoint")
        self.write()
        self.pipeline.wait_read()
        old.kill()
        empty = proof.start_worker("empty-disk", "b")
        empty.wait_logged("restored", "shuffle")
        self.pipeline.wait_frames(self.write() + LANES)

    def zombies(self):
        """Stopped in the middle of a commit, for longer than transactions live; the successor is at work when it wakes."""
        self.kill_worker()
        for point in ZOMBIE_POINTS:
            self.zombie(point)

    def zombie(self, point):
        proof = self.proof
        zombie = proof.start_crash_worker(point, "z")
        self.write()
        zombie.wait_logged("crash at")
        stopped = time.monotonic()
        epochs = self.pipeline.frames.epochs()
        successor = proof.start_worker(f"successor of {point.split(',')[1]}1", "c")
        self.write()  # for each lane: one that has read all writes no frame
        wait_for("every lane has a newer owner", lambda: all(
            epoch > epochs[lane] for lane, epoch in self.pipeline.frames.epochs().items()), watch=[successor, self.pipeline.frames])
        self.pipeline.wait_read()
        wait_for("the zombie's transactions have timed out", lambda: time.monotonic() > stopped + TRANSACTION_TIMEOUT_SECONDS + 1)
        zombie.wake()
        zombie.expected_end = True  # with a coordinator in its own process it may end, as another leads
        zombie.wait_logged("fenced")
        self.write()
        self.pipeline.wait_read()
        zombie.end()
        successor.kill()

    def broker_restarts(self):
        proof = self.proof
        self.kill_worker()
        proof.start_worker("through-restarts", "c")
        for stop, said in ((proof.broker.stop, "stopped cleanly"), (proof.broker.kill, "killed")):
            self.pipeline.wait_frames(self.write() + LANES)
            stop()
            say(f"broker {said}")
            self.worker().check()
            proof.broker.start()
            self.write()
            self.pipeline.wait_read(seconds=120)

    def delayed_end(self):
        """The request that ends a transaction of an earlier owner arrives when a later one is at work."""
        proof = self.proof
        port = proof.broker.port
        name = f"tidemark.{CLUSTER}.{PIPELINE}.{self.pipeline.incarnation}.lane-0"
        self.check_that_such_a_request_is_understood(port)
        old = transactions.describe(port, name)
        require(old is not None, f"the broker knows {name}")
        self.kill_worker()
        before = self.write()
        proof.start_worker("last", "c")
        wait_for("another producer owns the transactional id",
                 lambda: transactions.describe(port, name)[:2] != old[:2], watch=self.pipeline.watched())
        self.pipeline.wait_frames(before + LANES)
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
