"""What is asked about a session: its title, where to export it, whether it is to be deleted for good."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from loom_studio.texts import marked, tr
from loom_studio.widgets.named import named

NOT_STORED = marked("This session begins with its first message: until then there is nothing to do that with.")
EXPORTS = marked("Web page (*.html);;Markdown (*.md);;Everything, for import (*.jsonl)")
IMPORTS = marked("Sessions of loom, Claude Code or Codex (*.jsonl);;All files (*)")
"""Their endings say the format, in every language."""


def ask_title(title: str, parent: QWidget, then: Callable[[str], None]) -> QInputDialog:
    """Ask for another title."""
    return _ask_text(marked("Rename session"), tr("Title"), title, parent, then)


def ask_tags(tags: tuple[str, ...], parent: QWidget, then: Callable[[str], None]) -> QInputDialog:
    """Ask for the tags of a session, with spaces between."""
    return _ask_text(marked("Tags of the session"), tr("Tags, with spaces between"), " ".join(tags), parent, then)


def _ask_text(name: str, label: str, text: str, parent: QWidget, then: Callable[[str], None]) -> QInputDialog:
    dialog = named(QInputDialog(parent), name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(tr(name))
    dialog.setLabelText(label)
    dialog.setTextValue(text)
    dialog.textValueSelected.connect(then)
    dialog.open()
    return dialog


def ask_where_to_export(title: str, folder: Path, parent: QWidget, then: Callable[[Path], None]) -> QFileDialog:
    """Ask for a file to export to; its ending says the format."""
    dialog = named(QFileDialog(parent, tr("Export session"), str(folder), tr(EXPORTS)), "Export session")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("html")
    name = re.sub(r"[^\w.-]+", "-", title).strip("-.")[:60] or "session"
    dialog.selectFile(f"{name}.html")

    def on_filter(chosen: str) -> None:
        dialog.setDefaultSuffix(chosen.rpartition(".")[2].rstrip(")"))

    dialog.filterSelected.connect(on_filter)
    _tell_file(dialog, then)
    dialog.open()
    return dialog


def ask_what_to_import(folder: Path, parent: QWidget, then: Callable[[Path], None]) -> QFileDialog:
    """Ask for a file to import."""
    dialog = named(QFileDialog(parent, tr("Import a session"), str(folder), tr(IMPORTS)), "Import a session")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    _tell_file(dialog, then)
    dialog.open()
    return dialog


def _tell_file(dialog: QFileDialog, then: Callable[[Path], None]) -> None:
    def on_file(file: str) -> None:
        then(Path(file))

    dialog.fileSelected.connect(on_file)


def ask_to_delete(title: str, *, is_running: bool, parent: QWidget, then: Callable[[], None]) -> QMessageBox:
    """Ask whether a session is to be deleted for good."""
    details = (
        tr(
            "Its run is stopped first. Its messages, approvals and search entries are removed from the disk; this "
            "can't be undone. The audit of what its tools did stays."
        )
        if is_running
        else tr(
            "Its messages, approvals and search entries are removed from the disk; this can't be undone. The audit of "
            "what its tools did stays."
        )
    )
    return _ask(
        marked("Delete session"),
        tr("Delete “{title}” for good?", title=title),
        details,
        tr("Delete for good"),
        parent,
        then,
    )


def ask_to_spend(warning: str, parent: QWidget, then: Callable[[bool], None]) -> QMessageBox:
    """Ask whether a run is to begin although a budget is spent."""
    box = _ask(
        marked("Budget is spent"),
        tr("Begin this run?"),
        tr("{warning} The budgets are on the page Usage of the settings.", warning=warning),
        tr("Run"),
        parent,
        lambda: None,
    )

    yes = [each for each in box.buttons() if box.buttonRole(each) is QMessageBox.ButtonRole.DestructiveRole]

    def on_finished(_result: int) -> None:
        then(box.clickedButton() in yes)

    box.finished.connect(on_finished)
    return box


def _ask(name: str, question: str, details: str, yes: str, parent: QWidget, then: Callable[[], None]) -> QMessageBox:
    box = named(QMessageBox(parent), name)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle(tr(name))
    box.setText(question)
    box.setInformativeText(details)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole).clicked.connect(then)
    box.open()
    return box
