"""A project's own instructions: the nearest AGENTS.md, from the workspace up to its repository, and those below it."""

from __future__ import annotations

import html
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from loom.ecosystem.content import digest_of_text
from loom.ecosystem.imports import Imports
from loom.ignore import IgnoreRules
from loom.safety.consents import ConsentBook

NAMES = ("AGENTS.md", "CLAUDE.md")
"""In each folder the first of these that is there; the second is what another program calls it."""
LONGEST_CHARS = 32_000
LONGEST_BYTES = 256 * 1024
MOST_NESTED, MOST_WALKED = 20, 20_000


@dataclass(frozen=True, slots=True)
class ProjectInstructions:
    """The instructions of a project: `text` is what a model is told once the person agreed to it.

    `state` is ready, untrusted (never agreed to) or changed (since it was). `warnings` are sentences. `below` is the
    folder of the workspace whose files they are about, with `/`; empty for those that are about all.
    """

    file: Path
    text: str
    digest: str
    state: Literal["ready", "untrusted", "changed"]
    warnings: tuple[str, ...] = ()
    below: str = ""

    @property
    def name(self) -> str:
        """What it is called: its path in the workspace."""
        return f"{self.below}/{self.file.name}" if self.below else self.file.name

    @property
    def key(self) -> str:
        """What a person's consent is kept under."""
        return instructions_key(self.file)

    def prompt(self) -> str:
        """What stands in the memory part: nothing unless it is ready."""
        if self.state != "ready" or not self.text.strip():
            return ""
        about = f' about="files below {html.escape(self.below)}/, where it goes before what stands above"' * bool(
            self.below
        )
        head = f'<project_instructions file="{html.escape(self.name)}"{about}>'
        return f"{head}\n{self.text.strip()}\n</project_instructions>"


def instructions_key(file: Path) -> str:
    """What the consent to a file of instructions is kept under."""
    return f"instructions:{file}"


def find_instructions(workspace: Path, consents: ConsentBook | None) -> tuple[ProjectInstructions | None, list[str]]:
    """The nearest file of instructions, and sentences about those that can't be read; blocks.

    It looks in the workspace and above it up to the repository's root; outside of a repository in the workspace alone.
    """
    problems: list[str] = []
    folders, root = _folders(workspace)
    for folder in folders:
        for name in NAMES:
            file = folder / name
            if not os.path.lexists(file):
                continue
            try:
                return _read(file, root, consents), problems
            except OSError as error:
                problems.append(f"{file} can't be read, so it is not followed: {error.strerror or error}")
    return None, problems


def find_nested(
    workspace: Path, folders: Iterable[Path], consents: ConsentBook | None
) -> tuple[list[ProjectInstructions], list[str]]:
    """The instructions in these folders of the workspace and in those between, outermost first, and what is wrong.

    It blocks. At most twenty are read; the workspace's own are not among them.
    """
    workspace = workspace.resolve()
    _, root = _folders(workspace)
    between = {each for folder in folders for each in (folder, *folder.parents) if _is_inside(each, workspace)}
    found: list[ProjectInstructions] = []
    problems: list[str] = []
    for folder in sorted(between, key=lambda each: (len(each.parts), each)):
        file = next((folder / name for name in NAMES if os.path.lexists(folder / name)), None)
        if file is None or len(found) >= MOST_NESTED:
            continue
        try:
            below = folder.relative_to(workspace).as_posix()
            found.append(replace(_read(file, root, consents), below=below))
        except OSError as error:
            problems.append(f"{file} can't be read, so it is not followed: {error.strerror or error}")
    return found, problems


def nested_folders(workspace: Path) -> list[Path]:
    """The folders below a workspace that have instructions, of the first 20,000 files that are not ignored; blocks."""
    root = workspace.resolve()
    paths = islice(IgnoreRules(root).walk(root), MOST_WALKED)
    return sorted({path.parent for path, is_folder in paths if not is_folder and path.name in NAMES} - {root})


def _is_inside(folder: Path, workspace: Path) -> bool:
    return folder != workspace and folder.is_relative_to(workspace)


def _folders(workspace: Path) -> tuple[list[Path], Path]:
    """The folders to look in, the nearest first, and what no link may lead out of."""
    workspace = workspace.resolve()
    above = [workspace, *workspace.parents]
    depth = next((n for n, folder in enumerate(above) if (folder / ".git").exists()), 0)
    return above[: depth + 1], above[depth]


def _read(file: Path, root: Path, consents: ConsentBook | None) -> ProjectInstructions:
    target = file.resolve(strict=True)
    if not target.is_relative_to(root):
        raise OSError(0, f"it is a link to {target}, outside of {root}")
    text, warnings = _text_of(target, file)
    if file.name == NAMES[1]:
        imports = Imports(root, lambda imported: _text_of(imported, imported)[0])
        text = imports.put_in(text, target)
        warnings += imports.warnings
    if len(text) > LONGEST_CHARS:
        warnings.append(f"{file} has more than {LONGEST_CHARS:,} characters; the model is told the first of them")
        text = f"{text[:LONGEST_CHARS]}\n[The rest of the file is left out.]"
    digest = digest_of_text(text)
    key = instructions_key(file)
    agreed = consents is not None and consents.holds(key, digest)
    changed = consents is not None and consents.was_given(key)
    state: Literal["ready", "untrusted", "changed"] = "ready" if agreed else "changed" if changed else "untrusted"
    return ProjectInstructions(file, text, digest, state, tuple(warnings))


def _text_of(target: Path, file: Path) -> tuple[str, list[str]]:
    """The text of a regular file up to the bound, and sentences about it. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(target, flags)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is no regular file")
        data = opened.read(LONGEST_BYTES)
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        is_cut = error.start >= len(data) - 4 and len(data) >= LONGEST_BYTES
        warnings = [] if is_cut else [f"{file} is not all UTF-8; what is not is shown as �"]
        return data.decode("utf-8", "replace"), warnings
