"""What a permission rule means for a call: commands, paths and other texts, exactly or generously."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from typing_extensions import override

from loom.config.matching import fold, names
from loom.config.permissions import PermissionRules, RulePattern, parse_rule
from loom.errors import LoomError
from loom.safety.command_rules import matches_allow, matches_deny
from loom.safety.commands import command_of
from loom.safety.paths import WorkspacePaths

MAIN_ARGUMENTS = ("command", "argv", "path", "url", "pattern")
"""The argument that a rule without a named one is about: the first of these that the call has."""
COMMANDS = ("command", "argv")
"""Two ways to say one thing: a rule about either is about the command, however it is given."""

Effect = Literal["allow", "ask", "deny"]


@dataclass(frozen=True, slots=True)
class SourcedRule:
    """A rule, what it does, and whose it is: `agent file`, `your rules`, `workspace`."""

    effect: Effect
    pattern: RulePattern
    source: str

    @override
    def __str__(self) -> str:
        """The rule and its source, for people."""
        return f"{self.effect} {self.pattern} ({self.source})"


def sourced(rules: PermissionRules | None, source: str) -> tuple[SourcedRule, ...]:
    """The rules of one source, read."""
    if rules is None:
        return ()
    effects: tuple[tuple[Effect, list[str]], ...] = (("deny", rules.deny), ("ask", rules.ask), ("allow", rules.allow))
    return tuple(
        SourcedRule(effect, parse_rule(text, allows=effect == "allow"), source)
        for effect, texts in effects
        for text in texts
    )


def covers(pattern: RulePattern, tool: str, arguments: dict[str, Any], path: str | None) -> bool:
    """Whether a rule that allows covers the call: exactly, and only if all of it is understood.

    `path` is what `shown_path` says of the call.
    """
    if not _names(pattern.tool, tool, exact=True):
        return False
    if pattern.pattern is None:
        return True
    name, value = main_argument(pattern, arguments)
    if name in COMMANDS:
        command = command_of(arguments)
        return command is not None and matches_allow(command, pattern.pattern)
    if not isinstance(value, str):
        return value is not None and str(value).lower() == pattern.pattern
    if name == "path":
        return path is not None and path_fits(path, pattern.pattern)
    return "\n" not in value and fnmatchcase(value, pattern.pattern)


def forbids(pattern: RulePattern, tool: str, arguments: dict[str, Any], path: str | None) -> bool | None:
    """Whether a rule that denies or asks is about the call, however it is spelled; None if that can't be told.

    `path` is what `shown_path` says of the call.
    """
    if not _names(pattern.tool, tool, exact=False):
        return False
    if pattern.pattern is None:
        return True
    name, value = main_argument(pattern, arguments)
    if value is None:
        return False
    text = value if isinstance(value, str) else str(value)
    if name in COMMANDS:
        return _is_command_denied(arguments, pattern.pattern)
    if name == "path":
        return None if path is None else path_fits(fold(path), fold(pattern.pattern))
    return fnmatchcase(fold(text), fold(pattern.pattern))


def _is_command_denied(arguments: dict[str, Any], pattern: str) -> bool | None:
    """Whether a command matches; where both ways are given, whether either does."""
    known = [command_of({name: arguments.get(name)}) for name in COMMANDS if arguments.get(name) is not None]
    found = [None if command is None else matches_deny(command, pattern) for command in known]
    return True if True in found else None if None in found else False


def path_fits(path: str, pattern: str) -> bool:
    """Whether a path relative to the workspace fits a glob: `*` stays in one folder, `**` crosses them."""
    return _fits(tuple(path.split("/")), tuple(pattern.removeprefix("./").strip("/").split("/")))


@lru_cache(maxsize=4096)
def _fits(parts: tuple[str, ...], patterns: tuple[str, ...]) -> bool:
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_fits(parts[start:], patterns[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _fits(parts[1:], patterns[1:])


def offered_rule(tool: str, arguments: dict[str, Any], workspace: Path | None) -> str:
    """The rule that "always allow" offers: exactly this call, by its main argument; empty if none can say that."""
    command = command_of(arguments)
    if isinstance(command, tuple):
        arguments = {"command": shlex.join(command)}
    name = next((name for name in MAIN_ARGUMENTS if isinstance(arguments.get(name), str)), None)
    if name is None:
        return tool if not arguments else ""
    text: str = arguments[name]
    if name == "path":
        shown = shown_path(arguments, workspace)
        return f"{tool}({shown})" if shown is not None and not _is_glob(shown) else ""
    if any(mark in text for mark in "\n\r") or _is_glob(text) or text.endswith(":*") or not text.strip():
        return ""
    rule = f"{tool}({text})"
    return rule if covers(parse_rule(rule), tool, arguments, None) else ""


def _is_glob(text: str) -> bool:
    return any(mark in text for mark in "*?[")


def _names(pattern: str, tool: str, *, exact: bool) -> bool:
    return fnmatchcase(tool, pattern) if exact else names(pattern, tool)


def main_argument(pattern: RulePattern, arguments: dict[str, Any]) -> tuple[str, Any]:
    """The argument that a rule is about, by name, and its value; None as value if the call has none."""
    if pattern.argument in COMMANDS:
        return _first_of(COMMANDS, arguments) or (pattern.argument, None)
    if pattern.argument:
        return pattern.argument, arguments.get(pattern.argument)
    found = _first_of(MAIN_ARGUMENTS, arguments)
    if found is not None:
        return found
    texts = [(name, value) for name, value in arguments.items() if isinstance(value, str)]
    return texts[0] if len(texts) == 1 else ("", None)


def _first_of(names: tuple[str, ...], arguments: dict[str, Any]) -> tuple[str, Any] | None:
    return next(((name, arguments[name]) for name in names if arguments.get(name) is not None), None)


def shown_path(arguments: dict[str, Any], workspace: Path | None) -> str | None:
    """A call's path as rules know it: relative to the workspace, links resolved; None for none, and one outside.

    Blocks: it looks at the files.
    """
    given = arguments.get("path")
    if not isinstance(given, str):
        return None
    if workspace is None:
        return given.replace("\\", "/")
    try:
        paths = WorkspacePaths(workspace)
        return paths.shown(paths.resolve(given))
    except (LoomError, OSError):
        return None
