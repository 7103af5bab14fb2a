"""Identities of sessions, runs and events."""

from __future__ import annotations

import os

_DIGITS, _AT_ONCE = 32, 64
_drawn: list[str] = []
"""Identities that nobody has yet. A process that is forked off draws its own."""


def generate_id() -> str:
    """A new random identity: 32 hexadecimal digits."""
    try:
        return _drawn.pop()
    except IndexError:  # the system is asked for many at once: each time takes as long as a step of a run does
        digits = os.urandom(_AT_ONCE * _DIGITS // 2).hex()
        made = [digits[at : at + _DIGITS] for at in range(0, len(digits), _DIGITS)]
        _drawn.extend(made[1:])
        return made[0]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drawn.clear)
