"""Which program wrote a session, told by what the file holds."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from loom.errors import InterchangeError
from loom.interchange.claude_code import read_claude_code
from loom.interchange.codex import ENVELOPES, read_codex
from loom.interchange.imported import ImportedSession, Skipped, Source, text_of
from loom.interchange.records import read_records

FIRST_RECORDS = 50

_UNDERSTOOD = (
    "Two formats are understood: sessions of Claude Code (.jsonl files below its `projects` folder) and of Codex"
    " (rollout-….jsonl files below its `sessions` folder)."
)
_FLAT_ITEMS = frozenset(
    ("message", "reasoning", "function_call", "function_call_output", "local_shell_call", "custom_tool_call")
)


def read_foreign(path: str | Path) -> ImportedSession:
    """The session in a file of another program, recognised by its first lines. Blocks.

    Raises InterchangeError, which says which formats are understood, for any other file.
    """
    path = Path(path)
    match _source(path):
        case "claude-code":
            return read_claude_code(path)
        case "codex":
            return read_codex(path)
        case None:
            raise InterchangeError(f"{path} is no session that can be read. {_UNDERSTOOD}")


def _source(path: Path) -> Source | None:
    for _, record in islice(read_records(path, Skipped()), FIRST_RECORDS):
        if _is_codex(record):
            return "codex"
        if _is_claude_code(record):
            return "claude-code"
    return None


def _is_codex(record: dict[str, Any]) -> bool:
    kind = text_of(record.get("type"))
    if isinstance(record.get("payload"), dict):
        return kind in ENVELOPES
    if "type" not in record:
        return record.get("record_type") == "state" or {"id", "timestamp", "instructions"} <= record.keys()
    return kind in _FLAT_ITEMS and "uuid" not in record


def _is_claude_code(record: dict[str, Any]) -> bool:
    return isinstance(record.get("type"), str) and bool(record.keys() & {"sessionId", "parentUuid", "leafUuid"})
