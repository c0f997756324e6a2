#!/usr/bin/python3
"""A backlog of hours, in partitions of very different size, is caught up from the earliest record, and none of it is late.

Whoever keeps one clock for all partitions drops most of the small ones' records: they are read long before or after the
others' of the same time. Here a record is late only if the order of its own partition made it late.
"""
import sys

from harness import session
from harness.proof import PARTITIONS
from harness.traffic import generate
from harness.waiting import require, say
from oracle import calls, topics
from oracle.batch import MAX_OUT_OF_ORDERNESS, Batch
from oracle.queries import QUERIES

SPAN_SECONDS = 10_000
SHARES = (400, 200, 100, 40, 8, 2)  # of the records, by partition


def write_backlog(proof):
    options = proof.options
    for partition, share in enumerate(SHARES):
        count = options.count * share // sum(SHARES)
        generated = max(count, SPAN_SECONDS)
        [records] = generate(options.tidemark, proof.folder / f"input-{partition}", 1, generated,
                             "--rate", str(generated // SPAN_SECONDS), "--keys", "20", "--late", "500", "--future", "0",
                             "--malformed", "100", "--seed", str(options.seed + partition))
        records = records[::generated // count]
        proof.now = max(proof.now, records[-1][2])
        proof.feed.send(partition, records)
    proof.write_end()
    say(f"a backlog of {proof.feed.sent} records, {proof.pipeline.ends()}")


def late_by_own_order(proof, backlog):
    """Lateness by each partition's own order alone; no idle time, no committed frame has a say."""
    batch = Batch(QUERIES, {partition: [] for partition in range(PARTITIONS)})
    for partition, record in backlog:
        batch.take(partition, record)
    return {(side.partition, side.record.offset, side.queries) for side in batch.late}


def late_by_one_clock(backlog):
    """How many records would be late for every window of a minute if all partitions, read evenly, shared one watermark."""
    queues = [[record for of, record in backlog if of == partition] for partition in range(PARTITIONS)]
    late, largest = 0, 0
    for position in range(max(map(len, queues))):
        for records in queues:
            if position < len(records):
                time = calls.read(records[position].value)[1]
                late += time // 60_000 * 60_000 + 60_000 <= largest - MAX_OUT_OF_ORDERNESS
                largest = max(largest, time)
    return late


def scenario(proof):
    write_backlog(proof)
    proof.start_worker("catching-up")
    proof.pipeline.follow()
    verdict = proof.finish()
    verdict.check(must_be_hard=False)
    backlog = list(topics.read(proof.broker.bootstrap, proof.feed.topic))
    own = late_by_own_order(proof, backlog)
    published = {(side.partition, side.record.offset, side.queries) for side in verdict.batch.late}
    require(own and own == published, f"{len(published)} records are late, {len(own)} by their partition's own order")
    others = late_by_one_clock(backlog)
    require(others > 100 * len(own), f"one clock for all partitions would lose many, not {others}")
    say(f"{len(own)} records are late, each by its own partition's order; one clock for all would have lost {others}")


sys.exit(session.run(__doc__, scenario))
