"""What an agent changed in a session, from the events in its log: shown as one change a file, and taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from loom.checkpoints.changes import FileChange
from loom.checkpoints.plans import RestorePlan
from loom.checkpoints.states import FileStates
from loom.checkpoints.store import CheckpointStore


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What one tool call changed: the files before and after, and its place `n` in the session's log."""

    n: int
    call_id: str
    before: FileStates
    after: FileStates

    def to_payload(self) -> dict[str, Any]:
        """The edit, as the event `files.changed` carries it beside its list of files."""
        return {"before": self.before.to_dict(), "after": self.after.to_dict()}


def read_edit(n: int, payload: dict[str, Any]) -> FileEdit:
    """The edit in an event's payload. Raises KeyError, TypeError or ValueError for anything else."""
    before, after = FileStates.from_dict(payload["before"]), FileStates.from_dict(payload["after"])
    return FileEdit(n, payload["call_id"], before, after)


@dataclass(frozen=True, slots=True)
class ChangedFiles:
    """All that was changed since some moment: how the files were then, how the agent left them, and each change."""

    before: FileStates
    after: FileStates
    changes: tuple[FileChange, ...] = ()


def changed_since(store: CheckpointStore, edits: Iterable[FileEdit], n: int = 0) -> ChangedFiles:
    """What the edits after record `n` changed together; blocks."""
    chosen = [edit for edit in edits if edit.n > n]
    before, after = FileStates(), FileStates()
    for edit in chosen:
        before = edit.before.merged(before)  # the earliest look at a file counts
        after = after.merged(edit.after)
    return ChangedFiles(before, after, tuple(store.changes(before, after)))


def plan_to_restore(store: CheckpointStore, changed: ChangedFiles, paths: list[str] | None = None) -> RestorePlan:
    """What taking these files back would do now; what the person changed since is a conflict. Blocks."""
    return store.plan_restore(changed.before, paths, expected=changed.after)
