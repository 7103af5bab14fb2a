"""What the sessions changed in files: shown, compared, taken back. Files and database off the loop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from loom.errors import CheckpointError
from loom.threads import in_thread
from loom_studio.runtime_words import said, said_of
from loom_studio.services.sessions import SessionsService
from loom_studio.texts import marked, plural, tr

# The window is shown before the checkpoints are imported, which the first thread that reads them does.
if TYPE_CHECKING:
    from loom.checkpoints import CheckpointStore, RestorePlan
    from loom.checkpoints.history import ChangedFiles, FileEdit
    from loom.checkpoints.states import FileStates
    from loom.memory.sqlite_store import SQLiteStore

FILES_CHANGED = "files.changed"
MOST_SHOWN_CHARS = 400_000
ACTIONS = {
    "write": marked("{path}: write"),
    "delete": marked("{path}: delete"),
    "mode": marked("{path}: mode"),
}


class SessionChanges(NamedTuple):
    """What one session changed in its workspace since record `since`.

    `files` are as the session left them, `now` as they were when this was looked at: what is shown and taken back in
    parts is how they differ now from how they were before the session.
    """

    session_id: str
    workspace: Path
    since: int
    files: ChangedFiles
    now: FileStates

    @property
    def totals(self) -> tuple[int, int]:
        """Lines added and removed, of the files for which they are known."""
        added = sum(each.added_lines or 0 for each in self.files.changes)
        return added, sum(each.removed_lines or 0 for each in self.files.changes)

    @property
    def summary(self) -> str:
        """The changes in a line; empty if there are none."""
        count = len(self.files.changes)
        added, removed = self.totals
        if not count:
            return ""
        return plural(
            "{n} file changed +{added} −{removed}",
            "{n} files changed +{added} −{removed}",
            count,
            added=added,
            removed=removed,
        )


class RestorePreview(NamedTuple):
    """A plan, what it would change as a unified diff, and what stands in its way, in sentences."""

    plan: RestorePlan
    diff: str
    problems: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


class ChangesService:
    """Reads the edits of a session from its log, and their contents from the folder of checkpoints."""

    def __init__(self, sessions: SessionsService, folder: Path) -> None:
        self._sessions = sessions
        self._folder = folder
        self._undo: dict[str, tuple[Path, FileStates, FileStates]] = {}

    async def changes(self, session_id: str, workspace: Path, since: int = 0) -> SessionChanges:
        """What a session changed after record `since`. Raises CheckpointError, StoreError."""
        store = await self._sessions.store()
        return await in_thread(self._changes, store, session_id, workspace, since)

    async def diff(self, changes: SessionChanges, path: str) -> str:
        """The diff of one file, or a sentence why there is none."""
        return await in_thread(self._diff, changes, path)

    async def preview(self, changes: SessionChanges, paths: list[str] | None = None) -> RestorePreview:
        """What taking files back would do now. Raises CheckpointError."""
        return await in_thread(self._preview, changes, paths)

    async def restore(self, changes: SessionChanges, plan: RestorePlan, *, with_conflicts: bool) -> list[str]:
        """Take files back as a plan says; returns sentences about those that were left. It can be undone."""
        return await in_thread(self._restore, changes, plan, with_conflicts)

    def can_undo(self, session_id: str) -> bool:
        """True if the last restore of a session can be taken back."""
        return session_id in self._undo

    async def undo(self, session_id: str) -> list[str]:
        """Take the last restore back; returns sentences about files that were left."""
        return await in_thread(self._take_back, session_id)

    async def revert_hunk(self, changes: SessionChanges, path: str, hunk: int) -> None:
        """Take one hunk of a file's diff back, the first is 0. Raises CheckpointError."""
        before, now = changes.files.before, changes.now
        await in_thread(lambda: self._store(changes.workspace).revert_hunk(path, before, now, hunk))

    async def release(self, session_id: str, workspace: Path) -> None:
        """Let go of what is kept for a session that was deleted."""
        self._undo.pop(session_id, None)
        try:
            await in_thread(lambda: self._store(workspace).release(session_id))
        except CheckpointError:
            return  # no workspace, or none that has checkpoints

    def _store(self, workspace: Path) -> CheckpointStore:
        from loom.checkpoints import CheckpointStore

        return CheckpointStore(self._folder, workspace)

    def _changes(self, store: SQLiteStore, session_id: str, workspace: Path, since: int) -> SessionChanges:
        from loom.checkpoints.history import ChangedFiles, changed_since, read_edit
        from loom.checkpoints.states import FileStates
        from loom.memory.records import SESSION_REWOUND
        from loom.memory.replay import kept

        rewinds = store.records(session_id, kind=SESSION_REWOUND)
        edits: list[FileEdit] = []
        for record in kept(store.records(session_id, since, kind=FILES_CHANGED), rewinds):
            try:
                edits.append(read_edit(record.n, record.data))
            except (KeyError, TypeError, ValueError):
                continue
        if not edits:
            return SessionChanges(session_id, workspace, since, ChangedFiles(FileStates(), FileStates()), FileStates())
        checkpoints = self._store(workspace)
        found = changed_since(checkpoints, edits)
        # What was taken back since is not shown.
        now = checkpoints.before_edit([each.path for each in found.changes])
        left = tuple(checkpoints.changes(found.before, now))
        return SessionChanges(session_id, workspace, since, replace(found, changes=left), now)

    def _diff(self, changes: SessionChanges, path: str) -> str:
        try:
            store = self._store(changes.workspace)
            text = store.diff(path, changes.files.before, changes.now)
        except CheckpointError as error:
            return said_of(error)
        note = next((said(each.note) for each in changes.files.changes if each.path == path), "")
        return text[:MOST_SHOWN_CHARS] or note or tr("Only the rights of the file changed.")

    def _preview(self, changes: SessionChanges, paths: list[str] | None) -> RestorePreview:
        from loom.checkpoints.history import plan_to_restore
        from loom.checkpoints.states import FileStates

        store = self._store(changes.workspace)
        plan = plan_to_restore(store, changes.files, paths)
        pieces: list[str] = []
        now = store.before_edit([step.path for step in plan.steps])
        for step in plan.steps:
            try:
                diff = store.diff(step.path, now, FileStates({step.path: step.to}))
            except CheckpointError as error:
                diff = f"{said_of(error)}\n"
            pieces.append(diff or tr(ACTIONS[step.action], path=step.path) + "\n")
        problems = tuple(said(each.message) for each in plan.problems)
        return RestorePreview(
            plan, "\n".join(pieces)[:MOST_SHOWN_CHARS], problems, tuple(step.path for step in plan.conflicts)
        )

    def _restore(self, changes: SessionChanges, plan: RestorePlan, with_conflicts: bool) -> list[str]:
        result = self._store(changes.workspace).restore(plan, include_conflicts=with_conflicts)
        self._undo[changes.session_id] = (changes.workspace, result.undo, result.after)
        return [said(each.message) for each in result.problems]

    def _take_back(self, session_id: str) -> list[str]:
        workspace, undo, after = self._undo[session_id]
        store = self._store(workspace)
        result = store.restore(store.plan_restore(undo, expected=after))
        del self._undo[session_id]
        return [said(each.message) for each in result.problems]
