"""The heads of committed frames (docs/formats/frame.md): which watermark each said where, and that none is missing.

Blocks, which hold partial results, are not read.
"""
NO_W, IDLE = 1, 2
COUNTERS = 8
QUERY_COUNTERS = 5


def leb128(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def decode(data):
    """(lane, sequence, epoch, part, parts, [(source, from, to, flags, watermark or None)])"""
    if data[:4] != b"TMF1" or data[4] != 1:
        raise ValueError(f"not a frame of version 1: {data[:8]!r}")
    at = 14
    head = []
    for _ in range(6):  # plan version, lane, sequence, epoch, part, parts
        value, at = leb128(data, at)
        head.append(value)
    count, at = leb128(data, at)
    sections = []
    for _ in range(count):
        source, at = leb128(data, at)
        begin, at = leb128(data, at)
        to, at = leb128(data, at)
        flags, at = data[at], at + 1
        watermark = None
        if not flags & NO_W:
            zigzag, at = leb128(data, at)
            watermark = zigzag >> 1 ^ -(zigzag & 1)
        for _ in range(COUNTERS):
            _, at = leb128(data, at)
        queries, at = leb128(data, at)
        for _ in range(queries * (1 + QUERY_COUNTERS)):
            _, at = leb128(data, at)
        sections.append((source, begin, to, flags, watermark))
    return (*head[1:], sections)


class FrameHistory:
    """What the committed frames of one shuffle partition said, in order. Written by one thread."""

    def __init__(self):
        self.sections = {}   # source -> [(to, is_idle, watermark or None)]
        self.last = {}       # lane -> (sequence, epoch)
        self.position = {}   # source -> to
        self.frames = self.idle_frames = self.duplicates = 0
        self.problems = []

    def take(self, data):
        lane, sequence, epoch, part, parts, sections = decode(data)
        if part + 1 < parts:
            return
        last_sequence, last_epoch = self.last.get(lane, (0, 0))
        if sequence == last_sequence and all(self.position.get(s) == to for s, _, to, _, _ in sections):
            self.duplicates += 1
            return
        if sequence != last_sequence + 1 or epoch < last_epoch:
            self.problems.append(f"lane {lane}: frame {sequence} of epoch {epoch} after {last_sequence} of {last_epoch}")
        self.last[lane] = sequence, epoch
        self.frames += 1
        for source, begin, to, flags, watermark in sections:
            if begin != self.position.get(source, begin):
                self.problems.append(f"lane {lane}: frame {sequence} begins source {source} at {begin}, "
                                     f"the one before ended at {self.position[source]}")
            self.position[source] = to
            self.idle_frames += bool(flags & IDLE)
            self.sections.setdefault(source, []).append((to, bool(flags & IDLE), watermark))
