"""Faults of connections that the SDK tells in its own words, in words for a person."""

import re

_TOO_LONG = re.compile(r"event exceeded the (\d+) byte limit")


def too_long(fault: str) -> str:
    """What it means that an event of a stream was too long; empty for another fault."""
    found = _TOO_LONG.search(fault)
    return longer_than(int(found[1])) if found else ""


def longer_than(limit_bytes: int) -> str:
    """What is said of an answer that was given up."""
    return f"it sent an answer of more than {limit_bytes / 2**20:.3g} MB, which was not read"
