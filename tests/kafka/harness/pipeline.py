"""One pipeline under test: progress for the faults to wait for, and when everything of it is published."""
import pathlib
import re
from dataclasses import dataclass, field

from harness.broker import Broker
from harness.follower import Frames, Ledger
from harness.waiting import require, say, wait_for
from oracle import compare, topics

COMPLETE_SECONDS = 120


@dataclass
class Pipeline:
    broker: Broker
    cluster: str
    name: str
    file: pathlib.Path
    input: str
    partitions: int   # of the input
    merges: int
    queries: tuple
    processes: list   # those that work for it; whoever waits notices that one of them ended
    frames: Frames = None
    ledger: Ledger = None
    incarnation: str = None
    final_ends: dict = field(default_factory=dict)

    def internal_topic(self, name):
        return f"__tidemark.{self.cluster}.{self.name}.{self.incarnation}.{name}"

    def follow(self):
        """Once it is being created."""
        pattern = re.compile(rf"__tidemark\.{self.cluster}\.{self.name}\.([0-9a-z]{{8}})\.shuffle$")
        found = wait_for("the shuffle topic is there", lambda: [m for m in map(pattern.match, self.broker.topics()) if m],
                         watch=self.processes)
        require(len(found) == 1, f"{self.name} was created once")
        self.incarnation = found[0].group(1)
        self.frames = Frames(self.broker.bootstrap, self.internal_topic("shuffle"))
        ledger = f"{self.name}.ledger"
        count = wait_for("the ledger topic is there", lambda: self.broker.topics().get(ledger), watch=self.processes)
        self.ledger = Ledger(self.broker.bootstrap, ledger, range(count))

    def watched(self):
        return [*self.processes, self.frames, self.ledger]

    def ends(self):
        """{partition: high watermark of the input}"""
        return topics.ends(self.broker.bootstrap, self.input)

    def wait_frames(self, count):
        """Until so many frames in all are committed."""
        wait_for(f"{count} frames are committed", lambda: self.frames.count() >= count, watch=self.watched())

    def wait_read(self, partitions=None, seconds=60):
        """Everything written so far to those partitions is in committed frames."""
        ends = self.ends()
        def behind():
            positions = self.frames.positions()
            return {p: ends[p] - positions.get(p, 0) for p in partitions or ends if positions.get(p, 0) < ends[p]}
        wait_for(f"everything written is in committed frames of {self.name}", lambda: not behind(), seconds, self.watched())

    def wait_complete(self):
        """Everything is published and announced."""
        self.final_ends = self.ends()
        try:
            wait_for(f"everything of {self.name} is published and announced", self.is_complete, COMPLETE_SECONDS, self.watched())
        except AssertionError:
            say(f"ends {self.final_ends}, frames {self.frames.positions()}, watermark {self.frames.combined()}")
            say(f"ledger {self.ledger.records()}")
            raise

    def is_complete(self):
        """The ledger announces everything that the committed watermarks close, for every source and every merge."""
        combined = self.frames.combined()
        if combined is None or any(self.frames.positions().get(p) != end for p, end in self.final_ends.items()):
            return False
        wanted = {query.name: compare.closed(query, combined) for query in self.queries}
        offsets, closed = {}, set()
        for key, value in self.ledger.records():
            if "topic" in key:
                offsets[key["query"], key["partition"]] = value["offset"]
            elif wanted[key["query"]].items() <= value.items():
                closed.add((key["query"], key["partition"]))
        return (len(closed) == len(self.queries) * self.merges
                and len(offsets) == len(self.queries) * self.partitions
                and all(offset == self.final_ends[partition] for (_, partition), offset in offsets.items()))

    def stop(self):
        self.frames.stop()
        self.ledger.stop()
        say(f"everything of {self.name} is published; {self.frames.count()} frames, "
            f"{self.frames.history.idle_frames} idle sections")
