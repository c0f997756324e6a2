"""Reads a Dockerfile as far as deploy/Dockerfile goes, and refuses what goes further."""
import json
import re

KNOWN = {"FROM", "COPY", "RUN", "USER", "WORKDIR", "CMD"}


class Stage:
    def __init__(self, image, name):
        self.image, self.name = image, name
        self.steps = []  # (instruction, arguments), in order


def parse(text):
    """The stages of a Dockerfile. Raises ValueError, naming the line, for anything that is not understood."""
    stages = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        found = re.fullmatch(r"([A-Z]+) (.+[^\\])", line)
        if not found or found[1] not in KNOWN:
            raise ValueError(f"line {number}: not understood: {line}")
        try:
            take(stages, found[1], found[2])
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    if not stages:
        raise ValueError("there is no FROM")
    return stages


def take(stages, instruction, rest):
    if instruction == "FROM":
        found = re.fullmatch(r"(\S+)(?: AS (\w+))?", rest)
        if not found:
            raise ValueError(f"FROM IMAGE [AS NAME], not '{rest}'")
        stages.append(Stage(found[1], found[2]))
        return
    if not stages:
        raise ValueError(f"{instruction} stands before FROM")
    stages[-1].steps.append((instruction, arguments_of(instruction, rest, stages)))


def arguments_of(instruction, rest, stages):
    if instruction == "COPY":
        return copy_of(rest, stages)
    if instruction == "RUN":
        return rest
    if instruction == "CMD":
        words = json.loads(rest)
        if not words or not all(isinstance(word, str) for word in words):
            raise ValueError("CMD is a list of words")
        return words
    if len(rest.split()) != 1:
        raise ValueError(f"{instruction} takes one word")
    return rest


def copy_of(rest, stages):
    """(stage or None for the context, source, destination)"""
    words = rest.split()
    stage = None
    if words[0].startswith("--from="):
        stage = words.pop(0).removeprefix("--from=")
        if stage not in [earlier.name for earlier in stages[:-1]]:
            raise ValueError(f"there is no earlier stage '{stage}'")
    if len(words) != 2:
        raise ValueError("COPY takes one source and one destination")
    return stage, words[0], words[1]
