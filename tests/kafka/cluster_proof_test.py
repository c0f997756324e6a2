#!/usr/bin/python3
"""A cluster of processes on a real broker: exactly once through whatever happens to them, while it grows and shrinks.

A coordinator, one to three workers and two pipelines that are applied by the command line. A million hard records arrive
while workers are killed, stopped beyond every timeout and woken, started with an empty disk and started twice, while the
coordinator is away and while everything is killed at once. Then results, late records, dead letters, ledger and audit equal
what the oracle computes from the raw input. PYTHONPATH names the folder of the generated protobuf classes.
"""
import sys

from harness import session
from harness.cluster_faults import ClusterFaults
from harness.cluster_proof import ClusterProof


def scenario(proof):
    proof.generate()
    ClusterFaults(proof).run()
    proof.check(proof.finish())


sys.exit(session.run(__doc__, scenario, ClusterProof))
