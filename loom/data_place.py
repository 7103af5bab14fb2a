"""Where data is kept: the system's folder for it, or where a person had it moved.

Every start of a program asks this, so nothing is imported here that the answer does not need.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

POINTER = "moved.json"
"""In the folder where data is looked for first: where it is, or is to be."""


class Move(NamedTuple):
    """What a pointer says: the folder that holds, and one to which the next start moves (None for none)."""

    now: Path | None = None
    wanted: Path | None = None


def data_folder(program: str) -> Path:
    """Where this system has programs keep the data of a person."""
    if sys.platform == "linux":  # said here as platformdirs says it, which takes longer to import than all else here
        given, home = Path(os.environ.get("XDG_DATA_HOME", "")), Path(os.environ.get("HOME", ""))
        if given.is_absolute():
            return given / program
        if home.is_absolute():
            return home / ".local" / "share" / program
    import platformdirs

    return Path(platformdirs.user_data_dir(program))


def located(home: Path) -> Path:
    """Where the data of a folder is, which may have been moved; blocks."""
    return read_pointer(home).now or home


def read_pointer(home: Path) -> Move:
    """What the pointer in a folder says; nothing where there is none, or it can't be read; blocks."""
    try:
        text = (home / POINTER).read_bytes()
    except OSError:
        return Move()
    import json

    try:
        data = json.loads(text)
        now, wanted = str(data.get("now") or ""), str(data.get("wanted") or "")
    except (ValueError, AttributeError):
        return Move()
    return Move(Path(now) if now else None, Path(wanted) if wanted else None)
