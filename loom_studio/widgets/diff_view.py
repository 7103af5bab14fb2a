"""A diff to read, unified or side by side, as the person chose; other text, too. Filled in slices, however long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from loom_studio.plain_text import escape_invisible
from loom_studio.texts import marked, tr
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.diff_pane import DiffPane
from loom_studio.widgets.diff_rows import DiffRow, Pair, broken, broken_pair, diff_rows, plain_rows, side_by_side
from loom_studio.widgets.named import named

SLICE_ROWS = 400
SLICE_CHARS = 24_000
LONGEST_CHARS = 10_000
"""A longer line is broken in the unified view too: to lay out one takes time that grows with it."""
SETTLED_MS = 120
SIDE_BY_SIDE = marked("Side by side")


class DiffView(QWidget):
    """Shows one text; `name` is the accessible name of the unified one, in English, and begins that of either side.

    Characters that can't be seen are shown as escapes; `hidden` counts the lines with some. `filled` says that all is
    there.
    """

    filled = Signal()
    cursor_moved = Signal()

    def __init__(
        self,
        name: str,
        choice: DiffChoice | None = None,
        parent: QWidget | None = None,
        *,
        switch_name: str = SIDE_BY_SIDE,
    ) -> None:
        super().__init__(parent)
        self.choice = choice or DiffChoice(parent=self)
        self.text = ""
        self.is_diff = False
        self.is_filled = True
        self.hidden = 0
        self._coming: Iterator[Pair] = iter(())
        self._columns = 0
        self.unified = DiffPane(name)
        begins = name.replace(" ", "")
        self.before = DiffPane(tr("{text} before", text=tr(name)), f"{begins}before", is_old=True)
        self.after = DiffPane(tr("{text} after", text=tr(name)), f"{begins}after")
        for side in (self.before, self.after):
            side.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            side.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._at = self.unified
        self.switch = named(QPushButton(tr(SIDE_BY_SIDE)), switch_name)
        self.switch.setCheckable(True)
        self.switch.setAutoDefault(False)
        self.switch.setToolTip(tr("Show what was beside what will be, or one below the other."))
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._fill)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._settled.timeout.connect(self._on_settled)
        self._lay_out()
        self._connect()
        self._on_choice()

    def show_text(self, text: str, *, as_diff: bool) -> None:
        """Show a text, as a unified diff or as what it is."""
        self.text, self.is_diff, self.hidden = text, as_diff, 0
        self._on_choice()

    @property
    def row(self) -> DiffRow | None:
        """The row of the diff at the cursor."""
        return self._at.row

    @property
    def _is_split(self) -> bool:
        return self.is_diff and self.choice.side_by_side

    def _lay_out(self) -> None:
        sides = QHBoxLayout()
        sides.setSpacing(4)
        for pane in (self.unified, self.before, self.after):
            sides.addWidget(pane, 1)
        head = QHBoxLayout()
        head.addStretch(1)
        head.addWidget(self.switch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addLayout(sides, 1)

    def _connect(self) -> None:
        self.switch.toggled.connect(self._on_switch)
        self.choice.changed.connect(self._on_choice)
        for pane, other in ((self.before, self.after), (self.after, self.before)):
            pane.verticalScrollBar().valueChanged.connect(other.verticalScrollBar().setValue)
        self.unified.cursorPositionChanged.connect(lambda: self._on_cursor(self.unified))
        self.before.cursorPositionChanged.connect(lambda: self._on_cursor(self.before))
        self.after.cursorPositionChanged.connect(lambda: self._on_cursor(self.after))

    def _on_switch(self, checked: bool) -> None:
        self.choice.choose(side_by_side=checked)

    def _on_choice(self) -> None:
        self.switch.setChecked(self.choice.side_by_side)
        self.switch.setVisible(self.is_diff)
        self.unified.setVisible(not self._is_split)
        self.before.setVisible(self._is_split)
        self.after.setVisible(self._is_split)
        self._begin()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_split:
            self._settled.start()

    def _on_settled(self) -> None:
        if self._is_split and self.after.columns != self._columns:
            self._begin()

    def _begin(self) -> None:
        """Lay the text out from its beginning, the first slice at once."""
        digits = len(str(self.text.count("\n") + 1)) + 1 if self.is_diff else 0
        for pane in (self.unified, self.before, self.after):
            pane.start(digits)
        rows = diff_rows(self.text) if self.is_diff else plain_rows(self.text)
        shown = map(self._escaped, rows)
        self.hidden = 0
        if self._is_split:
            self._columns = self.after.columns
            self._coming = chain.from_iterable(broken_pair(pair, self._columns) for pair in side_by_side(shown))
        else:
            self._coming = ((piece, piece) for row in shown for piece in broken(row, LONGEST_CHARS))
        self.is_filled = False
        self._at = self.after if self._is_split else self.unified
        self._fill()

    def _escaped(self, row: DiffRow) -> DiffRow:
        text = escape_invisible(row.text)
        if text == row.text:
            return row
        self.hidden += 1
        return replace(row, text=text)

    def _fill(self) -> None:
        """Add the next slice."""
        pairs: list[Pair] = []
        size = 0
        for pair in self._coming:
            pairs.append(pair)
            size += len(pair[0].text) + (len(pair[1].text) if self._is_split else 0)
            if len(pairs) == SLICE_ROWS or size > SLICE_CHARS:
                break
        if pairs and self._is_split:
            self.before.add([left for left, _ in pairs])
            self.after.add([right for _, right in pairs])
        elif pairs:
            self.unified.add([row for row, _ in pairs])
        if len(pairs) == SLICE_ROWS or size > SLICE_CHARS:
            self._slices.start()
            return
        self._slices.stop()
        self.is_filled = True
        if self.is_diff:
            self._go_to_first_change()
        self.filled.emit()

    def _go_to_first_change(self) -> None:
        sides = (self.before, self.after) if self._is_split else (self.unified, self.unified)
        both = enumerate(zip(sides[0].rows, sides[1].rows, strict=True))
        first = next((number for number, (old, new) in both if old.kind == "removed" or new.kind == "added"), 0)
        for pane in sides:
            pane.go_to(first)

    def _on_cursor(self, pane: DiffPane) -> None:
        if pane.isVisibleTo(self):
            self._at = pane
            self.cursor_moved.emit()
