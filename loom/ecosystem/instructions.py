"""A project's own instructions: the nearest AGENTS.md, from the workspace up to its repository."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loom.ecosystem.content import digest_of_text
from loom.safety.consents import ConsentBook

NAMES = ("AGENTS.md", "CLAUDE.md")
"""In each folder the first of these that is there; the second is what another program calls it."""
LONGEST_CHARS = 32_000
LONGEST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class ProjectInstructions:
    """The instructions of a project: `text` is what a model is told once the person agreed to it.

    `state` is ready, untrusted (never agreed to) or changed (since it was). `warnings` are sentences.
    """

    file: Path
    text: str
    digest: str
    state: Literal["ready", "untrusted", "changed"]
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What a person's consent is kept under."""
        return instructions_key(self.file)

    def prompt(self) -> str:
        """What stands in the memory part: nothing unless it is ready."""
        if self.state != "ready" or not self.text.strip():
            return ""
        return f'<project_instructions file="{self.file.name}">\n{self.text.strip()}\n</project_instructions>'


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
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(target, flags)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is no regular file")
        data = opened.read(LONGEST_BYTES)
    warnings: list[str] = []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(data) - 4 or len(data) < LONGEST_BYTES:
            warnings.append(f"{file} is not all UTF-8; what is not is shown as �")
        text = data.decode("utf-8", "replace")
    if len(text) > LONGEST_CHARS:
        warnings.append(f"{file} has more than {LONGEST_CHARS:,} characters; the model is told the first of them")
        text = f"{text[:LONGEST_CHARS]}\n[The rest of the file is left out.]"
    digest = digest_of_text(text)
    key = instructions_key(file)
    agreed = consents is not None and consents.holds(key, digest)
    changed = consents is not None and consents.was_given(key)
    state: Literal["ready", "untrusted", "changed"] = "ready" if agreed else "changed" if changed else "untrusted"
    return ProjectInstructions(file, text, digest, state, tuple(warnings))
