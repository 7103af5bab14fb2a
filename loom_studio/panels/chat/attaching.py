"""What is put with a message: files, pictures, and what tool servers have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from loom.errors import LoomError
from loom.threads import in_thread
from loom_studio.panels.chat.composer import Composer
from loom_studio.runtime_words import said_of
from loom_studio.services.attachments import Attachment, AttachmentError, attachment, read_attachment
from loom_studio.services.conversations import Conversation
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.widgets.named import named

if TYPE_CHECKING:
    from loom_studio.panels.chat.completion import Completer
    from loom_studio.services.server_offers import Resource


SETTLE_S = 0.5
"""How long a server may go on saying that something changed, before it is read again."""


class Attaching(QObject):
    """Asks for what is to be attached, reads it off the loop, and puts it above the message box.

    `folder_given` says that a folder was given where files are attached.
    """

    folder_given = Signal(str)

    def __init__(
        self,
        conversation: Conversation,
        composer: Composer,
        tasks: TaskOwner,
        complain: Callable[[str], None],
        completer: Callable[[], Completer],
        holder: QWidget,
    ) -> None:
        super().__init__(holder)
        self._conversation = conversation
        self._composer = composer
        self._tasks = tasks
        self._complain = complain
        self._completer = completer
        self._holder = holder
        composer.files_wanted.connect(self._on_wanted)
        composer.files_given.connect(self.files)
        composer.picture_given.connect(self._on_picture)

    def menu(self, servers: Sequence[str]) -> QMenu:
        """What can be attached, where these tool servers have something; it deletes itself when it closes."""
        menu = named(QMenu(self._holder), "Attach what")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Files…"), self.ask_for_files)
        for name in servers:
            offer = partial(self._completer().offer_of_server, name)
            menu.addAction(tr("From the tool server {server}…", server=name), offer)
        return menu

    def ask_for_files(self) -> None:
        """Ask which files to attach to the message."""
        from PySide6.QtWidgets import QFileDialog  # a window is shown without it

        folder = str(self._conversation.workspace)
        dialog = named(QFileDialog(self._holder, tr("Attach files"), folder), "Attach files")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._on_names)
        dialog.open()

    def files(self, paths: list[Path]) -> None:
        """Attach files to the message that is being written."""
        self._tasks.start(self._attach(paths), what="attach the files")

    def file(self, path: Path) -> None:
        """Attach one file."""
        self.files([path])

    def resource(self, resource: Resource) -> None:
        """Attach what a tool server has; a message that is sent before it was read waits for it."""
        self._composer.expect(resource.label)
        self._tasks.start(self._attach_resource(resource), what="attach what a tool server has")

    def _on_wanted(self) -> None:
        """Ask for files; where tool servers have things to attach, first which of both."""
        servers = self._conversation.offers.known()
        if servers:
            button = self._composer.attach_button
            self.menu(servers).popup(button.mapToGlobal(button.rect().topLeft()))
        else:
            self.ask_for_files()

    def _on_names(self, names: list[str]) -> None:
        self.files([Path(name) for name in names])

    async def _attach(self, paths: list[Path]) -> None:
        for path in paths:
            if await in_thread(path.is_dir):
                self.folder_given.emit(str(path))
                continue
            try:
                self._composer.attach(await in_thread(read_attachment, path))
            except AttachmentError as error:
                self._complain(said_of(error))

    async def _attach_resource(self, resource: Resource) -> None:
        read: list[Attachment] | None = None
        try:
            read = await self._conversation.offers.read(resource)
        finally:
            self._composer.take_expected(resource.label, read)
        if read:
            await self._keep_fresh(resource, read)

    async def _keep_fresh(self, resource: Resource, held: list[Attachment]) -> None:
        """Read it again whenever its server says that it changed, until it is sent or taken away."""
        woken, changes = asyncio.Event(), [0]

        def on_change() -> None:
            changes[0] += 1
            woken.set()

        stop = self._conversation.offers.watch(resource, on_change)
        looking = self._composer.attachments_changed.connect(woken.set)
        try:
            while self._has_any(held):
                await woken.wait()
                if changes[0]:
                    await asyncio.sleep(SETTLE_S)
                woken.clear()
                if changes[0] and self._has_any(held):
                    changes[0] = 0
                    held = await self._read_again(resource, held)
        finally:
            stop()
            self._composer.attachments_changed.disconnect(looking)

    def _has_any(self, held: list[Attachment]) -> bool:
        return any(each is one for each in self._composer.attachments for one in held)

    async def _read_again(self, resource: Resource, held: list[Attachment]) -> list[Attachment]:
        """What is there now, or what it was, with the fault."""
        try:
            read = await self._conversation.offers.read(resource)
            fresh = [each._replace(note=tr("Read again: its server said that it changed")) for each in read]
        except LoomError as error:
            note = tr("Its server said that it changed, but it could not be read again: {error}", error=error)
            fresh = [each._replace(note=note) for each in held]
        self._composer.exchange(held, fresh)
        return fresh

    def _on_picture(self, content: bytes) -> None:
        try:
            self._composer.attach(attachment("pasted picture.png", content))
        except AttachmentError as error:
            self._complain(said_of(error))
