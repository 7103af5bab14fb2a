"""What a person agreed to, pinned to content: a skill, a part of a plugin, a project's instructions.

A consent holds for the content that it was given for. What changed since is as if it had never been agreed to.
"""

from __future__ import annotations

import json
from pathlib import Path
from threading import Lock
from typing import Any

from loom.errors import ConfigError
from loom.files import write_private

ANY = "*"
"""Agreed to with whatever content it will have."""


class ConsentBook:
    """The consents in `file`, by key: digests, and what was switched off. A damaged file consents to nothing."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()
        self._given: dict[str, str] = {}
        self._off: set[str] = set()
        self._stamp: tuple[int, int] | None = None

    def load(self) -> None:
        """Read the file as it is now; blocks."""
        try:
            state = self._file.stat()
            stamp = (state.st_mtime_ns, state.st_ino)
            if stamp == self._stamp:
                return
            data: Any = json.loads(self._file.read_text("utf-8"))
            given = {str(key): str(digest) for key, digest in data["given"].items()}
            off = {str(key) for key in data["off"]}
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            given, off, stamp = {}, set[str](), None
        with self._lock:
            self._given, self._off, self._stamp = given, off, stamp

    def holds(self, key: str, digest: str) -> bool:
        """Whether the person agreed to this content."""
        return bool(digest) and self._given.get(key) in (digest, ANY)

    def was_given(self, key: str) -> bool:
        """Whether the person agreed to this, with whatever content it had then."""
        return key in self._given

    def is_any(self, key: str) -> bool:
        """Whether the person agreed to this with any content."""
        return self._given.get(key) == ANY

    def give(self, key: str, digest: str) -> None:
        """Agree to a content; blocks. Raises ConfigError when that can't be kept."""
        self._change(lambda: self._given.__setitem__(key, digest))

    def take_back(self, *keys: str) -> None:
        """Agree no longer; blocks. Raises ConfigError when that can't be kept."""
        self._change(lambda: [self._given.pop(key, None) for key in keys])

    def is_off(self, key: str) -> bool:
        """Whether the person switched this off."""
        return key in self._off

    def switch(self, key: str, *, on: bool) -> None:
        """Switch something off, or on again; blocks. Raises ConfigError when that can't be kept."""
        self._change(lambda: self._off.discard(key) if on else self._off.add(key))

    def _change(self, change: Any) -> None:
        self.load()
        with self._lock:
            change()
            text = json.dumps({"given": self._given, "off": sorted(self._off)}, indent=1, ensure_ascii=False)
            try:
                write_private(self._file, text)
            except OSError as error:
                self._stamp = None
                raise ConfigError(f"Your consent can't be kept in {self._file}: {error.strerror or error}") from None
            state = self._file.stat()
            self._stamp = (state.st_mtime_ns, state.st_ino)
