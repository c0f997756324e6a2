"""The command line of the proofs, and their exit code."""
import argparse
import gc
import os
import pathlib
import shutil
import sys

from harness.proof import Proof
from harness.waiting import Failed, print_failure, say


def parse(text):
    parser = argparse.ArgumentParser(description=text)
    for name in ("tidemark", "worker", "crash-worker", "coordinator", "folder"):
        parser.add_argument(f"--{name}", type=lambda text: pathlib.Path(text).resolve(), required=name != "coordinator")
    parser.add_argument("--port", type=int, required=True, help="first of seven free ports")
    parser.add_argument("--count", type=int, default=1_000_000, help="number of events")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED", "1")))
    parser.add_argument("--only", type=lambda text: text.split(","), help="faults to go through: names of harness/faults.py")
    return parser.parse_args()


def send_chatter_to(path):
    """What librdkafka and protobuf write to standard error by themselves, of each broken text and broker that is away."""
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    with open(path, "w") as chatter:
        os.dup2(chatter.fileno(), 2)


def run(text, scenario, kind=Proof):
    """Runs scenario(kind(options)) in an empty folder with a broker of its own. 0, or 1 if something was not as it must be."""
    options = parse(text)
    gc.disable()  # millions of objects, and no cycles among them
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    send_chatter_to(options.folder / "clients.log")
    say(f"{options.count} events, seed {options.seed}; everything is in {options.folder}")
    proof = kind(options)
    try:
        proof.begin()
        scenario(proof)
        return 0
    except (Failed, TimeoutError, RuntimeError) as error:
        print_failure(error)
        return 1
    finally:
        proof.end()
