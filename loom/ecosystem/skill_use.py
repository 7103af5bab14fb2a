"""How a model and a person use skills: what is listed, what an activation gives, and which tools run unasked then."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loom.config.permissions import RulePattern, parse_rule
from loom.context.abilities import ActiveSkill
from loom.context.tokens import estimate_text
from loom.ecosystem.hook_parts import CLAUDE_TOOLS
from loom.ecosystem.skill import Skill
from loom.ecosystem.skill_folders import FoundSkill
from loom.errors import ConfigError
from loom.providers.choice import SAME
from loom.safety.redaction import redact
from loom.safety.rules import covers, shown_path
from loom.tools.offering import FIND_TOOLS

ACTIVATE_SKILL, READ_SKILL_FILE = "activate_skill", "read_skill_file"
CATALOGUE_TOKENS = 3_000
MOST_RESOURCES = 50
OWN_TOOLS = frozenset(
    {ACTIVATE_SKILL, READ_SKILL_FILE, FIND_TOOLS, "read_artifact", "update_plan", "note", "mark_progress"}
)
"""Tools that no skill has to list: they read and write an agent's own context alone."""

_LISTED = re.compile(r"(?P<tool>[A-Za-z0-9_.*-]+)(?P<rest>\(.*\))?", re.DOTALL)
_PLACE = re.compile(r"\$\{(\w+)\}|\$(ARGUMENTS|[1-9])\b")


def catalogue_text(skills: Sequence[FoundSkill]) -> str:
    """The skills as every request lists them: names with descriptions, and names alone once there is no more room."""
    offered = [each for each in skills if each.skill.is_offered]
    if not offered:
        return ""
    lines: list[str] = []
    bare: list[str] = []
    room = CATALOGUE_TOKENS
    for each in offered:
        line = _listed(each)
        room -= estimate_text(line)
        if room > 0:
            lines.append(line)
        else:
            bare.append(each.name)
    if bare:
        lines.append(f"- without description: {', '.join(bare)}")
    head = (
        "Skills are instructions for special tasks. When a task fits one of these, call "
        f"{ACTIVATE_SKILL} with its name before you begin:"
    )
    return "\n".join(["<skills>", head, *lines, "</skills>"])


def activation_of(found: FoundSkill, arguments: str, session_id: str, run_id: str) -> ActiveSkill:
    """What a model is given when a skill becomes active: its body, and the files that it may read."""
    skill = found.skill
    body = filled_in(skill.content, arguments, {"CLAUDE_SKILL_DIR": str(found.root), "CLAUDE_SESSION_ID": session_id})
    parts = [f'<skill_content name="{found.name}">', body]
    files = resources_of(found)
    if files:
        listed = [f"- {html.escape(name, quote=False)}" for name in files[:MOST_RESOURCES]]
        more = [f"- and {len(files) - MOST_RESOURCES} more"] if len(files) > MOST_RESOURCES else []
        how = f"Its folder is {found.root}. Read its files with {READ_SKILL_FILE}, when the instructions name them:"
        parts += ["<skill_resources>", how, *listed, *more, "</skill_resources>"]
    parts.append("</skill_content>")
    return ActiveSkill(
        found.name,
        redact("\n".join(parts)),
        str(skill.file_path or ""),
        tuple(skill.allowed_tools),
        run_id,
        "" if skill.model in SAME else skill.model or "",
        skill.effort,
    )


def resources_of(found: FoundSkill) -> list[str]:
    """The files of a skill besides its own, by their path in its folder."""
    if found.content is None:
        return []
    return [name for name in sorted(found.content.files) if name not in ("SKILL.md", "skill.md")]


def filled_in(text: str, arguments: str, values: Mapping[str, str]) -> str:
    """`$ARGUMENTS`, `$1` …, and `${NAME}` replaced: by what was typed, by `name=value` in it, and by `values`.

    What was typed is put after the text where it names no place for it. An unknown `${NAME}` stays as it is.
    """
    words = arguments.split()
    named = {**dict(word.split("=", 1) for word in words if "=" in word), **values}
    used = False

    def value(match: re.Match[str]) -> str:
        nonlocal used
        name = match[1] or match[2]
        if name == "ARGUMENTS":
            used = True
            return arguments
        if name.isdecimal() and not words:
            return match[0]  # nothing was typed: it is a line of shell, not a place
        if name.isdecimal():
            used = True
            return words[int(name) - 1] if int(name) <= len(words) else ""
        used = used or (name in named and name not in values)
        return named.get(name, match[0])

    filled = _PLACE.sub(value, text)
    return filled if used or not arguments else f"{filled}\n\nArguments: {arguments}"


def allowed_patterns(listed: Sequence[str]) -> list[RulePattern]:
    """The tools that a skill lists, as rules; what can't be read allows nothing."""
    patterns: list[RulePattern] = []
    for text in listed:
        found = _LISTED.fullmatch(text.strip())
        if found is None:
            continue
        tool = CLAUDE_TOOLS.get(found["tool"], found["tool"])
        try:
            patterns.append(parse_rule(tool + (found["rest"] or "")))
        except ConfigError:
            continue
    return patterns


def is_listed(listed: Sequence[str], tool: str, arguments: dict[str, Any], workspace: Path | None) -> bool:
    """Whether a call is one that a skill lists in `allowed-tools`; blocks."""
    path = shown_path(arguments, workspace)
    return any(covers(pattern, tool, arguments, path) for pattern in allowed_patterns(listed))


def hint_of(skill: Skill) -> str:
    """A skill in a line, as completions and lists show it."""
    return f"{skill.argument_hint + '  ' if skill.argument_hint else ''}{skill.description}"


def _listed(found: FoundSkill) -> str:
    skill = found.skill
    when = f" Use it for: {skill.when_to_use}." if skill.when_to_use else ""
    return f"- {found.name}: {html.escape(skill.description + when, quote=False)}"
