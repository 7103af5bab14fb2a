"""What is remembered of files: a state of each, and a frozen set of states that an event log can hold."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from loom.errors import CheckpointError

Kind = Literal["file", "link", "absent", "folder", "other"]
_KINDS: tuple[Kind, ...] = ("file", "link", "absent", "folder", "other")

# A file that was read this shortly after it was changed may change again and keep its time.
_CLOCK_STEP_NS = 20_000_000
_COARSE_STEP_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class CheckpointLimits:
    """How much is kept. Sizes are in bytes, `grace_s` is in seconds.

    Files above `largest_file_bytes` are noticed and not kept. A scan looks at no more than `most_files` files and reads
    no more than `most_scan_bytes`. All blobs together take no more than `most_disk_bytes` of the disk, and leave
    `least_free_bytes` of it free. A blob that was used within `grace_s` is not deleted.
    """

    largest_file_bytes: int = 5 * 2**20
    most_files: int = 20_000
    most_scan_bytes: int = 500 * 2**20
    most_disk_bytes: int = 2 * 2**30
    least_free_bytes: int = 512 * 2**20
    grace_s: float = 3600.0


DEFAULT_LIMITS = CheckpointLimits()


@dataclass(frozen=True, slots=True)
class FileState:
    """One file at one time.

    `hash` is the SHA-256 of its bytes (of its target, for a link), None where it is absent or was not read. `kept` says
    whether the bytes are stored. `mode` holds the permission bits. A `folder` is one with nothing in it that counts;
    `other` is what checkpoints never touch: pipes, sockets, devices, version control's own files.
    """

    hash: str | None
    size: int = 0
    mode: int = 0
    mtime_ns: int = 0
    inode: int = 0
    kept: bool = False
    kind: Kind = "file"

    @property
    def is_present(self) -> bool:
        """True for a file or a link."""
        return self.kind in ("file", "link")

    def same_content(self, other: FileState) -> bool:
        """Whether both are the same kind of thing with the same bytes; for bytes that were not read, size and time."""
        if self.kind != other.kind:
            return False
        if self.kind in ("absent", "folder"):
            return True
        if self.hash is not None and other.hash is not None:
            return self.hash == other.hash
        return (self.size, self.mtime_ns) == (other.size, other.mtime_ns)

    def same(self, other: FileState) -> bool:
        """Whether content and mode are the same."""
        return self.same_content(other) and (self.kind != "file" or self.mode == other.mode)

    def to_list(self) -> list[Any]:
        """The fields in their order, without those at the end that are as they mostly are."""
        return [self.hash, self.size, self.mode, self.mtime_ns, self.inode, int(self.kept)] + (
            [self.kind] if self.kind != "file" else []
        )


ABSENT = FileState(None, kept=True, kind="absent")
OTHER = FileState(None, kind="other")


def _no_files() -> Mapping[str, FileState]:
    return {}


def _no_rules() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class FileStates:
    """States of files, by path: relative to the workspace, with forward slashes.

    `whole` says that every file of the workspace was looked at, but for what is below a folder of `unseen` and what the
    ignore files in `rules` (path to hash of their content) ignore. `taken_ns` is when the looking began, in nanoseconds
    since 1970. `notes` are sentences about what was left out.
    """

    files: Mapping[str, FileState] = field(default_factory=_no_files)
    whole: bool = False
    taken_ns: int = 0
    rules: Mapping[str, str] = field(default_factory=_no_rules)
    unseen: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", dict(self.files))
        object.__setattr__(self, "rules", dict(self.rules))

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __contains__(self, path: object) -> bool:
        return path in self.files

    def __getitem__(self, path: str) -> FileState:
        return self.files[path]

    def get(self, path: str) -> FileState | None:
        """The state of a path, None where nothing is known of it."""
        return self.files.get(path)

    def merged(self, later: FileStates) -> FileStates:
        """These states, with those of `later`, which are of certain files only, in their place."""
        times = [states.taken_ns for states in (self, later) if states.files]
        return FileStates(
            {**self.files, **later.files},
            self.whole,
            min(times, default=0),
            self.rules,
            self.unseen,
            (*self.notes, *(note for note in later.notes if note not in self.notes)),
        )

    def hashes(self) -> frozenset[str]:
        """The hashes of all content that these states need, for `collect` and `hold`."""
        found = {state.hash for state in self.files.values() if state.hash is not None}
        return frozenset(found | set(self.rules.values()))

    def unchanged(self, path: str, seen: os.stat_result) -> FileState | None:
        """The known state of a file, if what the system says about it now shows that its content is the same."""
        state = self.files.get(path)
        if state is None or not state.is_present or state.hash is None:
            return None
        if (state.size, state.mtime_ns, state.inode) != (seen.st_size, seen.st_mtime_ns, seen.st_ino):
            return None
        step = _CLOCK_STEP_NS if state.mtime_ns % 1_000_000_000 else _COARSE_STEP_NS
        return state if state.mtime_ns + step < self.taken_ns else None

    def to_dict(self) -> dict[str, Any]:
        """JSON values, as short as they can be; names that are no text are written as `//` and their bytes in hex."""
        made: dict[str, Any] = {"files": {_to_text(path): state.to_list() for path, state in self.files.items()}}
        if self.whole:
            made["whole"] = True
        if self.taken_ns:
            made["taken_ns"] = self.taken_ns
        if self.rules:
            made["rules"] = {_to_text(path): name for path, name in self.rules.items()}
        if self.unseen:
            made["unseen"] = [_to_text(path) for path in self.unseen]
        if self.notes:
            made["notes"] = list(self.notes)
        return made

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FileStates:
        """What `to_dict` gave, read again; unknown fields are passed over. Raises CheckpointError if it is no such."""
        try:
            return cls(
                {_to_path(path): _state(fields) for path, fields in data["files"].items()},
                bool(data.get("whole", False)),
                int(data.get("taken_ns", 0)),
                {_to_path(path): str(name) for path, name in data.get("rules", {}).items()},
                tuple(_to_path(path) for path in data.get("unseen", ())),
                tuple(str(note) for note in data.get("notes", ())),
            )
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise CheckpointError(f"A stored checkpoint can't be read: {type(error).__name__}: {error}") from error


def _state(fields: list[Any]) -> FileState:
    name, size, mode, mtime_ns, inode, kept = fields[:6]
    kind: Kind = "file" if len(fields) < 7 else fields[6] if fields[6] in _KINDS else "other"
    if name is not None and not (isinstance(name, str) and len(name) == 64 and set(name) <= set("0123456789abcdef")):
        raise ValueError(f"{name!r} is no hash")
    return FileState(name, int(size), int(mode), int(mtime_ns), int(inode), bool(kept), kind)


def _to_text(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError:
        return "//" + path.encode("utf-8", "surrogatepass").hex()
    return path


def _to_path(text: str) -> str:
    return bytes.fromhex(text[2:]).decode("utf-8", "surrogatepass") if text.startswith("//") else text
