"""A short list over a text box, of what may be meant: chosen with the keys of the box, which keeps the focus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QPlainTextEdit, QWidget

from loom_studio.plain_text import escape_invisible
from loom_studio.texts import tr
from loom_studio.widgets.named import named

MOST_SHOWN = 8
WIDEST = 720
STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -MOST_SHOWN, Qt.Key.Key_PageDown: MOST_SHOWN}
TAKES = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A choice: what is shown, what it means in a few words, and the text that takes the typed one's place.

    `about` is what it stands for, where that is not told by its text.
    """

    label: str
    detail: str
    insert: str
    about: object = None


class CompletionList(QListWidget):
    """Shows candidates above `box`, in the widget that holds it. `taken` is said with the one that was chosen."""

    taken = Signal(object)

    def __init__(self, box: QPlainTextEdit) -> None:
        super().__init__()
        named(self, "Completions")
        self._box = box
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setUniformItemSizes(True)
        self.hide()
        self.itemClicked.connect(self.take)
        self.currentRowChanged.connect(self._tell)

    def offer(self, candidates: Sequence[Candidate], holder: QWidget) -> None:
        """Show these, the first one chosen; none hides the list."""
        self.clear()
        for each in candidates:
            item = QListWidgetItem(escape_invisible(f"{each.label}   {each.detail}".strip()))
            item.setData(Qt.ItemDataRole.UserRole, each)
            self.addItem(item)
        if not candidates:
            self.close_list()
            return
        if self.parentWidget() is not holder:
            self.setParent(holder)
        rows = min(MOST_SHOWN, len(candidates))
        height = rows * self.sizeHintForRow(0) + 2 * self.frameWidth() + 4
        top_left = self._box.mapTo(holder, QPoint(0, 0))
        self.setGeometry(top_left.x(), max(0, top_left.y() - height - 4), min(WIDEST, self._box.width()), height)
        self.setCurrentRow(0)
        self.show()
        self.raise_()
        self._tell()

    def close_list(self) -> None:
        """Hide the list."""
        self.hide()
        self._box.setAccessibleDescription("")

    def key(self, key: int) -> bool:
        """Do what a key of the box means while the list is shown; False for one that means nothing here."""
        if not self.isVisible() or not self.count():
            return False
        if key in STEPS:
            step = STEPS[Qt.Key(key)]
            row = (self.currentRow() + step) % self.count() if abs(step) == 1 else self.currentRow() + step
            self.setCurrentRow(min(self.count() - 1, max(0, row)))
        elif key in TAKES:
            self.take()
        elif key == Qt.Key.Key_Escape:
            self.close_list()
        else:
            return False
        return True

    def take(self, _item: QListWidgetItem | None = None) -> None:
        """Take the one that is chosen."""
        item = self.currentItem()
        self.close_list()
        self.taken.emit(item.data(Qt.ItemDataRole.UserRole))

    def _tell(self, _row: int = 0) -> None:
        """Have a screen reader say the choice, though the focus stays in the box."""
        item = self.currentItem() if self.isVisible() else None
        if item is not None:
            place = {"n": self.currentRow() + 1, "count": self.count()}
            self._box.setAccessibleDescription(tr("{n} of {count}: {choice}", **place, choice=item.text()))
