#!/usr/bin/python3
"""Exactly once on a real broker, through crashes, zombies and the broker's own restarts.

A million hard records go through worker processes that are killed, stopped, woken and started on empty disks while the
broker is restarted under them. Then everything published equals what the oracle computes from the raw input. Each fault
waits for progress and is asserted to have happened. PYTHONPATH names the folder of the generated protobuf classes.
"""
import sys

from harness import session
from harness.faults import Faults


def scenario(proof):
    proof.generate()
    Faults(proof).run()
    proof.finish().check()


sys.exit(session.run(__doc__, scenario))
