"""Trying a rule on what was done before: which of the last calls it would have been about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loom.config.permissions import parse_rule
from loom.safety.audit import AuditEntry
from loom.safety.rules import Effect, covers, forbids, shown_path


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have been about, among `tried` calls: surely, and perhaps (where that can't be told)."""

    tried: int
    about: tuple[AuditEntry, ...]
    perhaps: tuple[AuditEntry, ...]


def try_rule(text: str, effect: Effect, entries: Sequence[AuditEntry], workspace: Path | None = None) -> Trial:
    """Put a rule to the calls of an audit, by the functions that decide; blocks.

    Raises ConfigError for a rule that can't be read.
    """
    pattern = parse_rule(text, allows=effect == "allow")
    about: list[AuditEntry] = []
    perhaps: list[AuditEntry] = []
    calls = [entry for entry in entries if entry.record.what in ("allowed", "refused")]
    for entry in calls:
        try:
            arguments = json.loads(entry.record.arguments or "{}")
        except ValueError:
            perhaps.append(entry)
            continue
        path = shown_path(arguments, workspace)
        test = covers if effect == "allow" else forbids
        found = test(pattern, entry.record.tool, arguments, path)
        if found:
            about.append(entry)
        elif found is None:
            perhaps.append(entry)
    return Trial(len(calls), tuple(about), tuple(perhaps))
