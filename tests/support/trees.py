"""Folders of files for tests: what is in one, byte for byte, and stores of checkpoints for it."""

import os
import stat
from pathlib import Path

from loom.checkpoints import CheckpointLimits, CheckpointStore

QUICK = CheckpointLimits(least_free_bytes=0)


def tree(root: Path) -> dict[str, tuple[str, bytes, int]]:
    """Every file and link below a folder: what it is, its bytes or target, its permission bits."""
    found: dict[str, tuple[str, bytes, int]] = {}
    for folder, folders, names in os.walk(root):
        for name in [*names, *(each for each in folders if (Path(folder) / each).is_symlink())]:
            path = Path(folder) / name
            seen = path.lstat()
            key = path.relative_to(root).as_posix()
            if stat.S_ISLNK(seen.st_mode):
                found[key] = ("link", os.fsencode(path.readlink()), 0)
            elif stat.S_ISREG(seen.st_mode):
                found[key] = ("file", path.read_bytes(), seen.st_mode & 0o777)
            else:
                found[key] = ("other", b"", 0)
    return found


def put(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def store_for(root: Path, limits: CheckpointLimits = QUICK, name: str = "store") -> CheckpointStore:
    return CheckpointStore(root.parent / name, root, limits)
