"""The fourth tier, for code: values under keys, a JSON file each, that outlive the process.

What agents remember as text that a person reads is `loom.memory.files`.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from loom.errors import StoreError
from loom.files import write_private

_KEY = re.compile(r"[\w][\w .-]{0,99}")


class PersistentMemory:
    """JSON objects in `storage_path`, which is made with the first one. Calls block."""

    def __init__(self, storage_path: str | Path = ".loom/memory") -> None:
        self.storage_path = Path(storage_path)

    def save(self, key: str, data: dict[str, Any]) -> None:
        """Keep an object under a key, whole or not at all.

        Raises StoreError for a key that is no file name, for what JSON can't hold, and when it can't be written.
        """
        file = self._file(key)
        try:
            write_private(file, json.dumps(data, indent=2, ensure_ascii=False))
        except (OSError, TypeError, ValueError) as error:
            raise StoreError(f"The memory {key!r} can't be kept in {file}: {error}") from None

    def load(self, key: str) -> dict[str, Any] | None:
        """The object under a key; None where there is none, or the file holds something else.

        Raises StoreError for a key that is no file name, and for a file that can't be read.
        """
        file = self._file(key)
        try:
            data: Any = json.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise StoreError(f"The memory {key!r} in {file} can't be read: {error}") from None
        return cast("dict[str, Any]", data) if isinstance(data, dict) else None

    def delete(self, key: str) -> None:
        """Forget what is under a key, if anything is. Raises StoreError for a key that is no file name."""
        with suppress(FileNotFoundError, NotADirectoryError):
            self._file(key).unlink()

    def _file(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise StoreError(f"{key!r} is no key: letters, digits, spaces, and . _ - inside, at most 100 of them")
        return self.storage_path / f"{key}.json"
