"""Moving a folder of data elsewhere: planned while the Studio runs, copied and compared at its next start.

Then nothing there is open yet. Where the data is stands in one small file, which is replaced in one step: whatever is
killed when, the one or the other folder is whole and is used. What was moved is put aside at the end, never deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from loom.data_place import POINTER, Move, read_pointer
from loom.errors import ConfigError
from loom.files import write_private

PIECE_BYTES = 1_048_576
SPARE = 1.1


def plan_move(home: Path, source: Path, target: Path) -> None:
    """Have the next start move `source` to `target`; blocks. Raises ConfigError for a target that can't be.

    Nothing is moved yet, and a plan can be changed or, with the source as its target, dropped.
    """
    target = target.expanduser().resolve()
    now = None if source == home else source
    if target == source.resolve():
        _point(home, Move(now))
        return
    _check(source.resolve(), target)
    _point(home, Move(now, target))


def _check(source: Path, target: Path) -> None:
    if target.is_relative_to(source) or source.is_relative_to(target):
        raise ConfigError(f"{target} and {source} lie in each other: choose a folder elsewhere")
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(target.iterdir()):
            raise ConfigError(f"{target} is not empty: choose an empty folder, or a new one")
        needed = SPARE * sum(file.stat().st_size for file in _files(source))
        free = shutil.disk_usage(target).free
    except OSError as error:
        raise ConfigError(f"{target} can't be used: {error.strerror or error}") from None
    if free < needed:
        raise ConfigError(f"{target} has {free / 1e6:,.0f} MB left, and {needed / 1e6:,.0f} MB are needed")


def finish_move(home: Path, told: Callable[[int, int], None] = lambda _done, _all: None) -> Path:
    """Where the data is, moved now if that was planned; blocks. To be called before anything there is opened.

    `told` hears how many bytes of how many are copied. Raises ConfigError if the data can't be moved; then it is where
    it was, and the plan is dropped.
    """
    move = read_pointer(home)
    source = move.now or home
    if move.wanted is None:
        return source
    try:
        _check_unused(source)
        _copy(source, move.wanted, told)
    except OSError as error:
        _point(home, Move(move.now))
        raise ConfigError(
            f"The data can't be moved to {move.wanted}: {error.strerror or error}. It stays in {source}"
        ) from None
    _point(home, Move(move.wanted))
    _set_aside(source)
    return move.wanted


def _copy(source: Path, target: Path, told: Callable[[int, int], None]) -> None:
    """Copy what is not there in the same bytes, and compare; what a copy that was cut short left is done again."""
    files = list(_files(source))
    total, done = sum(file.stat().st_size for file in files), 0
    for file in files:
        copied = target / file.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not copied.exists() or _digest(copied) != _digest(file):
            part = copied.with_name(f"{copied.name}.part")
            shutil.copy2(file, part)
            if _digest(part) != _digest(file):
                raise OSError(f"{file.name} was not copied as it is")
            _flush(part)
            part.replace(copied)
        done += file.stat().st_size
        told(done, total)


def _check_unused(source: Path) -> None:
    """Raise ConfigError, and leave the plan for the next start, while another program has a database there open."""
    import sqlite3  # needed only where something is moved

    for file in source.rglob("*.db"):
        connection = sqlite3.connect(file, timeout=0)
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.rollback()
        except sqlite3.OperationalError:
            raise ConfigError(
                f"{file.name} in {source} is open in another program, so the data is not moved now. Close that, and "
                "start the Studio again"
            ) from None
        except sqlite3.DatabaseError:
            continue  # damaged, or no database: it is copied as it is
        finally:
            connection.close()


def _set_aside(source: Path) -> None:
    """Mark what was moved, so that nobody takes it for the data: it can be deleted by hand."""
    aside = source / f"moved-{len(list(source.glob('moved-*'))) + 1}"
    aside.mkdir(mode=0o700)
    for each in list(source.iterdir()):
        if each != aside and each.name != POINTER and not each.name.startswith("moved-"):
            each.rename(aside / each.name)


def _files(folder: Path) -> Iterator[Path]:
    for parent, names, files in os.walk(folder):
        names[:] = [name for name in names if not (Path(parent) == folder and name.startswith("moved-"))]
        for name in files:
            if not (Path(parent) == folder and name == POINTER):
                yield Path(parent) / name


def _digest(file: Path) -> str:
    digest = hashlib.blake2b()
    with file.open("rb") as opened:
        while piece := opened.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _flush(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _point(home: Path, move: Move) -> None:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = {"now": str(move.now or ""), "wanted": str(move.wanted or "")}
    write_private(home / POINTER, json.dumps(data))
