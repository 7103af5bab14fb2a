"""A skill: instructions in a Markdown file, with a head that says when to use them (agentskills.io)."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loom.context.tokens import estimate_text
from loom.ecosystem.front_matter import Value, is_true, list_of, read_front_matter, text_of
from loom.ecosystem.hook_parts import SkillPrograms, skill_programs, told_programs
from loom.errors import SkillError
from loom.providers.choice import EFFORT_TOKENS, EFFORTS

SKILL_FILES = ("SKILL.md", "skill.md")
LONGEST_FILE_BYTES = 256 * 1024
LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_COMPATIBILITY = 64, 1024, 500
SPECIFIED = ("name", "description", "license", "allowed-tools", "metadata", "compatibility")
"""The fields that the specification has; others are those of single programs."""
FORK = "fork"
"""The `context` of a skill that is followed elsewhere."""
PLUGIN = "plugin:"
"""How the source of a plugin's skill begins."""
WITHOUT_EFFECT = {
    "shell": "commands go through the tool run_command",
}
"""Fields of other programs that are read, and why they change nothing."""


@dataclass
class SkillHooks:
    """Functions of a program's own around a skill; one that was read from a file has `programs` instead."""

    on_load: Callable[[], Any] | None = None
    on_invoke: Callable[[], Any] | None = None
    on_complete: Callable[[Any], Any] | None = None
    on_error: Callable[[Exception], Any] | None = None


@dataclass
class ShellConfig:
    """The shell that a skill asks for. It is kept, and runs nothing: commands go through the tool `run_command`."""

    command: str = "/bin/bash"
    args: list[str] = field(default_factory=lambda: ["-c"])
    env: dict[str, str] = field(default_factory=dict[str, str])
    timeout: int = 30


@dataclass
class Skill:
    """A skill as its file has it; `content` is the body.

    `allowed_tools` are rules such as `run_command(git:*)`; they never allow anything. `when_to_use` are comma-separated
    words. `is_offered` is False for one that only a person may call for. With `paths`, patterns as in .gitignore, a
    model is told of it once it worked with such a file. While it is active in a run, its `model`, its `effort` (1 to 5)
    and its `programs` (the hooks of its head) are the run's; with the `context` fork it is followed by `agent` in a
    context of its own. The rest is kept for programs that ask.
    """

    name: str
    description: str
    content: str
    when_to_use: str | None = None
    allowed_tools: list[str] = field(default_factory=list[str])
    argument_hint: str | None = None
    model: str | None = None
    user_invocable: bool = True
    effort: int | None = None
    agent: str | None = None
    context: str = "inline"
    paths: list[str] | None = None
    version: str | None = None
    hooks: SkillHooks | None = None
    shell: ShellConfig | None = None
    source: str = "user"
    file_path: str | None = None
    is_offered: bool = True
    programs: SkillPrograms = field(default_factory=SkillPrograms)

    def matches_task(self, task: str) -> bool:
        """Whether one of the words in `when_to_use` is in a text."""
        words = [word.strip().casefold() for word in (self.when_to_use or "").split(",")]
        return any(word in task.casefold() for word in words if word)


class SkillRegistry:
    """Skills by name; lazy ones are read when they are first asked for."""

    def __init__(self) -> None:
        self._skills: dict[str, Skill] = {}
        self._lazy: dict[str, Callable[[], Skill]] = {}

    def register(self, skill: Skill) -> None:
        """Add a skill, in place of another of its name."""
        self._lazy.pop(skill.name, None)
        self._skills[skill.name] = skill

    def register_lazy(self, name: str, loader: Callable[[], Skill]) -> None:
        """Add a skill that `loader` reads when it is asked for."""
        if name not in self._skills:
            self._lazy[name] = loader

    def unregister(self, name: str) -> None:
        """Take a skill out; one that is not there is no error."""
        self._skills.pop(name, None)
        self._lazy.pop(name, None)

    def get(self, name: str) -> Skill | None:
        """The skill of this name; None if there is none."""
        if name in self._lazy:
            self._skills[name] = self._lazy.pop(name)()
        return self._skills.get(name)

    def match_task(self, task: str) -> list[Skill]:
        """The skills whose `when_to_use` fits a text."""
        skills = [self.get(name) for name in self.list_skills()]
        return [skill for skill in skills if skill is not None and skill.matches_task(task)]

    def list_skills(self) -> list[str]:
        """The names, sorted."""
        return sorted({*self._skills, *self._lazy})


class SkillLoader:
    """Reads skill files."""

    @staticmethod
    def parse_frontmatter(content: str) -> tuple[dict[str, Any], str]:
        """The fields of the head and the body. Raises SkillError."""
        fields, body, _ = read_front_matter(content)
        return dict(fields), body

    @staticmethod
    def load_from_file(path: Path) -> Skill:
        """The skill that a file describes. Raises SkillError, saying which file."""
        return read_skill(Path(path))[0]

    @staticmethod
    def load_from_directory(directory: Path, registry: SkillRegistry) -> None:
        """Register every skill below a folder; one that can't be read is passed over, and logged."""
        from loom.ecosystem.skill_folders import skills_below

        for skill in skills_below(Path(directory)):
            registry.register(skill)


def read_skill(file: Path, source: str = "user") -> tuple[Skill, list[str]]:
    """The skill that a file describes, and sentences about what was read with lenience; blocks.

    Raises SkillError, naming the file, for one that can't be used: without a description, too long, no text.
    """
    try:
        return skill_from_text(read_text(file), file, source)
    except SkillError as error:
        raise SkillError(f"{file}: {error}") from None


def read_text(file: Path) -> str:
    """The text of a regular file within the bound; a link is not followed. Raises SkillError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(file, flags)
    except OSError as error:
        raise SkillError("it is a link" if file.is_symlink() else f"it can't be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SkillError("it is no regular file")
        data = opened.read(LONGEST_FILE_BYTES + 1)
    if len(data) > LONGEST_FILE_BYTES:
        raise SkillError(f"it is larger than {LONGEST_FILE_BYTES // 1024} KiB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SkillError(f"it is not UTF-8, from byte {error.start} on") from None


def problems_of(fields: dict[str, Value], folder: str) -> list[str]:
    """What the specification has against a head, in sentences; none if it is valid. Pure."""
    problems = [f"the specification has no field {name!r}" for name in fields if name not in SPECIFIED]
    problems += name_problems(fields.get("name"), folder)
    description = fields.get("description")
    if not isinstance(description, str) or not description.strip():
        problems.append("it has no description")
    elif len(description) > LONGEST_DESCRIPTION:
        problems.append(f"its description has {len(description):,} characters, not at most {LONGEST_DESCRIPTION:,}")
    if (compatibility := fields.get("compatibility")) is not None:
        if not isinstance(compatibility, str):
            problems.append("its compatibility is not a text")
        elif len(compatibility) > LONGEST_COMPATIBILITY:
            problems.append(f"its compatibility has more than {LONGEST_COMPATIBILITY} characters")
    return problems


def name_problems(given: Value | None, folder: str) -> list[str]:
    """What the specification has against a name."""
    if not isinstance(given, str) or not given.strip():
        return ["it has no name"]
    name, problems = unicodedata.normalize("NFKC", given.strip()), list[str]()
    if len(name) > LONGEST_NAME:
        problems.append(f"its name has {len(name)} characters, not at most {LONGEST_NAME}")
    if name != name.lower():
        problems.append(f"its name {shown(name)} has capital letters")
    if name.startswith("-") or name.endswith("-") or "--" in name:
        problems.append(f"its name {shown(name)} begins or ends with a hyphen, or has two together")
    if not all(char.isalnum() or char == "-" for char in name):
        problems.append(f"its name {shown(name)} has other characters than letters, digits and hyphens")
    if unicodedata.normalize("NFKC", folder) != name:
        problems.append(f"its name {shown(name)} is not that of its folder, {shown(folder)}")
    return problems


def plain(text: str) -> str:
    """A text in one line, without control, invisible and direction-changing characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def shown(text: str) -> str:
    """A text from a file, in quotes, as a sentence may hold it."""
    return repr(plain(text)[:80])


def get_effort_token_limit(effort: int | None) -> int:
    """How many tokens an effort from 1 to 5 stands for; the middle one where none is given."""
    return EFFORT_TOKENS[min(5, max(1, effort or 3)) - 1]


def estimate_skill_tokens(skill: Skill, load_content: bool = False) -> int:
    """How many tokens a skill takes in the catalogue, or with `load_content` when it is active."""
    listed = f"{skill.name} {skill.description} {skill.when_to_use or ''}"
    return estimate_text(listed) + (estimate_text(skill.content) if load_content else 0)


def skill_from_text(text: str, file: Path, source: str = "user") -> tuple[Skill, list[str]]:
    """The skill that a file's text describes, as `read_skill`. Raises SkillError."""
    fields, body, warnings = read_front_matter(text)
    folder = file.parent.name
    name, told = _usable_name(fields.get("name"), folder)
    description = plain(text_of(fields.get("description")))
    if not description:
        raise SkillError("it has no description, so no model could tell when to use it; it was passed over")
    programs = skill_programs(fields.get("hooks"), str(file.parent.resolve()))
    if source.startswith(PLUGIN) and (programs.programs or programs.problems):
        programs = SkillPrograms(
            [], ["its hooks have no effect here: a plugin brings hooks of its own, in a part for them"]
        )
    warnings += [*told, *_lenience(fields, folder), *_without_effect(fields), *programs.problems]
    warnings += [runs] if (runs := told_programs(programs.programs)) else []
    return (
        Skill(
            name=name,
            description=description[:LONGEST_DESCRIPTION],
            content=body,
            when_to_use=plain(_text(fields, "when_to_use", "whenToUse", "when-to-use")) or None,
            allowed_tools=list_of(_first(fields, "allowed-tools", "allowedTools", "allowed_tools")),
            argument_hint=plain(_text(fields, "argument-hint", "argumentHint")) or None,
            model=_text(fields, "model") or None,
            user_invocable=is_true(_first(fields, "user-invocable", "userInvocable"), otherwise=True),
            effort=_effort(_text(fields, "effort")),
            agent=_text(fields, "agent") or None,
            context=_text(fields, "context") or "inline",
            paths=list_of(fields.get("paths")) or None,
            version=_version(fields),
            shell=_shell(fields.get("shell")),
            source=source,
            file_path=str(file),
            is_offered=not is_true(_first(fields, "disable-model-invocation"), otherwise=False),
            programs=programs,
        ),
        warnings,
    )


def _usable_name(given: Value | None, folder: str) -> tuple[str, list[str]]:
    """A name that may stand in a prompt and in a command; the folder's where the file's own is none."""
    name = unicodedata.normalize("NFKC", text_of(given).strip())
    if is_usable(name):
        return name, []
    told = f"its name {shown(name)} can't be used" if name else "it has no name"
    if is_usable(fallback := unicodedata.normalize("NFKC", folder)):
        return fallback, [f"{told}; it goes by its folder's, {fallback}"]
    raise SkillError(f"{told}, nor can its folder's, {shown(folder)}; names are letters, digits and hyphens")


def is_usable(name: str) -> bool:
    """Whether a name can stand in a prompt and a command: letters, digits, `-` and `_`, at most 64 of them."""
    return 0 < len(name) <= LONGEST_NAME and re.fullmatch(r"\w[\w-]*", name) is not None


def _lenience(fields: dict[str, Value], folder: str) -> list[str]:
    """What is against the specification and was read all the same; fields of other programs are usual."""
    return [
        problem for problem in problems_of(fields, folder) if "has no field" not in problem and "no name" not in problem
    ]


def _without_effect(fields: dict[str, Value]) -> list[str]:
    """What a head asks for and does not get here, in a sentence for each."""
    told = [f"its {name} has no effect here: {why}" for name, why in WITHOUT_EFFECT.items() if fields.get(name)]
    effort = _text(fields, "effort")
    if effort and _effort(effort) is None:
        told.append(f"its effort {shown(effort)} has no effect here: it is none of {', '.join(EFFORTS)}")
    if fields.get("agent") and _text(fields, "context") != FORK:
        told.append("its agent has no effect here: it is for a skill with the context fork")
    return told


def _first(fields: dict[str, Value], *names: str) -> Value | None:
    return next((fields[name] for name in names if name in fields), None)


def _text(fields: dict[str, Value], *names: str) -> str:
    return text_of(_first(fields, *names)).strip()


def _version(fields: dict[str, Value]) -> str | None:
    metadata = fields.get("metadata")
    inner = metadata.get("version") if isinstance(metadata, dict) else None
    return _text(fields, "version") or text_of(inner) or None


def _effort(given: str) -> int | None:
    if given.casefold() in EFFORTS:
        return EFFORTS.index(given.casefold()) + 1
    return int(given) if given in ("1", "2", "3", "4", "5") else None


def _shell(given: Value | None) -> ShellConfig | None:
    if not isinstance(given, dict):
        return None
    config = ShellConfig()
    config.command = text_of(given.get("command")) or config.command
    config.args = list_of(given.get("args")) or config.args
    environment = given.get("env")
    if isinstance(environment, dict):
        config.env = {name: text_of(value) for name, value in environment.items()}
    timeout = text_of(given.get("timeout"))
    config.timeout = int(timeout) if timeout.isdecimal() and len(timeout) < 6 else config.timeout
    return config
