"""What taking files back would do, before anything is done: a plan that a person can look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from loom.checkpoints.blobs import BlobStore
from loom.checkpoints.changes import content
from loom.checkpoints.disk import WorkspaceFiles, mode_of
from loom.checkpoints.scan import Sight, Walked, walk
from loom.checkpoints.states import ABSENT, CheckpointLimits, FileState, FileStates
from loom.errors import CheckpointError

_MOST_BELOW = 1_000


@dataclass(frozen=True, slots=True)
class RestoreStep:
    """What is to be done with one file: `now` is how it is, `to` how it will be.

    `is_conflict` says that it changed since the state that was expected: somebody else's edit would be taken back too.
    """

    path: str
    action: Literal["write", "delete", "mode"]
    now: FileState
    to: FileState
    is_conflict: bool = False


@dataclass(frozen=True, slots=True)
class RestoreProblem:
    """A file that can't be taken back, and why, in a sentence. `path` is empty if it is not about one file."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """All steps, sorted by path; `unchanged` files are as they are to be already.

    `folders` go with the last file in them, if they are empty then: those that were not there before.
    """

    steps: tuple[RestoreStep, ...] = ()
    problems: tuple[RestoreProblem, ...] = ()
    unchanged: int = 0
    folders: tuple[str, ...] = ()

    @property
    def conflicts(self) -> tuple[RestoreStep, ...]:
        """The steps that would take back what somebody else changed since."""
        return tuple(step for step in self.steps if step.is_conflict)


@dataclass(slots=True)
class Planner:
    """Makes one plan: to `before`, where `expected` is how the agent left the files."""

    files: WorkspaceFiles
    blobs: BlobStore
    limits: CheckpointLimits
    before: FileStates
    expected: FileStates | None
    steps: dict[str, RestoreStep] = field(default_factory=dict[str, RestoreStep])
    problems: list[RestoreProblem] = field(default_factory=list[RestoreProblem])
    unchanged: int = 0

    def plan(self, paths: Sequence[str] | None) -> RestorePlan:
        """The plan for all files, or for these and what is below them."""
        seen_expected = Sight(self.expected, self.blobs, self.files.root) if self.expected is not None else None
        wanted = self._wanted()
        if paths is not None:
            wanted = self._only(wanted, paths)
        for path, to in sorted(wanted.items()):
            try:
                step = self._step(path, to)
            except CheckpointError as error:
                self.problems.append(RestoreProblem(path, str(error)))
                continue
            if step is None:
                self.unchanged += 1
            else:
                is_conflict = seen_expected is not None and self._is_conflict(step, seen_expected)
                self.steps[path] = replace(step, is_conflict=is_conflict)
        for step in list(self.steps.values()):
            try:
                self._check_way(step)
            except CheckpointError as error:
                del self.steps[step.path]
                self.problems.append(RestoreProblem(step.path, str(error)))
        steps = tuple(self.steps[path] for path in sorted(self.steps))
        return RestorePlan(steps, tuple(self.problems), self.unchanged, self._folders())

    def _wanted(self) -> dict[str, FileState]:
        """What each file is to be. Files that are not in `before` were added since, if it would have seen them."""
        wanted = {path: state for path, state in self.before.files.items() if state.kind != "folder"}
        if not self.before.whole:
            return wanted
        sight = Sight(self.before, self.blobs, self.files.root)
        if sight.problem:
            self.problems.append(RestoreProblem("", sight.problem))
            return wanted
        walked = walk(self.files, self.limits.most_files) if self.expected is None else Walked()
        if walked.is_cut:
            most = f"{self.limits.most_files:,}"
            message = f"There are more than {most} files now; those that were added beyond that are left alone"
            self.problems.append(RestoreProblem("", message))
        left = (self.expected or FileStates()).files
        added = {*walked.files, *(path for path, state in left.items() if state.is_present)}
        return wanted | {path: ABSENT for path in added - wanted.keys() if sight.covers(path)}

    def _only(self, wanted: dict[str, FileState], paths: Iterable[str]) -> dict[str, FileState]:
        chosen: dict[str, FileState] = {}
        for path in paths:
            found = {name: state for name, state in wanted.items() if name == path or name.startswith(f"{path}/")}
            if not found:
                self.problems.append(RestoreProblem(path, f"{path!r} is not part of this checkpoint"))
            chosen |= found
        return chosen

    def _step(self, path: str, to: FileState) -> RestoreStep | None:
        """What has to be done with a file, None for nothing. Raises CheckpointError if it can't be done."""
        place = self.files.locate(path)
        seen = self.files.stat(place)
        known = self.before.unchanged(path, seen) if seen is not None else None
        now = self.files.look(place, seen=seen) if known is None or seen is None else replace(known, mode=mode_of(seen))
        if now.same(to) or (not to.is_present and now.kind == "folder"):
            return None
        if now.kind == "other" or to.kind == "other":
            raise CheckpointError(f"{path!r} is or was a pipe, a socket or a device, which checkpoints never touch")
        if now.is_present and now.hash is None:
            raise CheckpointError(
                f"{path!r} is left alone, since what it holds now ({now.size:,} bytes) is too large to be kept or "
                "can't be read, and could not be brought back"
            )
        if to.kind == "absent":
            return RestoreStep(path, "delete", now, to)
        if now.same_content(to):
            return RestoreStep(path, "mode", now, to)
        content(path, to, self.blobs)
        return RestoreStep(path, "write", now, to)

    def _is_conflict(self, step: RestoreStep, seen: Sight) -> bool:
        left = self.expected.get(step.path) if self.expected is not None else None
        if left is None and seen.covers(step.path):
            left = ABSENT
        if left is not None and not left.is_present:
            return step.now.is_present
        return left is None or not left.same(step.now)

    def _check_way(self, step: RestoreStep) -> None:
        """Raise CheckpointError if something stands where a step's folders or file have to be, and does not go."""
        if step.action != "write":
            return
        above = self.files.blocker(step.path)
        if above is not None:
            self._need(step, [above], f"{above!r} is no folder now")
        elif step.now.kind == "folder":
            self._need(step, self._below(step.path), f"{step.path!r} is a folder now, with other files in it")

    def _need(self, step: RestoreStep, others: list[str], why: str) -> None:
        needed = [self.steps.get(path) for path in others]
        if any(other is None or other.action != "delete" for other in needed):
            raise CheckpointError(f"{step.path!r} can't be written: {why}")
        if any(other is not None and other.is_conflict for other in needed):
            self.steps[step.path] = replace(step, is_conflict=True)

    def _below(self, folder: str) -> list[str]:
        """The files below a folder, ignored ones among them: the first thousand."""
        found: list[str] = []
        waiting = [folder]
        while waiting and len(found) < _MOST_BELOW:
            here = waiting.pop()
            names, folders = self.files.names(here)
            found += names
            waiting += folders
        return found

    def _folders(self) -> tuple[str, ...]:
        """Folders above deleted files that were not there before, the deepest first."""
        if not self.before.whole:
            return ()
        kept = {path for path, state in self.before.files.items() if state.kind == "folder"}
        kept |= {above for path in self.before.files for above in _above(path)}
        deleted = {above for step in self.steps.values() if step.action == "delete" for above in _above(step.path)}
        return tuple(sorted(deleted - kept, key=lambda path: (-path.count("/"), path)))


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]
