"""What git did a moment ago in a folder, where many files changed at once: read from its own log of HEAD."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from loom.heartbeat.events import shown

RECENT_S = 15.0
TAIL_BYTES = 4096
LONGEST_CHARS = 80

_LINE = re.compile(r"> (\d+) [+-]\d{4}\t(.*)$")
_MOVED = re.compile(r"checkout: moving from (\S+) to (\S+)$")
_NAMED = re.compile(r"(pull|merge|rebase|reset|cherry-pick|revert|am|stash)\b[^:]*")


def git_cause(root: str, now: float | None = None) -> str:
    """The git command that moved HEAD of the repository at `root` just before `now`, in a few words; blocks.

    Empty without a repository, without such a command, or for one that changes no files, as a commit.
    """
    try:
        line = _last_line(_git_folder(Path(root)) / "logs" / "HEAD")
    except OSError:
        return ""
    found = _LINE.search(line)
    if found is None or not -RECENT_S <= (time.time() if now is None else now) - int(found[1]) <= RECENT_S:
        return ""
    if moved := _MOVED.match(found[2]):
        return shown(f"git checkout {moved[1]} → {moved[2]}"[:LONGEST_CHARS])
    named = _NAMED.match(found[2])
    return shown(f"git {named[0].strip()}"[:LONGEST_CHARS]) if named is not None else ""


def _git_folder(root: Path) -> Path:
    """The folder with the repository's logs: a linked work tree has a file that names it. Raises OSError."""
    git = root / ".git"
    if git.is_dir():
        return git
    return root / git.read_text(encoding="utf-8", errors="surrogateescape").removeprefix("gitdir:").strip()


def _last_line(file: Path) -> str:
    """Raises OSError."""
    with file.open("rb") as opened:
        opened.seek(0, os.SEEK_END)
        opened.seek(max(0, opened.tell() - TAIL_BYTES))
        lines = opened.read().decode(errors="replace").splitlines()
    return lines[-1] if lines else ""
