"""What happens to a cluster during its proof, in order. Each fault waits for progress, and is seen to have happened."""
import time

from harness.cluster_proof import FRAME_BUDGET, TASKS
from harness.flow import LANES, Flow
from harness.proof import MERGES, TRANSACTION_TIMEOUT_SECONDS
from harness.waiting import require, say, wait_for

ONE, THREE, TWO = ("w1",), ("w1", "w2", "w3"), ("w1", "w3")  # the workers, in turn
STEPS = ("steady_load", "kill_one", "zombie", "empty_disk", "coordinator_stands_still", "coordinator_away", "start_one_twice", "kill_everything",
         "idle_partition", "open_upstream_transaction", "scale_in")
LOAD_PORTIONS, LOAD_PARTS = 4, 3   # each part as soon as every lane has committed
WINDOW_MS = 3_000


class ClusterFaults(Flow):
    def __init__(self, proof):
        super().__init__(proof)
        self.cluster = proof.cluster
        self.killed = None  # the worker of kill_one

    def run(self):
        proof, cluster = self.proof, self.cluster
        self.write()
        cluster.start_coordinator()
        self.start_within_budget("w1")
        cluster.wait_leading()
        proof.apply(self.pipeline)
        proof.apply(proof.second)
        cluster.wait_balanced(TASKS, ONE)
        self.scale_out()
        self.go_through(STEPS)
        self.the_rest()

    def start_within_budget(self, worker):
        """With a budget of frames that stretches the commit interval; those that come later have the usual one."""
        self.cluster.start_worker(worker, settings=(f"worker.frame_budget={FRAME_BUDGET}",))

    def in_full_flow(self):
        """Every lane has committed since the last portion, and more of it is on its way."""
        self.pipeline.wait_frames(self.write() + LANES)

    def owner(self, task):
        return next(t["worker"] for t in self.cluster.tasks() if t["name"] == f"{self.pipeline.name}/{task}")

    def wait_moved(self, epochs):
        """Each of these tasks runs under a newer epoch."""
        def moved():
            tasks = {t["name"]: t for t in self.cluster.tasks()}
            return epochs.keys() <= tasks.keys() and all(
                tasks[name]["epoch"] > epoch and tasks[name]["state"] == "RUNNING" for name, epoch in epochs.items())
        self.cluster.wait_for(f"{', '.join(epochs)} run anew", moved)

    def scale_out(self):
        """One worker becomes three under load."""
        before = self.cluster.tasks_of("w1")
        require(len(before) == TASKS, f"one worker has all tasks: {before}")
        self.in_full_flow()
        self.start_within_budget("w2")
        self.start_within_budget("w3")
        self.write()
        self.cluster.wait_balanced(TASKS, THREE)
        kept = self.cluster.tasks_of("w1").items() & before.items()
        require(kept == self.cluster.tasks_of("w1").items(), "what stays does not move")
        self.proof.wait_read()

    def steady_load(self):
        """What a while without faults costs the broker; the lanes keep to their budget of frames."""
        proof, frames = self.proof, self.pipeline.frames
        known, cpu, sent = len(frames.appended()), proof.broker_seconds(), proof.feed.sent
        for _ in range(LOAD_PORTIONS):
            for part in range(LOAD_PARTS):
                before = frames.count()
                proof.write_part(self.portion, part, LOAD_PARTS)
                self.pipeline.wait_frames(before + LANES)
            self.portion += 1
        cpu, sent = proof.broker_seconds() - cpu, proof.feed.sent - sent
        times = frames.appended()[known:]
        most = max(sum(1 for at in times if first <= at < first + WINDOW_MS) for first in times)
        seconds = (times[-1] - times[0]) / 1_000
        say(f"{sent} events in {seconds:.1f} s: the broker used {cpu * 1e6 / sent:.0f} us of CPU for each; "
            f"{len(times) * MERGES / seconds:.1f} frames a second, at most {most * MERGES * 1_000 / WINDOW_MS:.1f}")
        # Each lane may commit at both ends of such a window.
        require((most - LANES) * MERGES * 1_000 <= FRAME_BUDGET * WINDOW_MS,
                f"of a budget of {FRAME_BUDGET} frames a second no more are used, not {most * MERGES} in {WINDOW_MS} ms")
        proof.wait_read()

    def kill_one(self):
        """kill -9; it comes back with its disk, to stop by itself in the middle of a commit."""
        victim = self.owner("lane-0")
        self.in_full_flow()
        lost = self.cluster.tasks_of(victim)
        self.cluster.workers[victim].kill()
        self.wait_moved(lost)
        self.write()
        self.proof.wait_read()
        self.killed = victim

    def zombie(self):
        """Stopped in the middle of a commit, beyond session and transaction timeouts; woken when others have its tasks."""
        if not self.killed:
            self.kill_one()
        zombie = self.cluster.start_worker(self.killed, self.proof.options.crash_worker,
                                           {"CRASH_AT": "before-commit,lane-,4,stop"})
        self.cluster.wait_balanced(TASKS, THREE)
        lost = self.cluster.tasks_of(self.killed)
        require(any("lane" in task for task in lost), f"it has a lane: {lost}")
        while not zombie.logged("crash at"):
            self.write()
            self.proof.wait_read()
        stopped = time.monotonic()
        self.wait_moved(lost)
        self.write()
        self.proof.wait_read()
        wait_for("its transactions have timed out", lambda: time.monotonic() > stopped + TRANSACTION_TIMEOUT_SECONDS + 1)
        require(zombie.is_stopped(), "it stands still until now")
        zombie.wake()
        zombie.wait_logged("fenced")
        self.cluster.wait_balanced(TASKS, THREE)
        self.write()
        self.proof.wait_read()

    def empty_disk(self):
        """A worker that is killed and starts anew without what it had stored."""
        victim = self.owner("merge-0")
        self.in_full_flow()
        self.cluster.workers[victim].kill()
        self.cluster.empty_disk(victim)
        anew = self.cluster.start_worker(victim)
        anew.wait_logged("merge", "is restored from", "of the shuffle log")
        self.cluster.wait_balanced(TASKS, THREE)
        self.write()
        self.proof.wait_read()

    def coordinator_stands_still(self):
        """Its connections stay open; workers give them up and go on. Woken it finds them all again, and moves nothing."""
        workers = list(self.cluster.workers.values())
        self.in_full_flow()
        epochs = self.cluster.epochs()
        self.cluster.coordinator.pause()
        self.cluster.wait_for("every worker has given its session up", lambda: all(w.logged("it said nothing for") for w in workers))
        self.write()
        self.proof.wait_read()
        require(self.cluster.coordinator.is_stopped(), "it stands still until now")
        self.cluster.coordinator.wake()
        self.cluster.wait_balanced(TASKS, THREE)
        require(self.cluster.epochs() == epochs, f"every task stays where it is: {epochs}, {self.cluster.epochs()}")

    def coordinator_away(self):
        """Workers go on without it; started again it moves nothing."""
        self.in_full_flow()
        epochs = self.cluster.epochs()
        self.cluster.coordinator.kill()
        self.write()
        self.proof.wait_read()
        require(self.cluster.tidemark("health").returncode != 0, "there is no coordinator")
        self.cluster.start_coordinator()
        self.cluster.wait_leading()
        self.cluster.wait_balanced(TASKS, THREE)
        require(self.cluster.epochs() == epochs, f"every task stays where it is: {epochs}, {self.cluster.epochs()}")

    def start_one_twice(self):
        """Another process with the id of a living worker replaces it, and the first one says why it ends."""
        first = self.cluster.workers["w2"]
        lost = self.cluster.tasks_of("w2")
        self.in_full_flow()
        first.expected_end = True
        self.cluster.start_worker("w2", disk=self.proof.folder / "disk-of-the-second-w2")
        code = first.wait(60)
        require(code == 1 and first.logged("worker 'w2' ends: another process with this id is at work"),
                f"the first one ends with 1 and says why, not with {code}:\n{first.tail()}")
        self.wait_moved(lost)
        self.cluster.wait_balanced(TASKS, THREE)

    def kill_everything(self):
        """kill -9 of every process, and all are started again."""
        self.in_full_flow()
        epochs = self.cluster.epochs()
        for process in self.cluster.alive():
            process.kill()
        self.write()
        for worker in THREE:
            self.cluster.start_worker(worker)
        self.cluster.start_coordinator()
        self.cluster.wait_leading()
        self.wait_moved(epochs)
        self.cluster.wait_balanced(TASKS, THREE)
        self.proof.wait_read()

    def scale_in(self):
        """Three workers become two under load: one is told to end."""
        self.in_full_flow()
        lost = self.cluster.tasks_of("w2")
        self.cluster.terminate(self.cluster.workers["w2"])
        self.wait_moved(lost)
        self.cluster.wait_balanced(TASKS, TWO)
        self.write()
        self.proof.wait_read()
