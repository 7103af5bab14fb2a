"""What people do with the agents of the library: edit, make, duplicate, bring in and out, delete and take that back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from loom.errors import ConfigError
from loom_studio.services.agent_files import NEW_TEXT, AgentFiles
from loom_studio.services.agents import AgentEntry
from loom_studio.services.keys import Keys
from loom_studio.services.loading import load
from loom_studio.services.shortcuts import Shortcuts
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr
from loom_studio.widgets.named import named

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog

    from loom.safety.profile import Profile
    from loom_studio.dialogs.agent_editor.dialog import AgentEditor

EDITOR = "loom_studio.dialogs.agent_editor.dialog"


class AgentDesk(QObject):
    """Opens an editor for each agent that is edited, and keeps the library as the folder is.

    `changed` says that the library was read again, with the agents that were before, by name; `model` gives the model
    of a new agent, as provider and name; dialogs open over what `window` gives.
    """

    changed = Signal(object)

    def __init__(
        self,
        files: AgentFiles,
        keys: Keys,
        profile: Profile,
        window: Callable[[], QWidget],
        complain: Callable[[str], None],
        model: Callable[[], tuple[str, str]],
        shortcuts: Shortcuts,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.files = files
        self.editors: list[AgentEditor] = []
        self._closing: list[AgentEditor] = []
        self.tasks = TaskOwner(complain)
        self._keys = keys
        self._profile = profile
        self._window = window
        self._model = model
        files.changed.connect(self._on_changed)

    def act(self, action: str, entry: AgentEntry | None) -> None:
        """Do what a menu or button offers: edit, duplicate, export, delete; `new` and `import` need no agent."""
        file = entry.file if entry is not None else None
        if action == "new":
            self.tasks.start(self.edit(None), what="make an agent")
        elif action == "import":
            self._ask_for_file()
        elif file is None:
            self.tasks.start(self._no_file(), what="change the agent")
        elif action == "edit":
            self.tasks.start(self.edit(file), what="edit the agent")
        elif action == "duplicate":
            self.tasks.start(self._duplicate(file), what="duplicate the agent")
        elif action == "export":
            self._ask_where(file)
        elif action == "delete":
            self.tasks.start(self.delete(file), what="delete the agent")

    def act_on(self, action: str, number: int) -> None:
        """Do it with the agent of this number; -1 for none."""
        self.act(action, self.files.library.entries[number] if number >= 0 else None)

    def bring_in(self, source: Path) -> None:
        """Copy an agent file from elsewhere into the library, and open it in the editor."""
        self.tasks.start(self._bring_in(source), what="import the agent")

    def act_on_named(self, action: str, name: str) -> None:
        """Do it with the agent of this name."""
        self.act(action, next((entry for entry in self.files.library.entries if entry.name == name), None))

    async def edit(self, file: Path | None) -> AgentEditor:
        """Open the editor of a file, or of a new one. Raises ConfigError for a file that can't be read."""
        for editor in self.editors:
            if file is not None and editor.file == file:
                editor.show()
                editor.raise_()
                editor.activateWindow()
                return editor
        provider, model = self._model()
        text = (
            await self.files.read(file)
            if file is not None
            else NEW_TEXT.format(name=self._new_name(), provider=provider, model=model)
        )
        await load([EDITOR], ["loom.config.faults", "loom.config.editing", "loom.context.tokens", "loom.tools.builtin"])
        from loom_studio.actions.bound import BoundActions  # a window is shown without an editor
        from loom_studio.dialogs.agent_editor.dialog import AgentEditor, prepare_editor

        await prepare_editor()
        editor = AgentEditor(self.files, self._keys, self._profile, file, text, self._window())
        BoundActions(editor, self._shortcuts, {"save_agent": editor.write_file})
        editor.saved.connect(self._on_changed)
        editor.gone.connect(partial(self._on_gone, editor))
        self.editors.append(editor)
        editor.show()
        return editor

    async def delete(self, file: Path) -> None:
        """Delete an agent file; its editor goes too. It can be taken back."""
        for editor in [each for each in self.editors if each.file == file]:
            editor.close_unasked()
        await self.files.delete(file)
        await self.read_again()

    async def read_again(self) -> None:
        """Read the library, tell who shows it, and let open editors see that their file changed."""
        before = {entry.name: entry.config for entry in self.files.library.entries if entry.config is not None}
        await self.files.library.load()
        self.files.watch()
        self.changed.emit(before)
        for editor in list(self.editors):
            await editor.look_at_file()

    async def aclose(self) -> None:
        """End what runs."""
        self.files.close()
        await self.tasks.aclose()
        for editor in [*self.editors, *self._closing]:
            await editor.aclose()

    def _on_changed(self) -> None:
        self.tasks.start(self.read_again(), what="read the agents")

    def _on_gone(self, editor: AgentEditor) -> None:
        if editor in self.editors:
            self.editors.remove(editor)
            self._closing.append(editor)
            self.tasks.start(self._let_go(editor), what="close the editor")

    async def _let_go(self, editor: AgentEditor) -> None:
        await editor.aclose()
        self._closing.remove(editor)
        editor.deleteLater()

    async def _duplicate(self, file: Path) -> None:
        made = await self.files.duplicate(file)
        await self.read_again()
        await self.edit(made)

    async def _bring_in(self, source: Path) -> None:
        made = await self.files.bring_in(source)
        await self.read_again()
        await self.edit(made)

    async def _no_file(self) -> None:
        raise ConfigError(tr("This agent has no file of its own: make a new one"))

    def _new_name(self) -> str:
        known = {entry.name for entry in self.files.library.entries}
        return next(name for n in range(1, 10_000) if (name := f"New agent {n}" if n > 1 else "New agent") not in known)

    def _ask_for_file(self) -> None:
        from PySide6.QtWidgets import QFileDialog  # a window is shown without it

        dialog = QFileDialog(self._window(), tr("Import an agent"), str(Path.home()), tr("Agents (*.toml)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._open(
            dialog,
            marked("Import an agent"),
            lambda file: self.bring_in(Path(file)),
        )

    def _ask_where(self, file: Path) -> None:
        from PySide6.QtWidgets import QFileDialog  # a window is shown without it

        target = str(Path.home() / file.name)
        dialog = QFileDialog(self._window(), tr("Export the agent"), target, tr("Agents (*.toml)"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)

        def then(target: str) -> None:
            self.tasks.start(self.files.export(file, Path(target)), what="export the agent")

        self._open(dialog, marked("Export the agent"), then)

    def _open(self, dialog: QFileDialog, name: str, then: Callable[[str], None]) -> None:
        named(dialog, name).setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(then)
        dialog.open()
