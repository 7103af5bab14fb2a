"""Looks at files before and after the tools that change them, so that it can be shown and taken back."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from loom.checkpoints import CheckpointLimits, CheckpointStore
from loom.checkpoints.changes import FileChange
from loom.checkpoints.history import FileEdit, read_edit
from loom.checkpoints.states import ABSENT, FileStates
from loom.config.tools import ToolSpec
from loom.errors import CheckpointError
from loom.memory.records import Record
from loom.threads import in_thread

log = logging.getLogger(__name__)

FILES_CHANGED = "files.changed"
MOST_SCANNED_FILES = 3_000
"""In a larger workspace, what commands change is not looked for: only what the edit tools change is."""
MOST_LISTED = 2_000


class Checkpointer:
    """The checkpoints of one session. A look that fails is noted and stops no tool."""

    def __init__(self, folder: Path, workspace: Path, session_id: str) -> None:
        self._folder = folder
        self._workspace = workspace
        self._session_id = session_id
        self._store: CheckpointStore | None = None
        self._hashes: set[str] = set()
        self._seen: FileStates | None = None
        self._is_too_large = False

    def take_up(self, records: Iterable[Record]) -> None:
        """Know what the session changed before, so that it is kept on; blocks."""
        for record in records:
            try:
                edit = read_edit(record.n, record.data)
            except (KeyError, TypeError, ValueError):
                continue
            self._hashes |= edit.before.hashes() | edit.after.hashes()

    async def before(self, tool: ToolSpec, arguments: dict[str, Any]) -> FileStates | None:
        """How the files are that the call may change; None where that is not looked at."""
        if not changes_files(tool) or self._is_too_large:
            return None
        try:
            return await in_thread(self._look, tool, arguments)
        except (CheckpointError, OSError) as error:
            log.warning("No checkpoint before %s: %s", tool.name, error)
            return None

    async def after(self, tool: ToolSpec, arguments: dict[str, Any], before: FileStates) -> dict[str, Any] | None:
        """What the call changed, as an event says it; None if nothing, or where that can't be told."""
        try:
            return await in_thread(self._compare, tool, arguments, before)
        except (CheckpointError, OSError) as error:
            log.warning("No checkpoint after %s: %s", tool.name, error)
            return None

    def _look(self, tool: ToolSpec, arguments: dict[str, Any]) -> FileStates | None:
        store = self._opened()
        if tool.extensions.get("edits"):
            return store.before_edit([str(arguments["path"])])
        self._seen = store.scan(self._seen)
        if not self._seen.whole:
            self._is_too_large = True
            log.info("What commands change in %s is not kept: it holds too many files", self._workspace)
            return None
        return self._seen

    def _compare(self, tool: ToolSpec, arguments: dict[str, Any], before: FileStates) -> dict[str, Any] | None:
        store = self._opened()
        after = self._look(tool, arguments)
        if after is None:
            return None
        changes = store.changes(before, after)[:MOST_LISTED]
        if not changes:
            return None
        paths = [change.path for change in changes]
        edit = FileEdit(0, "", _only(before, paths), _only(after, paths))
        self._hashes |= edit.before.hashes() | edit.after.hashes()
        store.hold(self._session_id, self._hashes)
        return {"files": [_told(change) for change in changes], **edit.to_payload()}

    def _opened(self) -> CheckpointStore:
        if self._store is None:
            self._store = CheckpointStore(
                self._folder, self._workspace, CheckpointLimits(most_files=MOST_SCANNED_FILES)
            )
        return self._store


def changes_files(tool: ToolSpec) -> bool:
    """Whether files are looked at around a tool's calls."""
    return bool(tool.extensions.get("edits") or tool.extensions.get("runs_commands"))


def _only(states: FileStates, paths: list[str]) -> FileStates:
    return FileStates({path: states.get(path) or ABSENT for path in paths}, taken_ns=states.taken_ns)


def _told(change: FileChange) -> dict[str, Any]:
    return {
        "path": change.path,
        "what": change.what,
        "added_lines": change.added_lines,
        "removed_lines": change.removed_lines,
    }
