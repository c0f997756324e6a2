"""The queries of proof.yaml in plain Python: what each computes of the calls of one window and group."""
from dataclasses import dataclass
from typing import Callable

from oracle import calls as c
from oracle import values as v

MINUTE = 60_000
COMPLETED, FAIL, UNDIALED = 3, 5, 8


@dataclass
class Query:
    name: str
    size: int
    slide: int
    lateness: int
    where: Callable
    group: Callable      # call -> tuple
    group_names: tuple
    outputs: tuple       # (name, calls -> JSON text)
    sinks: tuple         # (topic, "all" | "final")


def count_if(rows, condition):
    return sum(1 for row in rows if condition(row))


def delays(rows):
    return [row.pdd for row in rows if row.pdd is not None]


def answer_seizure_ratio(rows):
    return v.quotient(100 * count_if(rows, lambda r: r.state == COMPLETED), count_if(rows, lambda r: r.state))


def length_of_call(rows):
    connected = [row.connected for row in rows if row.connected]
    return v.quotient(sum(connected), 1_000 * len(connected))


def tag_counts(rows):
    counts = {}
    for row in rows:
        for tag in row.tags:
            name = c.tag_name(tag)
            counts[name] = counts.get(name, 0) + 1
    return "{" + ",".join(f"{v.text(name)}:{counts[name]}" for name in sorted(counts)) + "}"


def failed_percent(rows):
    return v.quotient(100 * count_if(rows, lambda r: r.state in (FAIL, UNDIALED)), count_if(rows, lambda r: r.state))


def server_errors(rows):
    return str(count_if(rows, lambda r: r.sip >= 500))


def average_delay(rows):
    values = delays(rows)
    return v.quotient(sum(values), len(values))


def least_delay(rows):
    values = delays(rows)
    return str(min(values)) if values else "null"


def total(rows):
    return str(len(rows))


def delay_p95(rows):
    return v.percentile(delays(rows), 95, 100)


QUERIES = (
    Query("asr_by_account_country", MINUTE, MINUTE, 0,
          where=lambda call: call.summary,
          group=lambda call: (call.account, call.country), group_names=("account_sid", "country"),
          outputs=(("calls", total), ("asr", answer_seizure_ratio), ("aloc_s", length_of_call),
                   ("pdd_p95_ms", delay_p95), ("tags", tag_counts)),
          sinks=(("proof-asr", "all"),)),
    Query("carrier_health", 5 * MINUTE, MINUTE, 0,
          where=lambda call: call.state and call.carrier,
          group=lambda call: (call.carrier, call.country), group_names=("carrier_sid", "to_country"),
          outputs=(("calls", total), ("asr", answer_seizure_ratio), ("failed_percent", failed_percent),
                   ("server_errors", server_errors), ("pdd_avg_ms", average_delay), ("pdd_p95_ms", delay_p95)),
          sinks=(("proof-carriers", "final"),)),
    Query("minutes_by_account", 5 * MINUTE, 5 * MINUTE, 10 * MINUTE,
          where=lambda call: call.summary,
          group=lambda call: (call.account,), group_names=("account_sid",),
          outputs=(("completed", lambda rows: str(count_if(rows, lambda r: r.state == COMPLETED))),
                   ("connected_ms", lambda rows: str(sum(r.connected for r in rows))),
                   ("longest_ms", lambda rows: str(max(r.connected for r in rows)))),
          sinks=(("proof-minutes", "all"),)),
    Query("country_revisions", 2 * MINUTE, MINUTE, MINUTE,
          where=lambda call: True,
          group=lambda call: (call.country,), group_names=("country",),
          outputs=(("calls", total), ("pdd_least_ms", least_delay)),
          sinks=(("proof-revisions", "all"), ("proof-countries", "final"))),
)
