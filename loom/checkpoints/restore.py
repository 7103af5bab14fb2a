"""Taking files back: what is there now is stored first, and each file is looked at again before it is changed."""

from __future__ import annotations

import time
from dataclasses import dataclass

from loom.checkpoints.blobs import BlobStore
from loom.checkpoints.changes import content
from loom.checkpoints.disk import WorkspaceFiles
from loom.checkpoints.plans import RestorePlan, RestoreProblem, RestoreStep
from loom.checkpoints.states import ABSENT, FileState, FileStates
from loom.errors import CheckpointError


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """What was done: the paths that are as they were, and the problems, the plan's among them.

    `undo` are the states before it of all files that were changed, `after` those after it: a plan to `undo`, with
    `after` expected, brings everything back that nobody changed since.
    """

    restored: tuple[str, ...]
    problems: tuple[RestoreProblem, ...]
    undo: FileStates
    after: FileStates


def carry_out(plan: RestorePlan, files: WorkspaceFiles, blobs: BlobStore, *, include_conflicts: bool) -> RestoreResult:
    """Do the steps of a plan. One that can't be done is a problem, and the others are done all the same."""
    taken_ns = time.time_ns()
    problems = list(plan.problems)
    ready: list[tuple[RestoreStep, FileState]] = []
    for step in plan.steps:
        if step.is_conflict and not include_conflicts:
            message = f"{step.path!r} was changed by somebody else since, and is left as it is"
            problems.append(RestoreProblem(step.path, message))
            continue
        try:
            ready.append((step, _secured(step, files, blobs)))
        except CheckpointError as error:
            problems.append(RestoreProblem(step.path, str(error)))
    blobs.settle()
    undo: dict[str, FileState] = {}
    restored: list[str] = []
    # Files go before others come, the deepest first: a folder may stand where a file has to be, or the reverse.
    ready.sort(key=lambda each: (each[0].action != "delete", -each[0].path.count("/") * (each[0].action == "delete")))
    for step, now in ready:
        try:
            _do(step, files, blobs)
            undo[step.path] = now if now.is_present else ABSENT
            restored.append(step.path)
        except CheckpointError as error:
            problems.append(RestoreProblem(step.path, str(error)))
            undo.update(_lost(step, now, files, blobs))
    for folder in plan.folders:
        if any(path.startswith(f"{folder}/") for path in undo):
            files.remove_folder(files.locate(folder))
    after = {path: state for path in undo if (state := _now(path, files, blobs)) is not None}
    blobs.settle()
    states = (FileStates(each, taken_ns=taken_ns) for each in (undo, after))
    return RestoreResult(tuple(restored), tuple(problems), *states)


def _secured(step: RestoreStep, files: WorkspaceFiles, blobs: BlobStore) -> FileState:
    """The state of a file now, its content stored. Raises CheckpointError if it is not as planned, or can't be kept."""
    now = files.look(files.locate(step.path), blobs.put)
    if not now.same(step.now):
        raise CheckpointError(f"{step.path!r} changed since the plan was made; it is left alone")
    if now.is_present and not now.kept:
        raise CheckpointError(f"{step.path!r} is left alone, since there is no room to keep what it holds now")
    return now


def _do(step: RestoreStep, files: WorkspaceFiles, blobs: BlobStore) -> None:
    place = files.locate(step.path)
    if step.action == "delete":
        files.remove(place, step.now)
    elif step.action == "mode":
        files.set_mode(place, step.to.mode, step.now)
    elif step.to.kind == "link":
        files.write_link(place, content(step.path, step.to, blobs), step.now)
    else:
        files.write(place, content(step.path, step.to, blobs), step.to.mode, step.now)


def _lost(step: RestoreStep, now: FileState, files: WorkspaceFiles, blobs: BlobStore) -> dict[str, FileState]:
    """What a step that failed half-way took: a link that made way for a file that could not be written."""
    left = _now(step.path, files, blobs)
    return {step.path: now} if now.is_present and left is not None and left.kind == "absent" else {}


def _now(path: str, files: WorkspaceFiles, blobs: BlobStore) -> FileState | None:
    try:
        return files.look(files.locate(path), blobs.put)
    except CheckpointError:
        return None
