"""Names and ids that every provider takes: a history may hold others, of another provider or a model's invention."""

from __future__ import annotations

import hashlib
import re

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OTHER = re.compile(r"[^A-Za-z0-9_-]")


def wire_name(name: str) -> str:
    """A tool's name as it is sent: itself, or, where a provider would refuse it, one made of it that is its alone."""
    if _NAME.fullmatch(name):
        return name
    return f"_{_OTHER.sub('_', name)[:54]}_{_digest(name)[:8]}"


def wire_id(call_id: str) -> str:
    """A call's id as it is sent to a provider that checks its form: itself, or one made of it."""
    return call_id if _ID.fullmatch(call_id) else f"call_{_digest(call_id)[:24]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
