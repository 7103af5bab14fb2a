"""The words of a program as the line that they make, for rules and hooks that know only `command`."""

from __future__ import annotations

import shlex
from typing import Any, cast

from loom.safety.commands import command_of


def as_lines(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """The arguments as they are to be looked at: as they are, and words also as a line, bare and last quoted."""
    words = command_of(arguments)
    if not isinstance(words, tuple):
        return [arguments]
    lines = dict.fromkeys((" ".join(words), shlex.join(words)))
    return [arguments, *({**arguments, "command": line} for line in lines)]


def without_line(wanted: Any, arguments: dict[str, Any]) -> Any:
    """What a hook wants, without the line that it was only shown; of a line that it changed, the line alone."""
    if not isinstance(wanted, dict) or not isinstance(command_of(arguments), tuple):
        return wanted  # pyright: ignore[reportUnknownVariableType]
    changed = cast("dict[str, Any]", wanted)
    if changed.get("command") is None or changed.get("argv") != arguments["argv"]:
        return changed
    was_shown = changed["command"] == as_lines(arguments)[-1]["command"]
    return {**changed, "command": None} if was_shown else {**changed, "argv": None}
