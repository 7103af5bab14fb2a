"""Finding skills: the folders of a project and of a person, within bounds, and which of them may be used."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from loom.ecosystem.content import SKIPPED, FolderContent, content_of, digest_of_text
from loom.ecosystem.skill import SKILL_FILES, Skill, plain, read_skill, read_text, skill_from_text
from loom.errors import SkillError
from loom.safety.consents import ConsentBook

log = logging.getLogger(__name__)

FOLDERS = (Path(".agents/skills"), Path(".loom/skills"), Path(".claude/skills"))
"""Where skills are, in a project and in a home folder; what comes first is preferred."""
MOST_FOLDERS, MOST_SKILLS, DEEPEST, MOST_WARNINGS = 2_000, 500, 4, 200

SkillState = Literal["ready", "untrusted", "changed", "off", "shadowed", "broken"]


@dataclass(frozen=True, slots=True)
class FoundSkill:
    """A skill and where it is: `root` is its folder with links resolved, `scope` is project, user, or plugin:NAME.

    Only one that is `ready` is told to a model. `content` is what its files are, where a person has to agree to them.
    """

    skill: Skill
    root: Path
    scope: str
    state: SkillState = "ready"
    content: FolderContent | None = None
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What a person's consent is kept under."""
        return f"skill:{self.root}"

    @property
    def name(self) -> str:
        """What it is called for: a plugin's skill carries the plugin's name."""
        return (
            f"{self.scope.removeprefix('plugin:')}:{self.skill.name}"
            if self.scope[:7] == "plugin:"
            else self.skill.name
        )


@dataclass(frozen=True, slots=True)
class SkillCatalogue:
    """All that was found, the preferred first, and sentences about what was passed over."""

    found: tuple[FoundSkill, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def ready(self) -> list[FoundSkill]:
        """The skills that may be used."""
        return [each for each in self.found if each.state == "ready"]

    @property
    def waiting(self) -> list[FoundSkill]:
        """Those that wait for the person to trust them."""
        return [each for each in self.found if each.state in ("untrusted", "changed")]

    def get(self, name: str) -> FoundSkill | None:
        """The skill of this name that may be used."""
        return next((each for each in self.found if each.name == name and each.state == "ready"), None)


@dataclass(slots=True)
class _Search:
    """What one search found so far, and how much it may still look at."""

    folders: int = MOST_FOLDERS
    found: list[FoundSkill] = field(default_factory=list[FoundSkill])
    warnings: list[str] = field(default_factory=list[str])

    def warn(self, sentence: str) -> None:
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(plain(sentence))


def find_skills(
    workspace: Path | None,
    home: Path | None,
    consents: ConsentBook | None,
    extra: Sequence[Path] = (),
    plugins: Sequence[tuple[str, Path]] = (),
) -> SkillCatalogue:
    """The skills of a project, a person (`home`, `extra`) and of plugins (name, folder of skills); blocks.

    A project's skill needs the person's consent to exactly its files. The project beats the person, and of two in one
    scope the first folder wins.
    """
    search = _Search()
    for folder in [workspace / each for each in FOLDERS] if workspace is not None else []:
        _search_below(folder, "project", workspace, search)
    for folder in [*extra, *([home / each for each in FOLDERS] if home is not None else [])]:
        _search_below(folder, "user", None, search)
    for name, folder in plugins:
        _search_below(folder, f"plugin:{name}", folder, search)
    judged = [_judged(each, consents) for each in search.found]
    return SkillCatalogue(tuple(_with_shadows(judged, search)), tuple(search.warnings))


def skills_below(folder: Path) -> list[Skill]:
    """Every skill below a folder that can be read; what can't be is logged. Blocks."""
    search = _Search()
    _search_below(folder, "user", None, search)
    for warning in search.warnings:
        log.warning("Skills: %s", warning)
    return [each.skill for each in search.found]


def _search_below(folder: Path, scope: str, boundary: Path | None, search: _Search) -> None:
    """Look for skills in a folder. With a `boundary` nothing is read that a link leads to outside of it."""
    for file in _skill_files(folder, search, DEEPEST):
        if len(search.found) >= MOST_SKILLS:
            search.warn(f"More than {MOST_SKILLS} skills were found; those from {file.parent} on are not read")
            return
        try:
            root = _root_of(file.parent, boundary)
            if any(each.root == root for each in search.found):
                continue
            skill, warnings = read_skill(file, scope)
        except SkillError as error:
            search.warn(str(error))
            continue
        except (OSError, RuntimeError) as error:
            search.warn(f"{file}: {error}")
            continue
        for warning in warnings:
            search.warn(f"{file}: {warning}")
        search.found.append(FoundSkill(skill, root, scope, warnings=tuple(warnings)))


def _root_of(folder: Path, boundary: Path | None) -> Path:
    """A skill's folder, with links resolved. Raises SkillError where they lead out of the boundary."""
    root = folder.resolve(strict=True)
    if boundary is not None and not root.is_relative_to(boundary.resolve(strict=True)):
        raise SkillError(f"{folder}: it is a link to {root}, outside of {boundary}, so it is not read")
    return root


def _skill_files(folder: Path, search: _Search, depth: int) -> Iterator[Path]:
    """The skill files below a folder; a skill's own folder is not searched for further ones."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        search.warn(f"{folder} can't be read: {error.strerror}")
        return
    search.folders -= 1
    names = {entry.name for entry in entries}
    named = next((name for name in SKILL_FILES if name in names), None)
    if named is not None:
        yield folder / named
        return
    for entry in entries:
        if search.folders <= 0:
            search.warn(f"More than {MOST_FOLDERS:,} folders were looked at; from {folder / entry.name} on none were")
            return
        if depth > 0 and entry.name not in SKIPPED and _is_folder(entry):
            # A link may be a skill; what is below it is where it leads to, perhaps in a circle.
            yield from _skill_files(folder / entry.name, search, 0 if entry.is_symlink() else depth - 1)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _judged(found: FoundSkill, consents: ConsentBook | None) -> FoundSkill:
    """What the person's consents make of a skill."""
    if consents is not None and consents.is_off(found.key):
        return replace(found, state="off")
    if found.scope != "project":
        return found
    try:
        content = content_of(found.root)
    except SkillError as error:
        return replace(found, state="broken", warnings=(*found.warnings, f"it can't be trusted: {error}"))
    if found.skill.programs.programs:  # who agreed to its text, before it could run anything, did not agree to that
        content = replace(content, digest=digest_of_text(f"runs programs\0{content.digest}"))
    found = replace(found, content=content)
    if consents is not None and consents.holds(found.key, content.digest):
        return _as_agreed(found, content)
    changed = consents is not None and consents.was_given(found.key)
    return replace(found, state="changed" if changed else "untrusted")


def _as_agreed(found: FoundSkill, content: FolderContent) -> FoundSkill:
    """The skill, read from exactly the bytes that were agreed to: the file may have changed since it was found."""
    file = Path(found.skill.file_path or "")
    try:
        text = read_text(file)
        if digest_of_text(text) != content.files.get(file.name):
            return replace(found, state="changed")
        return replace(found, skill=skill_from_text(text, file, found.scope)[0])
    except SkillError:
        return replace(found, state="changed")


def _with_shadows(found: list[FoundSkill], search: _Search) -> Iterator[FoundSkill]:
    """Of skills of one name the first that may be used, and the others marked; one that may not hides none."""
    by_name: dict[str, FoundSkill] = {}
    for each in found:
        winner = by_name.get(each.name)
        if each.state != "ready" or winner is None:
            if each.state == "ready":
                by_name[each.name] = each
            yield each
            continue
        if each.root != winner.root:
            search.warn(f"The skill {each.name} in {each.root} is hidden by the one in {winner.root}")
            yield replace(each, state="shadowed")
