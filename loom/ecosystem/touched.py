"""The files that an agent worked with: they say which nested instructions and which skills are about its work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pathspec

from loom.ecosystem.instructions import ProjectInstructions, find_nested
from loom.safety.consents import ConsentBook
from loom.safety.rules import shown_path

MOST_TOUCHED = 5_000


class TouchedFiles:
    """Files of one workspace (its real path) by their paths in it, in the order in which tools were about them."""

    def __init__(self, workspace: Path | None) -> None:
        self._workspace = workspace
        self._paths: dict[str, None] = {}

    def take(self, arguments: dict[str, Any]) -> bool:
        """Note the file that a call was about; True if it is a new one of the workspace; blocks."""
        if self._workspace is None or len(self._paths) >= MOST_TOUCHED:
            return False
        path = shown_path(arguments, self._workspace)
        if path is None or path in self._paths:
            return False
        if not (self._workspace / path).resolve().is_relative_to(self._workspace):
            return False
        self._paths[path] = None
        return True

    def fit(self, patterns: Sequence[str]) -> bool:
        """Whether one of them fits one of these patterns, as .gitignore has them; without patterns always."""
        if not patterns:
            return True
        try:
            return any(pathspec.GitIgnoreSpec.from_lines(patterns).match_files(self._paths))
        except ValueError:
            return False

    def instructions(self, consents: ConsentBook) -> tuple[list[ProjectInstructions], list[str]]:
        """The instructions nearest to them, below the workspace's own, and what is wrong with some; blocks."""
        if self._workspace is None or not self._paths:
            return [], []
        workspace = self._workspace
        folders = {each if each.is_dir() else each.parent for each in (workspace / path for path in self._paths)}
        return find_nested(workspace, folders, consents)
