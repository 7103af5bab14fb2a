"""Which files of a workspace are worth looking at: .gitignore files, and folders that nobody means."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pathspec

SKIPPED_FOLDERS = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        "node_modules",
        ".venv",
        "venv",
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
    }
    | {".tox", ".idea", ".next", ".cache"}
)


class IgnoreRules:
    """The .gitignore files from the workspace's root down to a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._specs: dict[Path, pathspec.GitIgnoreSpec | None] = {}

    def ignores(self, path: Path, *, is_folder: bool) -> bool:
        """True if a path below the root is ignored: by its name, or by a .gitignore at or above it."""
        if is_folder and path.name in SKIPPED_FOLDERS:
            return True
        ignored = False
        folders = [
            self._root,
            *(self._root.joinpath(*path.parts[len(self._root.parts) : end]) for end in self._depths(path)),
        ]
        for folder in folders:
            spec = self._spec(folder)
            if spec is None:
                continue
            relative = path.relative_to(folder).as_posix() + ("/" if is_folder else "")
            found = spec.check_file(relative).include
            ignored = ignored if found is None else found
        return ignored

    def walk(self, folder: Path, depth: int | None = None) -> Iterator[tuple[Path, bool]]:
        """Everything below `folder` that is not ignored, as (path, is_folder), folders' contents sorted by name.

        Links to folders are listed and not entered; `depth` 1 is the folder itself.
        """
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            path = folder / entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if self.ignores(path, is_folder=is_folder):
                continue
            yield path, is_folder
            if is_folder and (depth is None or depth > 1):
                yield from self.walk(path, None if depth is None else depth - 1)

    def _depths(self, path: Path) -> range:
        return range(len(self._root.parts) + 1, len(path.parts))

    def _spec(self, folder: Path) -> pathspec.GitIgnoreSpec | None:
        if folder not in self._specs:
            file = folder / ".gitignore"
            try:
                lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
                self._specs[folder] = pathspec.GitIgnoreSpec.from_lines(lines)
            except OSError:
                self._specs[folder] = None
        return self._specs[folder]
