"""Identities of sessions, runs and events."""

from __future__ import annotations

import uuid


def generate_id() -> str:
    """A new random identity: 32 hexadecimal digits."""
    return uuid.uuid4().hex
