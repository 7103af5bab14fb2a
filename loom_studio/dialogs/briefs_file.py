"""The choice of a file with many briefs, each of which becomes a harness run."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton

from loom_studio.texts import marked, tr
from loom_studio.widgets.named import named

FILES = marked("JSON lines (*.jsonl *.json);;Any file (*)")


class BriefsFile:
    """The field, and the button that looks for one; `row` has both."""

    def __init__(self) -> None:
        self.field = named(QLineEdit(), "File of briefs")
        self.field.setPlaceholderText(tr("or a file of JSON lines, a brief each"))
        self.choose = named(QPushButton(tr("Choose…")), "Choose a file of briefs")
        self.choose.setAutoDefault(False)
        self.choose.clicked.connect(self._on_choose)
        self.row = QHBoxLayout()
        self.row.addWidget(self.field, 1)
        self.row.addWidget(self.choose)

    @property
    def name(self) -> str:
        """The file; empty for none."""
        return self.field.text().strip()

    def _on_choose(self) -> None:
        dialog = named(QFileDialog(self.field, tr("A file of briefs"), str(Path.home()), tr(FILES)), "A file of briefs")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.field.setText)
        dialog.open()
