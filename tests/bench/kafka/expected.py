"""What the job must publish, computed once more from the raw input."""
from oracle import calls, topics
from oracle import values as v

MINUTE, OUT_OF_ORDER = 60_000, 30_000
COMPLETED = 3


class Cell:
    __slots__ = ("calls", "completed", "with_state", "connected", "with_connected", "delays")

    def __init__(self):
        self.calls = self.completed = self.with_state = self.connected = self.with_connected = 0
        self.delays = []

    def add(self, call):
        self.calls += 1
        if call.state:
            self.with_state += 1
            self.completed += call.state == COMPLETED
        if call.connected:
            self.connected += call.connected
            self.with_connected += 1
        if call.pdd is not None:
            self.delays.append(call.pdd)

    def columns(self):
        return (f'"calls":{self.calls},"asr":{v.quotient(100 * self.completed, self.with_state)},'
                f'"aloc_s":{v.quotient(self.connected, 1_000 * self.with_connected)},'
                f'"pdd_p95_ms":{v.percentile(self.delays, 95, 100)}')


def rows(bootstrap, topic):
    """({key: value} of every row that the watermarks close, number of records)."""
    cells, watermarks, largest, records = {}, {}, {}, 0
    for partition, record in topics.read(bootstrap, topic):
        records += 1
        fault, time, call = calls.read(record.value)
        if fault:
            raise ValueError(f"{topic}/{partition}@{record.offset}: the input of the benchmark is sound")
        end = time // MINUTE * MINUTE + MINUTE
        if watermarks.get(partition, 0) < end:
            cell = cells.get((end, call.account))
            if cell is None:
                cell = cells[end, call.account] = Cell()
            cell.add(call)
        seen = largest[partition] = max(largest.get(partition, 0), min(time, record.timestamp))
        watermarks[partition] = seen - OUT_OF_ORDER
    combined = min(watermarks.values())
    return {key: value for (end, account), cell in cells.items() if end <= combined
            for key, value in [texts(end, account, cell)]}, records


def texts(end, account, cell):
    head = f'"window_start":"{v.time(end - MINUTE)}","window_end":"{v.time(end)}","account_sid":{v.text(account)}'
    return f"{{{head}}}".encode(), f'{{{head},{cell.columns()},"finality":"FINAL","revision":0}}'.encode()


def differences(bootstrap, topic, expected):
    """Sentences, at most a few; none: every row is there exactly once and equal."""
    found, seen = [], set()
    for partition, record in topics.read(bootstrap, topic):
        if record.key in seen:
            found.append(f"twice: {record.key}")
        seen.add(record.key)
        if expected.get(record.key) != record.value:
            found.append(f"is {record.value}, must be {expected.get(record.key)}")
        if len(found) > 5:
            return found
    return found + [f"missing: {key}" for key in list(expected.keys() - seen)[:5]]
