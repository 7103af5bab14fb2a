"""What came of one tool call, as it is kept to learn from: its outcome, and the shape of its arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast

OK, FAILED, REFUSED, UNKNOWN = "ok", "failed", "refused", "unknown"
ARGUMENTS_CHARS = 600
REASON_CHARS = 300
NAMES = 12
LONGEST_TEXT = 200
LEFT_OUT = "[… "
TEXTS = ("file_text", "old_str", "new_str", "insert_text")
"""What the memory tool writes: it must not be kept where forgetting does not reach."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One call that was asked for.

    `outcome` is ok, failed, refused or unknown; `kind` says it more closely (the error's class, the kind of the
    refusal) and `reason` in words. `arguments` is JSON, cut, with secrets hidden. `rule` is the permission rule that
    the person was offered, `verdict` their answer, if they were asked. `at` is in seconds since 1970.
    """

    agent: str
    session_id: str
    run_id: str
    call_id: str
    tool: str
    shape: str
    outcome: str
    kind: str = ""
    reason: str = ""
    arguments: str = "{}"
    duration_ms: float = 0.0
    rule: str = ""
    verdict: str = ""
    at: float = 0.0
    id: int = 0

    @property
    def values(self) -> dict[str, Any]:
        """The arguments, as far as they were kept; none where they were cut."""
        try:
            found: Any = json.loads(self.arguments)
        except ValueError:
            return {}
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    @property
    def told(self) -> str:
        """In a line, for people."""
        end = f": {self.reason}" if self.reason else ""
        return f"{self.tool} {self.arguments[:160]} {self.outcome}{end}"


def shape_of(arguments: Mapping[str, Any]) -> str:
    """Which arguments a call gives and, where that says most, of what kind: `command=git …`, `path=*.py, limit`."""
    parts = [_part(name, arguments[name]) for name in sorted(arguments) if arguments[name] is not None]
    more = f", +{len(parts) - NAMES}" if len(parts) > NAMES else ""
    return ", ".join(parts[:NAMES]) + more if parts else "no arguments"


def kept_arguments(tool: str, arguments: Mapping[str, Any]) -> str:
    """The arguments as they are kept: JSON, without long texts, and of the memory without any text at all."""
    longest = 0 if tool == "memory" else LONGEST_TEXT
    kept = {
        name: _kept(value, longest if name in TEXTS or longest else LONGEST_TEXT) for name, value in arguments.items()
    }
    return json.dumps(kept, ensure_ascii=False, default=str)[:ARGUMENTS_CHARS]


def _kept(value: Any, longest: int) -> Any:
    return f"{LEFT_OUT}{len(value):,} characters]" if isinstance(value, str) and len(value) > longest else value


def labels_of(shapes: Sequence[str]) -> dict[str, str]:
    """What tells shapes of one tool apart: `with limit`, `without limit`; one alone is told whole."""
    parts = {shape: set(shape.split(", ")) for shape in shapes}
    if len(parts) < 2:
        return {shape: f"with {shape}" for shape in shapes}
    common = set[str].intersection(*parts.values())
    every = set[str].union(*parts.values()) - common
    return {
        shape: f"with {', '.join(sorted(own - common))}" if own - common else f"without {', '.join(sorted(every))}"
        for shape, own in parts.items()
    }


def _part(name: str, value: Any) -> str:
    if name == "command" and isinstance(value, str) and value.split():
        return f"{name}={value.split()[0][:40]} …"
    if name == "argv" and isinstance(value, list) and value:
        return f"{name}={str(value[0])[:40]} …"  # pyright: ignore[reportUnknownArgumentType]
    if name == "path" and isinstance(value, str):
        suffix = PurePosixPath(value.replace("\\", "/")).suffix[:12]
        return f"{name}=*{suffix}" if suffix else name
    return name
