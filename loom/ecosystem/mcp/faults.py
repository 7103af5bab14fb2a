"""Faults of connections that the SDK tells in its own words, in words for a person."""

import re

_TOO_LONG = re.compile(r"event exceeded the (\d+) byte limit")
_NOT_READ = re.compile(r"it sent an answer of more than [\d.,]+ (?:MB|values), which was not read")


def too_long(fault: str) -> str:
    """What it means that an answer was too long to be read; empty for another fault."""
    if (ours := _NOT_READ.search(fault)) is not None:
        return ours[0]
    found = _TOO_LONG.search(fault)
    return longer_than(int(found[1])) if found else ""


def longer_than(limit_bytes: int) -> str:
    """What is said of an answer that was given up."""
    return f"it sent an answer of more than {limit_bytes / 2**20:.3g} MB, which was not read"
