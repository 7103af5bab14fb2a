"""Identities of sessions, runs and events."""

from __future__ import annotations

import os


def generate_id() -> str:
    """A new random identity: 32 hexadecimal digits."""
    return os.urandom(16).hex()  # `uuid` asks what system it is on as it is imported, which a window would wait for
