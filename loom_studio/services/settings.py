"""What the Studio remembers from one start to the next, in one file of its data folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings


class Settings:
    """Small values by name. A file that can't be read counts as empty; one that can't be written changes nothing."""

    def __init__(self, folder: Path, home: Path | None = None) -> None:
        self.folder = folder
        self.home = home or folder
        """Where the folder is looked for first: it may have been moved."""
        self._stored = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)

    def text(self, name: str, default: str = "") -> str:
        """A text, or `default`."""
        value = self._stored.value(name, default)
        return value if isinstance(value, str) else default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A yes or no, or `default`."""
        return self.text(name, "yes" if default else "no") == "yes"

    def layout(self, name: str) -> QByteArray:
        """The saved sizes of a window or splitter; empty if there are none."""
        value = self._stored.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep(self, name: str, value: str | bool | QByteArray) -> None:
        """Remember a value. It reaches the disk soon, and at the latest with `save`."""
        self._stored.setValue(name, ("yes" if value else "no") if isinstance(value, bool) else value)

    def everything(self) -> dict[str, object]:
        """All that is remembered, for `put_back`."""
        return {name: self._stored.value(name) for name in self._stored.allKeys()}

    def put_back(self, everything: Mapping[str, object]) -> None:
        """Remember this and nothing else, and write it."""
        self._stored.clear()
        for name, value in everything.items():
            self._stored.setValue(name, value)
        self.save()

    def save(self) -> None:
        """Write to the disk now."""
        self._stored.sync()
