"""Which workspaces' memories are used: those that were begun here, and those that the person said yes to.

A folder that somebody else made may bring files that speak to the model.
"""

from __future__ import annotations

import json
from pathlib import Path

from loom.files import write_private

FILE = "memory-trust.json"


class WorkspaceTrust:
    """The folders, in a file of the person's profile. Everything blocks; a damaged file trusts nothing."""

    def __init__(self, profile: Path) -> None:
        self._file = profile / FILE

    def trusts(self, workspace: Path) -> bool:
        """Whether this folder's memory is used."""
        return str(workspace.resolve()) in self._trusted()

    def trust(self, workspace: Path) -> None:
        """Use this folder's memory from now on. Raises OSError."""
        self._store({*self._trusted(), str(workspace.resolve())})

    def distrust(self, workspace: Path) -> None:
        """Use this folder's memory no longer. Raises OSError."""
        self._store(self._trusted() - {str(workspace.resolve())})

    def _trusted(self) -> set[str]:
        try:
            return {str(folder) for folder in json.loads(self._file.read_text(encoding="utf-8"))["trusted"]}
        except (OSError, ValueError, KeyError, TypeError):
            return set()

    def _store(self, trusted: set[str]) -> None:
        write_private(self._file, json.dumps({"trusted": sorted(trusted)}, indent=1))
