"""CheckpointStore: how the files of a workspace were, what changed, and how to take it back. No version control."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from loom.checkpoints.blobs import BlobStore
from loom.checkpoints.changes import FileChange, changed_paths, content, described, diff_of
from loom.checkpoints.disk import WorkspaceFiles
from loom.checkpoints.plans import Planner, RestorePlan
from loom.checkpoints.restore import RestoreResult, carry_out
from loom.checkpoints.scan import Sight, scan
from loom.checkpoints.states import ABSENT, DEFAULT_LIMITS, OTHER, CheckpointLimits, FileState, FileStates
from loom.errors import CheckpointError
from loom.textdiff import is_binary, without_hunk


class CheckpointStore:
    """The checkpoints of one workspace. Its methods block: call them in a thread; several threads may at a time.

    `folder` is where contents are stored, private to the person; sessions, workspaces and processes may share it.
    Raises CheckpointError if it is inside the workspace or the workspace inside it, if it can't be made, or if there is
    no workspace.
    """

    def __init__(self, folder: Path, workspace: Path, limits: CheckpointLimits = DEFAULT_LIMITS) -> None:
        try:
            self._files = WorkspaceFiles(workspace, limits.largest_file_bytes)
        except OSError as error:
            raise CheckpointError(f"There is no workspace {str(workspace)!r}: {error.strerror}") from error
        kept_in = folder.resolve()
        if kept_in.is_relative_to(self._files.root) or self._files.root.is_relative_to(kept_in):
            raise CheckpointError(
                f"Checkpoints of {str(self._files.root)!r} can't be kept in {str(kept_in)!r}: one is inside the other"
            )
        self._limits = limits
        self._blobs = BlobStore(kept_in, limits)

    def before_edit(self, paths: Sequence[str | Path]) -> FileStates:
        """The states of exactly these files, their content stored; call it after the edit too, for how they are then.

        Ignored files count. A link is stored as a link, and the file that it leads to as well, if that is inside.
        Raises CheckpointError for a path outside the workspace.
        """
        taken_ns = time.time_ns()
        states: dict[str, FileState] = {}
        for given in paths:
            name = self._files.named(given)
            states[name] = self._state(name)
            target = self._files.link_target(self._files.root / name) if states[name].kind == "link" else None
            if target is not None:
                name = self._files.named(target)
                states[name] = self._state(name)
        self._blobs.settle()
        return FileStates(states, taken_ns=taken_ns)

    def scan(self, known: FileStates | None = None) -> FileStates:
        """The states of all files of the workspace that its ignore files leave, their content stored.

        A file whose size, time and inode are as in `known` is not read again. `notes` says what was left out.
        """
        return scan(self._files, self._blobs, self._limits, known or FileStates())

    def earliest(self, states: Sequence[FileStates]) -> FileStates:
        """Several looks, in the order of time, as one: how each file was when it was first looked at.

        A file that a whole look would have seen, and did not, was absent then.
        """
        if not states:
            return FileStates()
        first = states[0]
        sight = Sight(first, self._blobs, self._files.root)
        files: dict[str, FileState] = {}
        for each in states:
            for path, state in each.files.items():
                files.setdefault(path, ABSENT if each is not first and sight.covers(path) else state)
        notes = tuple(dict.fromkeys(note for each in states for note in each.notes))
        return FileStates(files, first.whole, first.taken_ns, first.rules, first.unseen, notes)

    def changes(self, before: FileStates, after: FileStates) -> list[FileChange]:
        """What was added, changed and deleted, sorted by path, of the files that both can speak about."""
        sights = [Sight(states, self._blobs, self._files.root) for states in (before, after)]
        return [described(*each, self._blobs) for each in changed_paths(before, after, *sights)]

    def diff(self, path: str, before: FileStates, after: FileStates) -> str:
        """The unified diff of one file; empty if it is no text (`FileChange.note` says so) or did not change.

        Raises CheckpointError if a content is not kept.
        """
        return diff_of(path, before.get(path) or ABSENT, after.get(path) or ABSENT, self._blobs)

    def plan_restore(
        self, before: FileStates, paths: Sequence[str] | None = None, expected: FileStates | None = None
    ) -> RestorePlan:
        """What taking files back to `before` would do, as they are on the disk now. Nothing is changed.

        `paths` are files or folders, all if left out. `expected` is how the agent left the files: what differs from
        that is somebody else's edit, a conflict, and files that came later are left alone. Without it every file that a
        whole `before` would have seen is taken back, and files that came since are deleted.
        """
        return Planner(self._files, self._blobs, self._limits, before, expected).plan(paths)

    def restore(self, plan: RestorePlan, *, include_conflicts: bool = False) -> RestoreResult:
        """Do what a plan says. What is there now is stored first, so that it can be taken back too.

        `plan_restore(result.undo, expected=result.after)` is the plan for that. A file that is not as the plan saw
        it, or whose present content can't be stored, is left alone, and a problem.
        """
        return carry_out(plan, self._files, self._blobs, include_conflicts=include_conflicts)

    def revert_hunk(self, path: str, before: FileStates, after: FileStates, hunk: int) -> FileStates:
        """Take one hunk of `diff` back, the first is 0, from the file as it is now; gives its states afterwards.

        What was there is stored. A file that the hunk made is deleted, one that it deleted is written. Raises
        CheckpointError if the hunk no longer applies, or the file is no text.
        """
        old, new = before.get(path) or ABSENT, after.get(path) or ABSENT
        place = self._files.locate(path)
        left, right = content(path, old, self._blobs), content(path, new, self._blobs)
        now = self._state(path)
        if (now.is_present and not now.kept) or "link" in (old.kind, new.kind, now.kind) or now.kind == "folder":
            raise CheckpointError(f"{path!r} can't be changed in part: it is no file now, or too large to be kept")
        present = content(path, now, self._blobs)
        if any(is_binary(data) for data in (left, right, present)):
            raise CheckpointError(f"{path!r} is not text, so it can only be taken back as a whole")
        if new.is_present != now.is_present:
            raise CheckpointError(
                f"{path!r} was {'deleted' if new.is_present else 'made again'} since; nothing is changed"
            )
        try:
            made = without_hunk(left, right, present, hunk)
        except CheckpointError as error:
            raise CheckpointError(f"{path!r}: {error}") from error
        if not made and not old.is_present:
            self._files.remove(place, now)
        else:
            self._files.write(place, made, now.mode if now.is_present else old.mode, now)
        return FileStates({path: self._state(path)}, taken_ns=time.time_ns())

    def save(self, states: FileStates) -> str:
        """Store the states themselves, for a log that is to stay small; gives the hash that `load` takes.

        `states.hashes()` and this hash are what has to be kept. Raises CheckpointError if there is no room.
        """
        data = json.dumps(states.to_dict(), separators=(",", ":")).encode()
        name, is_kept = self._blobs.put(data)
        self._blobs.settle()
        if not is_kept:
            raise CheckpointError(f"There is no room to keep what is known of {len(states):,} files")
        return name

    def load(self, name: str) -> FileStates:
        """The states that `save` stored. Raises CheckpointError if they are gone or damaged."""
        try:
            return FileStates.from_dict(json.loads(self._blobs.read(name)))
        except ValueError as error:
            raise CheckpointError(f"The stored content {name[:12]} is no set of states: {error}") from error

    def hold(self, owner: str, hashes: Iterable[str]) -> None:
        """Keep these contents until `release`, whatever room is needed; what the owner held before is let go."""
        self._blobs.hold(owner, hashes)

    def release(self, owner: str) -> None:
        """Let go what an owner held; its contents may be deleted when room is needed."""
        self._blobs.release(owner)

    def collect(self, keep: Iterable[str]) -> int:
        """Delete stored contents but those with these hashes, held ones, and those of the grace period; bytes freed."""
        return self._blobs.collect(keep)

    def size_bytes(self) -> int:
        """What all stored contents take on the disk."""
        return self._blobs.size_bytes()

    def _state(self, name: str) -> FileState:
        try:
            place = self._files.locate(name)
        except CheckpointError:
            return OTHER
        return self._files.look(place, self._blobs.put)
