"""One query over the judged calls: which call is in which row, and the rows that must have been published."""
from oracle import values as v

FILTERED, LATE, AGGREGATED, KEY_TOO_LARGE = range(4)
MAX_KEY_BYTES = 4_096
NO_TIME = -(1 << 62)


def varint_bytes(value):
    return max(1, -(-value.bit_length() // 7))


def key_bytes(group):
    """Of the canonical key: the grouping id, and of each text a tag, its length and itself."""
    size = 1
    for value in group:
        encoded = b"" if value is None else value.encode()
        size += 1 if value is None else 1 + varint_bytes(len(encoded)) + len(encoded)
    return size


class QueryWindows:
    def __init__(self, query):
        self.query = query
        self.windows = {}       # (end, group) -> ([calls accepted before the end], [calls accepted later])
        self.sound_groups = {}  # group -> itself, so that each is kept and measured once
        self.filtered = self.late = self.aggregated = self.partly_late = 0

    def add(self, call, watermark):
        """(what became of it, the ends of the windows it is late for)"""
        query = self.query
        if not query.where(call):
            self.filtered += 1
            return FILTERED, ()
        group = query.group(call)
        known = self.sound_groups.get(group)
        if known is None:
            if key_bytes(group) > MAX_KEY_BYTES:
                self.filtered += 1
                return KEY_TOO_LARGE, ()
            known = self.sound_groups[group] = group
        too_late, accepted = [], 0
        end = call.time // query.slide * query.slide + query.slide
        while end - query.size <= call.time:
            if watermark >= end + query.lateness:
                too_late.append(end)
            else:
                accepted += 1
                window = self.windows.get((end, known))
                if window is None:
                    window = self.windows[end, known] = ([], [])
                window[watermark >= end].append(call)
            end += query.slide
        if not accepted:
            self.late += 1
            return LATE, too_late
        self.aggregated += 1
        self.partly_late += bool(too_late)
        return AGGREGATED, too_late

    def rows(self, combined):
        """Yields (topic, key, series key, value, finality, revision, trigger time) of each row due at `combined`."""
        query = self.query
        for (end, group), (on_time, late) in self.windows.items():
            if combined < end:
                continue
            due = []
            if query.lateness and on_time:
                due.append(("ON_TIME", 0, on_time, end, True))
            if combined >= end + query.lateness:
                has_row = bool(due)
                changed = bool(late) or not has_row
                due.append(("FINAL", 1 if has_row and late else 0, on_time + late, end + query.lateness, changed))
            yield from self._texts(end, group, due)

    def _texts(self, end, group, due):
        query = self.query
        window = f'"window_start":"{v.time(end - query.size)}","window_end":"{v.time(end)}"'
        columns = ",".join(f"{v.text(name)}:{v.text(value)}" for name, value in zip(query.group_names, group))
        key, series = f"{{{window},{columns}}}".encode(), f"{{{columns}}}".encode()
        for finality, revision, calls, trigger, changed in due:
            value = None
            for topic, revisions in query.sinks:
                if changed if revisions == "all" else finality == "FINAL":
                    if value is None:
                        outputs = ",".join(f"{v.text(name)}:{output(calls)}" for name, output in query.outputs)
                        value = (f'{{{window},{columns},{outputs},"finality":"{finality}",'
                                 f'"revision":{revision}}}').encode()
                    yield topic, key, series, value, finality, revision, trigger
