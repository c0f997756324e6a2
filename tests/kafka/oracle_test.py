#!/usr/bin/python3
"""The oracle agrees with `tidemark run` on generated files, and disagrees as soon as one row is changed.

usage: oracle_test.py TIDEMARK GENERATED_PYTHON
"""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), sys.argv[2]]

from oracle import calls, compare, queries, values  # noqa: E402
from oracle.batch import FOREVER, Batch, Record  # noqa: E402
from oracle.frames import FrameHistory  # noqa: E402

PARTITIONS = 3


def check(condition, sentence):
    if not condition:
        sys.exit(f"not so: {sentence}")
    print(f"ok: {sentence}")


def records(path):
    data, at, offset = path.read_bytes(), 0, 0
    while at < len(data):
        size, at = calls.varint(data, at)
        yield Record(offset, -1, None, data[at:at + size])
        at, offset = at + size, offset + 1


def published_rows(folder, topic):
    return sorted((folder / f"{topic}.ndjson").read_bytes().splitlines())


def differences_of(rows, expected):
    """Each row of `rows` against the oracle's, keys and headers apart, which files do not have."""
    by_value = {value: (key, revision) for (key, revision), (_, value, *_) in expected.items()}
    found = compare.Differences()
    comparer = compare.RowComparer("file", expected, 1, "p", "i", found)
    for row in rows:
        key, revision = by_value.get(row, (row, 0))
        query, _, _, finality, _ = expected.get((key, revision), ("", None, None, "", 0))
        comparer.take(0, Record(0, -1, key, row, compare.row_headers("p", "i", query, revision, finality)))
    comparer.finish()
    return {kind: count for kind, count in found.counts.items() if not kind.startswith("a row behind")}


def run(folder):
    tidemark = sys.argv[1]
    subprocess.run([tidemark, "generate", "--out", folder / "in.pb", "--partitions", str(PARTITIONS), "--count", "60000",
                    "--rate", "40", "--keys", "40", "--late", "30000", "--malformed", "2000", "--seed", "7"], check=True)
    files = sorted(folder.glob("in*.pb"))
    check(len(files) == PARTITIONS, "one file per partition")
    subprocess.run([tidemark, "run", HERE / "proof.yaml", "--input", *files, "--output", folder], check=True)
    batch = Batch(queries.QUERIES, {number: [] for number in range(PARTITIONS)})
    for number, path in enumerate(files):
        for record in records(path):
            batch.take(number, record)
    return batch, compare.expected_rows(batch, FOREVER)


def check_planted(topic, rows, expected):
    check(differences_of(rows[1:], expected) == {"a missing row": 1}, f"{topic}: a dropped row is noticed")
    check(differences_of(rows + rows[:1], expected) == {"a row published twice": 1}, f"{topic}: a doubled row is noticed")
    changed = rows[0].replace(b'"calls":', b'"calls":1').replace(b'"completed":', b'"completed":1')
    check(differences_of([changed] + rows[1:], expected) == {"a row that must not be there": 1, "a missing row": 1},
          f"{topic}: a changed value is noticed")


def check_rows(folder):
    batch, expected = run(folder)
    check(sum(len(rows) for rows in expected.values()) > 5_000, "there are rows enough to speak of")
    check(any(key[1] == 1 for key in expected["proof-minutes"]), "some rows are revised")
    check(len(batch.late) > 100 and len(batch.dead) > 20, "some records are late and some are dead")
    for topic, rows in expected.items():
        published = published_rows(folder, topic)
        wanted = sorted(value for _, value, *_ in rows.values())
        for is_row, must_be in zip(published, wanted):
            check(is_row == must_be, f"{topic}: {is_row} equals {must_be}") if is_row != must_be else None
        check(len(published) == len(wanted), f"{topic}: {len(published)} rows, {len(wanted)} expected, all equal")
        check(differences_of(published, rows) == {}, f"{topic}: nothing differs")
        check_planted(topic, published, rows)


def check_frames():
    """The example of docs/formats/frame.md, and a gap after it."""
    lines = (HERE / "../../docs/formats/frame.md").read_text().split("```hex\n")[1].split("```")[0].splitlines()
    frame = bytes.fromhex("".join(line.split("#")[0] for line in lines))
    history = FrameHistory()
    history.last[1] = (299, 5)
    history.take(frame)
    check(history.sections == {1: [(1010, False, 1764064800000)], 3: [(40, True, None)]} and not history.problems,
          "a frame's watermarks are read")
    history.take(frame)
    check(history.duplicates == 1 and not history.problems, "an exact duplicate is no gap")
    history.last[1] = (297, 5)
    history.take(frame)
    check(len(history.problems) == 2, "a missing frame is noticed")


def check_values():
    check(values.partition_of(b"21", 1 << 30) == (-973932308 & 0x7FFFFFFF) % (1 << 30), "murmur2 as in Kafka's own test")
    check(values.partition_of(b"foobar", 1 << 30) == (-790332482 & 0x7FFFFFFF) % (1 << 30), "murmur2 of six bytes")
    check(values.quotient(1, 3) == "0.333333" and values.quotient(1, 2_000_000) == "0.000001", "halves round away")
    check(values.time(1764064800000) == "2025-11-25T10:00:00Z" and values.time(-1).endswith("59.999Z"), "times floor")


def main():
    check_values()
    check_frames()
    with tempfile.TemporaryDirectory() as folder:
        check_rows(pathlib.Path(folder))


main()
