"""Waiting for a condition with a deadline. A deadline is a failure, never a way to go on."""
import sys
import time

started = time.monotonic()


class Failed(AssertionError):
    """Something did not happen, or happened that must not."""


def say(text):
    print(f"[{time.monotonic() - started:6.1f}] {text}", flush=True)


def require(condition, sentence):
    if not condition:
        raise Failed(sentence)


def wait_for(what, condition, seconds=60, watch=()):
    """Returns the first true value of condition(). `watch` are objects with check(), which raises on a failure."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        for watched in watch:
            watched.check()
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def print_failure(error):
    print(f"FAILED: {error}", file=sys.stderr, flush=True)
