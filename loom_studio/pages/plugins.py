"""Settings: the plugins of the person, and which of their parts they agreed to."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget
from typing_extensions import override

from loom_studio.pages.consent_page import EntryList, open_folder
from loom_studio.pages.page import Page, PageContext
from loom_studio.services.surroundings import Entry, SurroundingsService
from loom_studio.texts import marked, tr
from loom_studio.widgets.named import named

if TYPE_CHECKING:
    from loom.ecosystem.plugin_store import PutAside

SUBJECT = marked(
    "Skills, commands, agents, hooks and servers that others made, in Claude Code's format. Each part is used once you "
    "agreed to it as it is, and no longer when it changes; no part can allow what you would be asked about."
)
EMPTY = marked("No plugin is installed. Install one from its folder, which has a .claude-plugin/plugin.json.")


class PluginsPage(Page):
    """Lists the plugins with their parts, and has the person agree to these one by one."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(context, marked("Plugins"), SUBJECT, parent)
        self.service = SurroundingsService(context.permissions.profile)
        self.plugins = EntryList(marked("Plugins"), EMPTY)
        self.body.addWidget(self.plugins, 1)
        self.install = self.plugins.add_plain_button(marked("Install from folder…"), self._on_install)
        add = self.plugins.add_button
        self.agree = add(marked("Agree to this part"), lambda each: each.can_agree, self._on_agree)
        self.withdraw = add(marked("Withdraw"), lambda each: each.can_withdraw, self._on_withdraw)
        self.switch = add(marked("Switch off or on"), _can_switch, self._on_switch)
        self.remove = add(marked("Remove"), lambda each: bool(each.plugin) and not each.part, self._on_remove)
        self.open = add(marked("Open folder"), lambda each: each.folder is not None, open_folder)

    @override
    async def refresh(self) -> None:
        """Look again; agents of plugins join the library, or leave it."""
        self.plugins.show_entries(await self.service.plugins())

    async def install_from(self, folder: Path) -> None:
        """Install the plugin in a folder. Raises PluginError."""
        name = await self.service.install(folder)
        await self.refresh()
        self.say(
            tr("{plugin} is installed. Nothing of it is used yet: choose its parts, read them, and agree.", plugin=name)
        )

    def _on_install(self) -> None:
        title = tr("Install a plugin from its folder")
        dialog = named(QFileDialog(self, title, str(Path.home())), "Install a plugin")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._on_folder)
        dialog.open()

    def _on_folder(self, folder: str) -> None:
        self.tasks.start(self.install_from(Path(folder)), what="install the plugin")

    def _on_agree(self, entry: Entry) -> None:
        said = tr("Agreed to as it was shown.")
        self.tasks.start(self._changed(self.service.agree(entry), said), what="agree to it")

    def _on_withdraw(self, entry: Entry) -> None:
        said = tr("It is used no longer.")
        self.tasks.start(self._changed(self.service.withdraw(entry), said), what="withdraw it")

    def _on_switch(self, entry: Entry) -> None:
        self.tasks.start(self._changed(self.service.switch(entry), ""), what="switch it")

    def _on_remove(self, entry: Entry) -> None:
        self.tasks.start(self._remove(entry), what="remove the plugin")

    async def _remove(self, entry: Entry) -> None:
        """Take it out of use; its folder is deleted once nobody can take that back any more."""
        aside = await self.service.put_aside(entry)
        self.context.undo.offer(
            tr("The plugin {plugin} was removed, with what you agreed to of it.", plugin=entry.plugin),
            lambda: self._put_back(aside),
            partial(self.service.delete_aside, aside),
        )
        await self._show_again()

    async def _put_back(self, aside: PutAside) -> None:
        await self.service.put_back(aside)
        await self._show_again()

    async def _show_again(self) -> None:
        await self.context.library.load()
        await self.refresh()

    async def _changed(self, work: Coroutine[Any, Any, None], said: str) -> None:
        """Do it, and show what is there then."""
        await work
        await self._show_again()
        self.say(said)


def _can_switch(entry: Entry) -> bool:
    return bool(entry.plugin) and not entry.part and entry.state != "broken"
