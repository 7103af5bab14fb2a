"""Blobs: contents of files, stored once each under their SHA-256, bounded in number and checked when they are read."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from loom.checkpoints.states import CheckpointLimits
from loom.errors import CheckpointError
from loom.files import write_private

_RAW, _PACKED = b"\x00", b"\x01"
_SAMPLE_BYTES = 16 * 1024
_BLOCK_BYTES = 4096
_MOST_EXTRA_BYTES = 64 * 2**20
_LEAVING = ".leaving"
_MEASURE_AGAIN_S = 30.0


@dataclass(frozen=True, slots=True)
class _Found:
    """A file of the store: `size` is what it takes on the disk, in bytes; `used_at` in seconds since 1970."""

    file: Path
    size: int
    used_at: float

    @property
    def hash(self) -> str:
        return self.file.parent.name + self.file.name.removesuffix(_LEAVING)


class BlobStore:
    """A folder of blobs that several threads, sessions and processes write to at a time. Its methods block.

    A blob's modification time is when it was last used. Nobody locks anything: who deletes a blob moves it aside, looks
    at its time again, and puts it back if somebody used it in between. Raises CheckpointError if the folder can't be
    made.
    """

    def __init__(self, folder: Path, limits: CheckpointLimits) -> None:
        self._blobs = folder / "blobs"
        self._new = folder / "new"
        self._held = folder / "held"
        self._limits = limits
        self._lock = threading.Lock()
        self._used_bytes = 0
        self._under_way = 0
        self._measured_at: float | None = None
        self._full_until = 0.0
        self._touched: set[Path] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for each in (self._blobs, self._new, self._held):
                each.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise CheckpointError(f"Checkpoints can't be kept in {str(folder)!r}: {error.strerror}") from error

    def put(self, data: bytes) -> tuple[str, bool]:
        """Store a content; gives its hash, and whether it is on the disk. False means that there is no room for it."""
        name = sha256(data).hexdigest()
        file = self._file(name)
        if self._use(file) and self._unpacked(file) == data:
            return name, True
        packed = _packed(data)
        if not self._make_room(len(packed)):
            return name, False
        try:
            self._write(file, packed)
        except OSError:
            return name, False
        return name, True

    def has(self, name: str) -> bool:
        """Whether a content is stored; if so, it counts as used now. It may be damaged, which `read` finds."""
        return self._use(self._file(name))

    def read(self, name: str) -> bytes:
        """A content, byte for byte. Raises CheckpointError if it is gone or damaged."""
        file = self._file(name)
        if not file.is_file():
            raise CheckpointError(f"The stored content {name[:12]} is gone; it was removed, perhaps to make room")
        data = self._unpacked(file)
        if data is None or sha256(data).hexdigest() != name:
            raise CheckpointError(f"The stored content {name[:12]} is damaged, so it is not used")
        return data

    def settle(self) -> None:
        """Have the names of what was put on the disk too, so that a loss of power takes none of it."""
        with self._lock:
            touched, self._touched = self._touched, set()
        if os.name == "nt":
            return
        for folder in touched:
            with contextlib.suppress(OSError):
                descriptor = os.open(folder, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def hold(self, owner: str, hashes: Iterable[str]) -> None:
        """Keep these contents, whatever room is needed, until `release`; what the owner held before is let go.

        Raises CheckpointError if that can't be written down.
        """
        text = json.dumps({"owner": owner, "hashes": sorted(set(hashes))})
        try:
            write_private(self._held_file(owner), text)
        except OSError as error:
            raise CheckpointError(f"Checkpoints of {owner!r} can't be held: {error.strerror}") from error

    def release(self, owner: str) -> None:
        """Let go what `hold` kept for this owner; nothing happens if that is nothing."""
        with contextlib.suppress(OSError):
            self._held_file(owner).unlink(missing_ok=True)

    def collect(self, keep: Iterable[str]) -> int:
        """Delete what is neither in `keep`, nor held, nor used within the grace period; gives bytes freed."""
        with self._lock:
            freed = self._sweep(frozenset(keep) | self._all_held(), None)
            self._measured_at = None
            self._full_until = 0.0
        return freed

    def size_bytes(self) -> int:
        """What all blobs take on the disk, in whole blocks of 4096 bytes."""
        return sum(found.size for found in self._all())

    def _file(self, name: str) -> Path:
        return self._blobs / name[:2] / name[2:]

    def _held_file(self, owner: str) -> Path:
        return self._held / f"{sha256(owner.encode('utf-8', 'surrogatepass')).hexdigest()}.json"

    def _use(self, file: Path) -> bool:
        """Mark a blob as used now, if it is there. A mark that is young enough is left, which saves a write."""
        try:
            if abs(time.time() - file.stat().st_mtime) * 4 >= self._limits.grace_s:
                os.utime(file)
        except OSError:
            return False
        return True

    def _unpacked(self, file: Path) -> bytes | None:
        try:
            stored = file.read_bytes()
            if stored[:1] == _RAW:
                return stored[1:]
            unpacking = zlib.decompressobj()
            return unpacking.decompress(stored[1:], self._limits.largest_file_bytes + _MOST_EXTRA_BYTES)
        except (OSError, zlib.error):
            return None

    def _write(self, file: Path, packed: bytes) -> None:
        new = self._new / secrets.token_hex(16)
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(packed)
                opened.flush()
                os.fsync(opened.fileno())
            with self._lock:  # with what is counted, so that no look at the disk counts it twice or not at all
                try:
                    new.replace(file)
                except FileNotFoundError:
                    file.parent.mkdir(exist_ok=True, mode=0o700)
                    new.replace(file)
                self._under_way -= _on_disk(len(packed))
                self._touched.add(file.parent)
        except BaseException:
            with self._lock:
                self._under_way -= _on_disk(len(packed))
                self._used_bytes -= _on_disk(len(packed))
            new.unlink(missing_ok=True)
            raise

    def _make_room(self, size: int) -> bool:
        """Whether so many bytes may be written; blobs that nobody needs go first. Counts them as written if so."""
        need = _on_disk(size)
        with self._lock:
            now = time.monotonic()
            if now < self._full_until:
                return False
            if self._measured_at is None or now - self._measured_at > _MEASURE_AGAIN_S:
                self._measure()
            over = self._used_bytes + need - self._limits.most_disk_bytes
            if over > 0:
                self._measure()
                over = self._used_bytes + need - self._limits.most_disk_bytes
            if over > 0:
                spare = self._limits.most_disk_bytes // 20
                self._used_bytes -= self._sweep(self._all_held(), over + spare)
                over = self._used_bytes + need - self._limits.most_disk_bytes
            if over > 0 or shutil.disk_usage(self._blobs).free - need < self._limits.least_free_bytes:
                if need <= _BLOCK_BYTES:
                    self._full_until = now + _MEASURE_AGAIN_S
                return False
            self._used_bytes += need
            self._under_way += need
            return True

    def _measure(self) -> None:
        stored = sum(found.size for found in self._all() if found.file.parent != self._new)
        self._used_bytes = stored + self._under_way
        self._measured_at = time.monotonic()

    def _all_held(self) -> frozenset[str]:
        """What any owner holds. A file of it that can't be read holds nothing, since nobody could read its hashes."""
        held: set[str] = set()
        for file in self._held.glob("*.json"):
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                held.update(json.loads(file.read_text(encoding="utf-8"))["hashes"])
        return frozenset(held)

    def _all(self) -> Iterator[_Found]:
        for folder in (self._new, *self._blobs.glob("??")):
            try:
                entries = list(os.scandir(folder))
            except OSError:
                continue
            for entry in entries:
                with contextlib.suppress(OSError):
                    seen = entry.stat(follow_symlinks=False)
                    yield _Found(folder / entry.name, _on_disk(seen.st_size), seen.st_mtime)

    def _sweep(self, keep: frozenset[str], want: int | None) -> int:
        """Delete blobs not kept and not fresh, oldest first, until `want` bytes are free; gives bytes freed."""
        freed = 0
        for found in sorted(self._all(), key=lambda each: each.used_at):
            if want is not None and freed >= want:
                break
            is_kept = found.file.parent != self._new and found.hash in keep
            if is_kept and found.file.name.endswith(_LEAVING):
                with contextlib.suppress(OSError):
                    found.file.replace(self._file(found.hash))
            elif not is_kept and not self._is_fresh(found.used_at):
                freed += found.size if self._remove(found.file) else 0
        return freed

    def _remove(self, file: Path) -> bool:
        leaving = file if file.name.endswith(_LEAVING) else file.with_name(file.name + _LEAVING)
        try:
            if leaving != file:
                file.rename(leaving)
            if self._is_fresh(leaving.stat().st_mtime) and file.parent != self._new:
                leaving.replace(file.with_name(file.name.removesuffix(_LEAVING)))
                return False
            leaving.unlink()
        except OSError:
            return False
        return True

    def _is_fresh(self, used_at: float) -> bool:
        return abs(time.time() - used_at) < self._limits.grace_s


def _on_disk(size: int) -> int:
    return -(-size // _BLOCK_BYTES) * _BLOCK_BYTES


def _packed(data: bytes) -> bytes:
    """A byte that says how, and the content: compressed, if a sample of it shows that this helps."""
    sample = data[:_SAMPLE_BYTES]
    if len(data) > _BLOCK_BYTES // 2 and len(zlib.compress(sample, 1)) < len(sample) * 9 // 10:
        packed = zlib.compress(data, 3)
        if len(packed) < len(data):
            return _PACKED + packed
    return _RAW + data
