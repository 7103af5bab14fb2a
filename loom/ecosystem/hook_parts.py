"""Hooks as Claude Code's files have them, of plugins and of skills: read into programs of ours, or said why not."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from loom.config.hooks import HookSpec
from loom.ecosystem.front_matter import Value, text_of

GUARDS = ("PreToolUse", "UserPromptSubmit")
"""Events at which a hook that fails means no."""
IN_A_RUN = ("PreToolUse", "PostToolUse", "PreCompact", "Stop", "RunEnd")
"""Events that can come while a skill is active: it is not yet when a session or a run begins."""
CLAUDE_TOOLS = {
    "Read": "read_file",
    "Write": "write_file",
    "Edit": "edit_file",
    "MultiEdit": "edit_file",
    "Bash": "run_command",
    "Grep": "grep",
    "Glob": "glob",
    "LS": "list_files",
    "WebFetch": "fetch_url",
}
"""The names that files of other programs have for our tools."""
SHELL = ("cmd", "/c") if sys.platform == "win32" else ("/bin/sh", "-c")
SKILL_DIR = "CLAUDE_SKILL_DIR"
_IN_FOLDER = f'cd /d "%{SKILL_DIR}%" && ' if sys.platform == "win32" else f'cd -- "${SKILL_DIR}" && '


class UnreadableHookError(ValueError):
    """A hook that can't be read, in a sentence about it."""


@dataclass(slots=True)
class SkillPrograms:
    """The hooks of a skill: programs; sentences about those that can't be; and whether one of those was a guard.

    While the skill of a guard that can't be asked is active, the person is asked in its place.
    """

    programs: list[HookSpec] = field(default_factory=list[HookSpec])
    problems: list[str] = field(default_factory=list[str])
    is_unguarded: bool = False


def hooks_of_group(event: str, group: Any, environment: Mapping[str, str], prefix: str = "") -> list[HookSpec]:
    """The programs of a matcher's group. Raises UnreadableHookError."""
    if not isinstance(group, dict):
        raise UnreadableHookError(f"a hook for {event} is no object")
    held = cast("dict[str, Any]", group)
    matcher = matcher_of(str(held.get("matcher") or ""))
    found: list[HookSpec] = []
    hooks: Any = held.get("hooks") or []
    if not isinstance(hooks, list):
        raise UnreadableHookError(f"the hooks for {event} are no list")
    for hook in cast("list[Any]", hooks):
        said = cast("dict[str, Any]", hook) if isinstance(hook, dict) else {}
        line = said.get("command")
        if not isinstance(line, str) or not line.strip():
            raise UnreadableHookError(f"a hook for {event} has no command")
        limit = _seconds(said.get("timeout", 30))
        on_failure = "deny" if event in GUARDS else "ignore"
        found.append(HookSpec(event, [*SHELL, prefix + line], matcher, limit, on_failure, dict(environment)))
    return found


def matcher_of(given: str) -> str:
    """A matcher of Claude Code, a regular expression over its names of tools, as ours: globs over our names.

    Raises UnreadableHookError for one that says more than that: matched wrongly, a hook that should have said no would
    not.
    """
    if given in ("", "*", ".*"):
        return ""
    parts: list[str] = []
    for part in given.strip("^$()").split("|"):
        name = CLAUDE_TOOLS.get(part, part.removeprefix("mcp__")).replace(".*", "*")
        if not all(char.isalnum() or char in "_-*" for char in name):
            raise UnreadableHookError(f"the matcher {_plain(given)!r:.80} is not understood")
        parts.append(name)
    return "|".join(dict.fromkeys(parts))


def skill_programs(given: Value | None, root: str) -> SkillPrograms:
    """The hooks in a skill's head; they run in its folder `root`, which is what a person agreed to."""
    read = SkillPrograms()
    if given is None or given in ("", {}, []):
        return read
    if not isinstance(given, dict):
        read.problems.append("its hooks are no mapping of events")
        read.is_unguarded = True
        return read
    for event, groups in given.items():
        if event not in IN_A_RUN:
            read.problems.append(f"its hooks for {_plain(event)!r:.60} have no effect here: a skill has no such event")
            continue
        for group in groups if isinstance(groups, list) else [groups]:
            try:
                read.programs += hooks_of_group(event, group, {SKILL_DIR: root}, _IN_FOLDER)
            except UnreadableHookError as error:
                read.is_unguarded = read.is_unguarded or event in GUARDS
                instead = ", so you are asked about each call while it is active" if event in GUARDS else ""
                read.problems.append(f"{error}{instead}")
    return read


def told_programs(programs: list[HookSpec]) -> str:
    """What a skill's hooks are, in a sentence; empty for none."""
    lines = [f"{each.event} {each.matcher or '*'}: {each.command[-1].removeprefix(_IN_FOLDER)}" for each in programs]
    return f"while it is active it runs programs: {'; '.join(map(_plain, lines))}" if lines else ""


def _seconds(given: Any) -> float:
    text = text_of(given) if not isinstance(given, (int, float)) else str(given)
    try:
        seconds = float(text)
    except ValueError:
        return 30.0
    return seconds if 0 < seconds <= 600 else 30.0


def _plain(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
