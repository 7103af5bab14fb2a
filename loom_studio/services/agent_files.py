"""What people do with agent files: save, duplicate, import, export, delete and take that back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import shiboken6
from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from loom.errors import ConfigError
from loom.files import write_private
from loom.threads import in_thread
from loom_studio.runtime_words import said_of
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom_studio.services.agent_versions import AgentVersions
    from loom_studio.services.agents import AgentLibrary

T = TypeVar("T")

SETTLED_MS = 150
LARGEST_BYTES = 400_000
NEW_TEXT = """name = "{name}"
description = ""
instructions = \"\"\"
You are a helpful assistant.
\"\"\"
capabilities = ["files", "search"]

[model]
provider = "{provider}"
name = "{model}"
"""


class Deleted(NamedTuple):
    """An agent file that was deleted: where it was, and where it is kept."""

    file: Path
    kept: Path


class AgentFiles(QObject):
    """The files of one library. `changed` says that one was, by whomever; the system tells, nothing looks in turns."""

    changed = Signal()
    deletion = Signal(object)
    """A file was deleted: a Deleted."""

    def __init__(self, library: AgentLibrary, data: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.library = library
        self.deleted = data / "deleted-agents"
        self._versions_folder = data / "agent-versions"
        self._watcher: QFileSystemWatcher | None = None
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._settled.timeout.connect(self.changed)

    @property
    def versions(self) -> AgentVersions:
        """The earlier texts of the files."""
        from loom_studio.services.agent_versions import AgentVersions  # not needed to start

        return AgentVersions(self._versions_folder)

    def watch(self) -> None:
        """Look at folder and files from now on; called again after they changed, since a file may be another."""
        if self._watcher is None:
            self._watcher = QFileSystemWatcher(self)
            self._watcher.directoryChanged.connect(self._on_change)
            self._watcher.fileChanged.connect(self._on_change)
        wanted = {str(self.library.folder), *(str(each.file) for each in self.library.entries if each.file is not None)}
        watched = {*self._watcher.files(), *self._watcher.directories()}
        if wanted - watched:
            self._watcher.addPaths(sorted(wanted - watched))
        if watched - wanted:
            self._watcher.removePaths(sorted(watched - wanted))

    def close(self) -> None:
        """Look no more."""
        self._settled.stop()
        if self._watcher is not None:
            # Destroyed here and now: left to the collector it might die on another thread, and Qt with it.
            shiboken6.delete(self._watcher)
            self._watcher = None

    def _on_change(self, _path: str) -> None:
        self._settled.start()

    async def read(self, file: Path) -> str:
        """A file's text. Raises ConfigError."""
        return await in_thread(_read, file)

    async def save(self, file: Path | None, text: str, name: str) -> Path:
        """Write a text to a file, whole or not at all; without one to a new file by the agent's name.

        What was there before is kept as a version, and so is the new text. Raises ConfigError.
        """
        return await in_thread(self._save, file, text, name)

    async def duplicate(self, file: Path) -> Path:
        """Copy a file under a new name, that of the agent in it too. Raises ConfigError."""
        return await in_thread(self._duplicate, file)

    async def bring_in(self, source: Path) -> Path:
        """Copy a file from elsewhere into the library. Raises ConfigError for one that is no agent."""
        return await in_thread(self._bring_in, source)

    async def export(self, file: Path, target: Path) -> None:
        """Copy a file to where the person wants it. Raises ConfigError."""
        await in_thread(_told, lambda: shutil.copyfile(file, target), tr("{file} can't be written", file=target))

    async def delete(self, file: Path) -> Deleted:
        """Take a file out of the library; it is kept aside. Raises ConfigError."""
        deleted = await in_thread(self._delete, file)
        self.deletion.emit(deleted)
        return deleted

    async def undelete(self, deleted: Deleted) -> Path:
        """Put a deleted file back; under a new name where the old one is taken meanwhile. Raises ConfigError."""
        return await in_thread(self._undelete, deleted)

    def free(self, name: str) -> Path:
        """A file of the library that there is not yet, for an agent of this name; blocks."""
        stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "agent"
        for number in range(1, 10_000):
            file = self.library.folder / (f"{stem}.toml" if number == 1 else f"{stem}-{number}.toml")
            if not file.exists():
                return file
        raise ConfigError(tr("There are too many agents named {name!r}", name=name))

    def _save(self, file: Path | None, text: str, name: str) -> Path:
        if file is None:
            file = self.free(name)
        elif file.exists():
            self.versions.keep(file, _read(file))
        target = file
        _told(lambda: write_private(target, text), tr("The agent file {file} can't be written", file=file))
        self.versions.keep(file, text)
        return file

    def _duplicate(self, file: Path) -> Path:
        from loom.config.editing import with_value
        from loom.config.faults import check_agent

        text = _read(file)
        data = check_agent(text).data
        if data is None:
            raise ConfigError(tr("{file} can't be duplicated while it is not valid TOML", file=file))
        name = first = tr("{agent} copy", agent=data.get("name") or file.stem)
        known = {entry.name for entry in self.library.entries}
        while name in known:
            name += " 2" if name == first else "+"
        return self._save(None, with_value(text, ("name",), name), name)

    def _bring_in(self, source: Path) -> Path:
        from loom.config import agent_from_toml

        text = _read(source)
        try:
            config = agent_from_toml(text)
        except ConfigError as error:
            raise ConfigError(tr("{file} is no agent file: {error}", file=source, error=said_of(error))) from None
        return self._save(None, text, config.name or source.stem)

    def _delete(self, file: Path) -> Deleted:
        kept = self.deleted / file.name
        number = 2
        while kept.exists():
            kept = self.deleted / f"{file.stem}-{number}.toml"
            number += 1
        self.deleted.mkdir(parents=True, exist_ok=True, mode=0o700)
        _told(lambda: shutil.move(file, kept), tr("{file} can't be deleted", file=file))
        return Deleted(file, kept)

    def _undelete(self, deleted: Deleted) -> Path:
        target = deleted.file if not deleted.file.exists() else self.free(deleted.file.stem)
        _told(lambda: shutil.move(deleted.kept, target), tr("{file} can't be put back", file=deleted.file))
        return target


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise ConfigError(
                tr("{file} has more than {n:,} bytes, which no agent file needs", file=file, n=LARGEST_BYTES)
            )
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(tr("{file} can't be read: {error}", file=file, error=said_of(error))) from None


def _told(work: Callable[[], T], what: str) -> T:
    try:
        return work()
    except (OSError, shutil.Error) as error:
        raise ConfigError(tr("{what}: {error}", what=what, error=said_of(error))) from None
