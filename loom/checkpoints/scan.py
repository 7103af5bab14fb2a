"""Looking at a whole workspace: the files that its ignore rules leave, and what an earlier look can have seen."""

from __future__ import annotations

import dataclasses
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from loom.checkpoints.blobs import BlobStore
from loom.checkpoints.disk import WorkspaceFiles, is_version_control, mode_of
from loom.checkpoints.states import OTHER, CheckpointLimits, FileState, FileStates
from loom.errors import CheckpointError
from loom.ignore import IGNORE_FILES, IgnoreRules

_READERS = 4


@dataclass(slots=True)
class Walked:
    """What a walk found, by path.

    `folders` are those with nothing in them that counts, `rules` the contents of ignore files, `unseen` the folders
    that can't be listed or whose ignore file can't be read. `is_cut` says that there is more than it may look at.
    """

    files: dict[str, os.stat_result] = field(default_factory=dict[str, os.stat_result])
    folders: list[str] = field(default_factory=list[str])
    rules: dict[str, bytes] = field(default_factory=dict[str, bytes])
    unseen: list[str] = field(default_factory=list[str])
    is_cut: bool = False


def walk(files: WorkspaceFiles, most_files: int) -> Walked:
    """Every file and link of the workspace that no rule ignores, no link followed, no pipe or socket among them."""
    walked = Walked()
    listed: set[Path] = set()

    def read(file: Path) -> bytes | None:
        if file not in listed:
            return None
        content = files.read(file)
        if content is None and files.is_file(file):
            walked.unseen.append(_name(file.parent, files.root))
        elif content is not None:
            walked.rules[_name(file, files.root)] = content
        return content

    rules = IgnoreRules(files.root, read)
    waiting = [files.root]
    looked_at = 0
    while waiting and not walked.is_cut:
        folder = waiting.pop()
        here = _name(folder, files.root)
        looked_at += 1
        try:
            with files.opened(folder) as opened, os.scandir(opened) as entries:
                found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in islice(entries, 4 * most_files)]
        except OSError:
            walked.unseen.append(here)
            continue
        listed.update(folder / name for name, _ in found if name in IGNORE_FILES)
        below = _take(walked, rules, folder, f"{here}/" if here else "", sorted(found))
        if here and not below and not any(f"{here}/{name}" in walked.files for name, _ in found):
            walked.folders.append(here)
        waiting.extend(reversed(below))
        walked.is_cut = max(looked_at, len(walked.files)) > most_files or len(found) >= 4 * most_files
    if len(walked.files) > most_files:
        walked.files = dict(islice(walked.files.items(), most_files))
    return walked


def scan(files: WorkspaceFiles, blobs: BlobStore, limits: CheckpointLimits, known: FileStates) -> FileStates:
    """The states of all files of the workspace, their content stored.

    A file whose size, time and inode are as in `known` is not read again. What is left out is said in `notes`.
    """
    taken_ns = time.time_ns()
    walked = walk(files, limits.most_files)
    states: dict[str, FileState] = {}
    to_read: list[tuple[str, os.stat_result]] = []
    budget, passed_over = limits.most_scan_bytes, 0
    for path, seen in walked.files.items():
        state = _still(known, path, seen, blobs)
        if state is None and seen.st_size > min(limits.largest_file_bytes, budget):
            passed_over += seen.st_size <= limits.largest_file_bytes
            state = FileState(None, seen.st_size, mode_of(seen), seen.st_mtime_ns, seen.st_ino)
        if state is None:
            budget -= seen.st_size
            to_read.append((path, seen))
        states[path] = state or OTHER

    def read(job: tuple[str, os.stat_result]) -> tuple[str, FileState]:
        return job[0], files.look(files.locate(job[0]), blobs.put, job[1])

    with ThreadPoolExecutor(_READERS, "checkpoint") as pool:
        states.update(pool.map(read, to_read))
    states |= {path: FileState(None, kept=True, kind="folder") for path in walked.folders}
    rules = {path: blobs.put(content) for path, content in walked.rules.items()}
    blobs.settle()
    present = {path: state for path, state in states.items() if state.kind not in ("absent", "other")}
    notes = _notes(walked, limits, passed_over)
    if not all(is_kept for _, is_kept in rules.values()):
        notes.append(
            "There is no room to keep the ignore files, so files that are added can't be told from ignored ones"
        )
    names = {path: name for path, (name, _) in rules.items()}
    return FileStates(present, not walked.is_cut, taken_ns, names, tuple(walked.unseen), tuple(notes))


class Sight:
    """What a look at a workspace would have seen, had it been there: which paths the states in hand speak about.

    `problem` is a sentence if that can't be told, since ignore files of that time are not stored any more.
    """

    def __init__(self, states: FileStates, blobs: BlobStore, root: Path) -> None:
        self._root = root
        self._whole = states.whole and "" not in states.unseen
        self._unseen = states.unseen
        self.problem = ""
        contents: dict[Path, bytes] = {}
        try:
            contents = {root / path: blobs.read(name) for path, name in states.rules.items()} if self._whole else {}
        except CheckpointError as error:
            self._whole = False
            self.problem = f"Files that were added can't be told from ignored ones, and are left alone. {error}"
        self._rules = IgnoreRules(root, contents.get)

    def covers(self, name: str) -> bool:
        """True if a file of this path would be in the states."""
        if not self._whole or any(name == folder or name.startswith(f"{folder}/") for folder in self._unseen):
            return False
        path = self._root
        parts = name.split("/")
        for depth, part in enumerate(parts, 1):
            path /= part
            if is_version_control(part) or self._rules.ignores(path, is_folder=depth < len(parts)):
                return False
        return True


def _take(
    walked: Walked, rules: IgnoreRules, folder: Path, prefix: str, found: list[tuple[str, os.stat_result]]
) -> list[Path]:
    """Note the files of one folder; gives the folders in it that are to be walked."""
    below: list[Path] = []
    for name, seen in found:
        is_folder = stat.S_ISDIR(seen.st_mode)
        if is_version_control(name) or rules.ignores(folder / name, is_folder=is_folder):
            continue
        if is_folder:
            below.append(folder / name)
        elif stat.S_ISREG(seen.st_mode) or stat.S_ISLNK(seen.st_mode):
            walked.files[prefix + name] = seen
    return below


def _still(known: FileStates, path: str, seen: os.stat_result, blobs: BlobStore) -> FileState | None:
    """The known state of a file that did not change, if its content is still stored (or never was)."""
    state = known.unchanged(path, seen)
    if state is None or state.hash is None or stat.S_ISLNK(seen.st_mode) != (state.kind == "link"):
        return None
    if state.kept and not blobs.has(state.hash):
        return None
    return state if state.kind == "link" else dataclasses.replace(state, mode=mode_of(seen))


def _notes(walked: Walked, limits: CheckpointLimits, passed_over: int) -> list[str]:
    notes: list[str] = []
    if walked.is_cut:
        notes.append(f"The workspace has more than {limits.most_files:,} files; the others are not looked at")
    if passed_over:
        size = limits.most_scan_bytes // 2**20
        notes.append(f"{passed_over:,} files are not kept, since together they are larger than {size:,} MiB")
    if walked.unseen:
        names = ", ".join(repr(path or ".") for path in walked.unseen[:3])
        notes.append(f"{len(walked.unseen):,} folders can't be looked at: {names}")
    return notes


def _name(path: Path, root: Path) -> str:
    return "" if path == root else path.relative_to(root).as_posix()
