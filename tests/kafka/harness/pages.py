"""/metrics of a process, and the table of what there is (docs/metrics.md, which a unit test keeps true)."""
import pathlib
import re
import urllib.error
import urllib.request

TABLE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "metrics.md"
SERIES = re.compile(r'^([a-z_]+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-z_]+)="([^"]*)"')


def names(of):
    """Of the metrics that a kind of process ("worker", "coordinator") exports."""
    rows = (line.split(" | ") for line in TABLE.read_text().splitlines() if line.startswith("| `tidemark_"))
    return {row[0].strip("| `") for row in rows if row[3] in (of, "both")}


def get(address, path, method="GET"):
    """(status, text); the status is 0 while nobody answers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(f"http://{address}{path}", method=method), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return 0, ""


class Page:
    def __init__(self, text):
        self.text = text
        self.series = []   # (name, labels, value)
        for found in filter(None, map(SERIES.match, text.splitlines())):
            self.series.append((found[1], dict(LABEL.findall(found[2] or "")), float(found[3])))

    @classmethod
    def of(cls, address):
        """None while the process does not answer."""
        status, text = get(address, "/metrics")
        return cls(text) if status == 200 else None

    def names(self):
        return {line.split()[2] for line in self.text.splitlines() if line.startswith("# TYPE ")}

    def sum(self, name, **labels):
        """Over all series of this name that have these labels; None if there is none."""
        values = [value for n, own, value in self.series if n == name and labels.items() <= own.items()]
        return sum(values) if values else None
