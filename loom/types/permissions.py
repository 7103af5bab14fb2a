"""The permission mode of a session: a word that people choose, and every decision about a call reads."""

from __future__ import annotations

from enum import StrEnum


class PermissionMode(StrEnum):
    """How much runs without being asked about.

    PLAN: reading only. DEFAULT: reads run, everything else is asked about. ACCEPT_EDITS: edits of files in the
    workspace run too. AUTO: everything runs that no rule denies.
    """

    PLAN = "plan"
    DEFAULT = "default"
    ACCEPT_EDITS = "accept_edits"
    AUTO = "auto"


MODES = {
    "ask": PermissionMode.DEFAULT,
    "plan": PermissionMode.PLAN,
    "accept-edits": PermissionMode.ACCEPT_EDITS,
    "auto": PermissionMode.AUTO,
}
"""The modes by the words that people type."""
