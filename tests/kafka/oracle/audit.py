"""Holds what `tidemark audit` says against what the oracle counted."""
from oracle import compare

OF_RECORDS = ("offset", "records", "events", "dead_letter", "lost")
OF_QUERY = ("aggregated", "filtered", "late", "partly_late")


def audit_differences(audit, batch, ends):
    """Sentences; none: every figure of every partition and query is equal."""
    found = []
    wanted = compare.expected_ledger(batch, None, ends)
    said = {(query["query"], partition["partition"]): {**partition, **query}
            for partition in audit["partitions"] for query in partition["queries"]}
    if said.keys() != wanted.keys():
        found.append(f"is about {sorted(said)}, must be about {sorted(wanted)}")
    for key in said.keys() & wanted.keys():
        found += [f"{key}: {name} is {said[key].get(name, 0)}, must be {wanted[key][name]}"
                  for name in OF_RECORDS + OF_QUERY if said[key].get(name, 0) != wanted[key][name]]
    tombstones = {partition["partition"]: partition.get("tombstones", 0) for partition in audit["partitions"]}
    if tombstones != {number: partition.tombstones for number, partition in batch.partitions.items()}:
        found.append(f"tombstones are {tombstones}")
    return found
