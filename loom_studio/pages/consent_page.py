"""What the pages for skills and plugins share: a list, beside it all of what is chosen, and below what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from loom_studio.plain_text import escape_invisible
from loom_studio.services.surroundings import SHOWN_CHARS, Entry
from loom_studio.texts import plural, tr
from loom_studio.widgets.current_row import follow_selection
from loom_studio.widgets.flow import FlowLayout
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.wrapped_rows import wrap_rows


class EntryList(QWidget):
    """Rows on the left, the chosen one's whole content on the right, its warnings below it, buttons at the foot.

    Nothing is agreed to but what is shown: `chosen` is the entry whose content is in view. `name`, `empty` and the
    texts of buttons are marked English ones.
    """

    def __init__(self, name: str, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = follow_selection(named(QListWidget(), name))
        wrap_rows(self.list)
        self.content = named(QPlainTextEdit(), "Content")
        self.content.setReadOnly(True)
        self.content.setPlaceholderText(tr("Choose a row to see all of it."))
        self.warnings = text_label(look="Muted")
        self.warnings.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.empty = text_label(tr(empty), "Muted")
        self._buttons: list[tuple[QPushButton, Callable[[Entry], bool]]] = []
        self._foot = FlowLayout()
        self._columns = QWidget()
        beside = QVBoxLayout()
        beside.addWidget(self.content, 1)
        beside.addWidget(self.warnings)
        columns = QHBoxLayout(self._columns)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.addWidget(self.list, 2)
        columns.addLayout(beside, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.empty)
        layout.addWidget(self._columns, 1)
        layout.addLayout(self._foot)
        layout.addStretch()
        self.list.currentRowChanged.connect(self._on_row)

    @property
    def chosen(self) -> Entry | None:
        """The entry in view."""
        items = self.list.selectedItems()
        return items[0].data(Qt.ItemDataRole.UserRole) if items else None

    def add_button(self, text: str, fits: Callable[[Entry], bool], do: Callable[[Entry], object]) -> QPushButton:
        """A button for the entry in view; it can be pressed where that `fits`."""
        button = named(QPushButton(tr(text)), text)

        def pressed() -> None:
            if (entry := self.chosen) is not None and fits(entry):
                do(entry)

        button.clicked.connect(pressed)
        button.setEnabled(False)
        self._buttons.append((button, fits))
        self._foot.addWidget(button)
        return button

    def add_plain_button(self, text: str, do: Callable[[], object]) -> QPushButton:
        """A button that needs no entry."""
        button = named(QPushButton(tr(text)), text)
        button.clicked.connect(do)
        self._foot.addWidget(button)
        return button

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show these; the one that was chosen stays so, if it is still there."""
        before = self.chosen
        self.list.blockSignals(True)
        self.list.clear()
        for entry in entries:
            item = QListWidgetItem(escape_invisible(entry.line))
            item.setData(Qt.ItemDataRole.UserRole, entry)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self.empty.setVisible(not entries)
        for widget in (self._columns, *(button for button, _ in self._buttons)):
            widget.setVisible(bool(entries))
        same = (n for n, each in enumerate(entries) if before is not None and _is_same(each, before))
        self.list.setCurrentRow(next(same, 0 if entries else -1))
        self._on_row()

    def _on_row(self, _row: int = 0) -> None:
        entry = self.chosen
        text = entry.content if entry is not None else ""
        more = len(text) - SHOWN_CHARS
        cut = f"\n\n{plural('[{n} character more]', '[{n} characters more]', more)}" if more > 0 else ""
        self.content.setPlainText(escape_invisible(text[:SHOWN_CHARS] + cut))
        self.warnings.setText("\n".join(entry.warnings[:6]) if entry is not None else "")
        self.warnings.setVisible(bool(self.warnings.text()))
        for button, fits in self._buttons:
            button.setEnabled(entry is not None and fits(entry))


def open_folder(entry: Entry) -> None:
    """Show an entry's folder in the system's file manager."""
    if entry.folder is not None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(entry.folder)))


def _is_same(one: Entry, other: Entry) -> bool:
    return (one.key, one.plugin, one.part) == (other.key, other.plugin, other.part)
