"""Earlier texts of agent files, kept when one is saved, changed outside or deleted; and the way back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loom.files import write_private
from loom.textdiff import unified
from loom_studio.texts import tr

MOST_KEPT = 50
"""How many versions of one agent file are kept; the oldest goes first."""
LARGEST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class AgentVersion:
    """A text that a file once had, and since when (seconds since 1970)."""

    file: Path
    at: float

    @property
    def words(self) -> str:
        """When, in the time of this place."""
        return datetime.fromtimestamp(self.at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


class AgentVersions:
    """A folder with a folder for each agent file, by its name. Everything here blocks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, file: Path, text: str) -> None:
        """Keep a text as the newest version of a file, unless it is that already. Raises OSError."""
        if len(text.encode()) > LARGEST_BYTES:
            return
        known = self.versions(file)
        if known and self.text(known[0]) == text:
            return
        stamp = time.time_ns() // 1000
        write_private(self._place(file) / f"{stamp}.toml", text)
        for old in self.versions(file)[MOST_KEPT:]:
            old.file.unlink(missing_ok=True)

    def versions(self, file: Path) -> list[AgentVersion]:
        """The versions of a file, newest first."""
        found = [each for each in self._place(file).glob("*.toml") if each.stem.isdigit()]
        return [AgentVersion(each, int(each.stem) / 1e6) for each in sorted(found, key=lambda e: -int(e.stem))]

    def text(self, version: AgentVersion) -> str:
        """What a version says; empty if it is gone."""
        try:
            return version.file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def diff(self, version: AgentVersion, text: str) -> str:
        """What leads from a version to a text, as a unified diff; empty if they are the same."""
        return unified(self.text(version).encode(), text.encode(), version.words, tr("now"))

    def _place(self, file: Path) -> Path:
        return self.folder / file.stem
