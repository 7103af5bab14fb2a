"""What changed between two looks at a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loom.checkpoints.blobs import BlobStore
from loom.checkpoints.scan import Sight
from loom.checkpoints.states import ABSENT, FileState, FileStates
from loom.errors import CheckpointError
from loom.textdiff import counts, is_binary, unified


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that is not as it was.

    `added_lines` and `removed_lines` are None for a binary file, and where a content is not kept; `note` says why in a
    sentence. Modes are permission bits, 0 where the file is absent.
    """

    path: str
    what: Literal["added", "changed", "deleted"]
    added_lines: int | None = None
    removed_lines: int | None = None
    is_binary: bool = False
    mode_before: int = 0
    mode_after: int = 0
    note: str = ""


def changed_paths(
    before: FileStates, after: FileStates, seen_before: Sight, seen_after: Sight
) -> Iterator[tuple[str, FileState, FileState]]:
    """The paths of both that differ, with their states. A path that one of them can't speak about is left out."""
    for path in sorted(before.files.keys() | after.files.keys()):
        old = before.get(path) or (ABSENT if seen_before.covers(path) else None)
        new = after.get(path) or (ABSENT if seen_after.covers(path) else None)
        if old is None or new is None:
            continue
        old, new = _counted(old), _counted(new)
        if not old.same(new):
            yield path, old, new


def described(path: str, old: FileState, new: FileState, blobs: BlobStore) -> FileChange:
    """A change with its numbers, as far as the contents are stored."""
    what = "added" if not old.is_present else "changed" if new.is_present else "deleted"
    modes = (old.mode, new.mode)
    if old.same_content(new):
        return FileChange(path, what, 0, 0, False, *modes)
    try:
        left, right = content(path, old, blobs), content(path, new, blobs)
    except CheckpointError as error:
        return FileChange(path, what, None, None, False, *modes, str(error))
    if is_binary(left) or is_binary(right):
        note = f"{path!r} is not text, so there is no diff of it ({len(left):,} bytes before, {len(right):,} after)"
        return FileChange(path, what, None, None, True, *modes, note)
    return FileChange(path, what, *counts(left, right), False, *modes)


def diff_of(path: str, old: FileState, new: FileState, blobs: BlobStore) -> str:
    """The unified diff of two states, empty for what is no text. Raises CheckpointError if a content is not kept."""
    left, right = content(path, old, blobs), content(path, new, blobs)
    if is_binary(left) or is_binary(right):
        return ""
    shown = path.encode("utf-8", "replace").decode()
    names = (f"a/{shown}" if old.is_present else "/dev/null", f"b/{shown}" if new.is_present else "/dev/null")
    return unified(left, right, *names)


def content(path: str, state: FileState, blobs: BlobStore) -> bytes:
    """The bytes of a state, none for an absent file. Raises CheckpointError if they are not kept or damaged."""
    if not state.is_present:
        return b""
    if state.hash is None or not state.kept:
        raise CheckpointError(
            f"The content of {path!r} was not kept: it is too large, can't be read, or there was no room "
            f"({state.size:,} bytes)"
        )
    try:
        return blobs.read(state.hash)
    except CheckpointError as error:
        raise CheckpointError(f"{path!r}: {error}") from error


def _counted(state: FileState) -> FileState:
    return state if state.is_present else ABSENT
