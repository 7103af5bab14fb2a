"""A line for an agent file, with a button that looks for one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from loom_studio.texts import tr
from loom_studio.widgets.named import named


class AgentFile(QWidget):
    """Holds the path of an agent file as it is written in a configuration; empty for the agent of the session."""

    changed = Signal()

    def __init__(self, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self.line = named(QLineEdit(), "Agent file")
        self.line.setPlaceholderText(tr("The agent of this session"))
        self.browse = named(QPushButton(tr("Browse…")), "Browse for an agent file")
        self.browse.setAutoDefault(False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.browse)
        self.line.textChanged.connect(self.changed)
        self.browse.clicked.connect(self._on_browse)

    def text(self) -> str:
        """The path, relative to the workspace or whole."""
        return self.line.text().strip()

    def set_text(self, path: str) -> None:
        """Show a path."""
        self.line.setText(path)

    def take(self, file: str) -> None:
        """Take a file that was chosen; inside the workspace its name is relative to that."""
        path, folder = Path(file), Path(self._folder)
        self.line.setText(str(path.relative_to(folder)) if path.is_relative_to(folder) else file)

    def _on_browse(self) -> None:
        file_dialog = QFileDialog(self, tr("Choose an agent file"), self._folder, tr("Agents (*.toml)"))
        dialog = named(file_dialog, "Choose an agent")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.take)
        dialog.open()
