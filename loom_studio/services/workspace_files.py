"""The files of a workspace by their paths, for completion: what is ignored there is left out."""

from __future__ import annotations

import time
from pathlib import Path

from loom.ignore import IgnoreRules
from loom.threads import in_thread
from loom_studio.services.fuzzy import best_of_many

MOST_FILES = 20_000
FRESH_S = 10.0
PAUSE_EVERY = 100


class WorkspaceFiles:
    """Reads the files of one folder in a thread, when they are asked for and not fresh. `is_cut` says it has more."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_cut = False
        self._paths: list[str] = []
        self._read_at = 0.0

    async def matching(self, typed: str, limit: int) -> list[str]:
        """The paths that fit best, relative to the folder; folders end with a slash."""
        if not self._read_at or time.monotonic() - self._read_at > FRESH_S:
            self._paths, self.is_cut = await in_thread(_walk, self.root)
            self._read_at = time.monotonic()
        return await best_of_many(typed, self._paths, limit)


def _walk(root: Path) -> tuple[list[str], bool]:
    paths: list[str] = []
    for path, is_folder in IgnoreRules(root).walk(root):
        if len(paths) >= MOST_FILES:
            return paths, True
        paths.append(path.relative_to(root).as_posix() + ("/" if is_folder else ""))
        if len(paths) % PAUSE_EVERY == 0:
            time.sleep(0)  # the window wants the interpreter too
    return paths, False
