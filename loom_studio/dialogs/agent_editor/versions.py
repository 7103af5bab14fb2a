"""Earlier versions of an agent file, what changed since, and the way back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from loom.threads import in_thread
from loom_studio.services.agent_versions import MOST_KEPT, AgentVersion, AgentVersions
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.named import named, text_label

LIST_PX = 170


class Versions(QWidget):
    """`restore_wanted` has the text of a version, which goes into the editor and is saved by Save."""

    restore_wanted = Signal(str)

    def __init__(self, versions: AgentVersions) -> None:
        super().__init__()
        self._versions = versions
        self._now = ""
        self.tasks = TaskOwner(self._say)
        self.list = named(QListWidget(), "Versions")
        self.list.setFixedWidth(px(LIST_PX))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.diff = DiffView(marked("Changes since"), switch_name=marked("Versions side by side"))
        self.restore = named(QPushButton(tr("Put this version into the editor")), "Restore version")
        self.restore.setAutoDefault(False)
        self.restore.setEnabled(False)
        self.said = text_label(look="Muted")
        row = QHBoxLayout()
        row.addWidget(self.list)
        row.addWidget(self.diff, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.restore)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row, 1)
        layout.addWidget(self.said)
        layout.addLayout(foot)
        self.list.itemSelectionChanged.connect(self._on_chosen)
        self.restore.clicked.connect(self._on_restore)

    async def show_versions(self, file: Path | None, now: str) -> None:
        """Show the versions of a file beside the text that the editor has."""
        self._now = now
        found = await in_thread(self._versions.versions, file) if file is not None else []
        self.list.clear()
        for each in found:
            item = QListWidgetItem(each.words)
            item.setData(Qt.ItemDataRole.UserRole, each)
            self.list.addItem(item)
        self.diff.setVisible(bool(found))
        self._say(
            tr("The last {n} texts are kept: at each save, and when the file is changed outside.", n=MOST_KEPT)
            if found
            else tr("There is no earlier version yet: one is kept at each save.")
        )
        self.restore.setEnabled(False)
        if found:
            self.list.setCurrentRow(min(1, len(found) - 1))

    async def aclose(self) -> None:
        """End what runs."""
        await self.tasks.aclose()

    def _say(self, sentence: str) -> None:
        self.said.setText(sentence)

    def _on_chosen(self) -> None:
        for item in self.list.selectedItems():
            self.tasks.start(self._show(item.data(Qt.ItemDataRole.UserRole)), what="read the version")

    async def _show(self, version: AgentVersion) -> None:
        diff = await in_thread(self._versions.diff, version, self._now)
        self.diff.show_text(diff or tr("This is what the editor has now."), as_diff=bool(diff))
        self.restore.setEnabled(bool(diff))

    def _on_restore(self) -> None:
        for item in self.list.selectedItems():
            self.tasks.start(self._restore(item.data(Qt.ItemDataRole.UserRole)), what="read the version")

    async def _restore(self, version: AgentVersion) -> None:
        text = await in_thread(self._versions.text, version)
        if not text:
            self._say(tr("This version is gone."))
            return
        self.restore_wanted.emit(text)
