"""Mouse and keyboard on a transcript: selecting, moving from row to row, using the parts of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelectionModel, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QClipboard, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolTip

from loom_studio.widgets.row_parts import Part, part_at, parts_of, rect_of
from loom_studio.widgets.transcript_reader import Step

if TYPE_CHECKING:
    from loom_studio.widgets.transcript_view import TranscriptView

AUTOSCROLL_MS = 40
AUTOSCROLL_PX = 30
_Key = Qt.Key
_STEPS: dict[Qt.Key, Step] = {
    _Key.Key_Left: "left", _Key.Key_Right: "right", _Key.Key_Up: "up", _Key.Key_Down: "down",
}  # fmt: skip


class TranscriptHands(QObject):
    """What the person does, turned into what the view shall do. `part` is the one that Enter would use."""

    def __init__(self, view: TranscriptView) -> None:
        super().__init__(view)
        self._view = view
        self._pressed: Part | None = None
        self._press_point = QPointF()
        self._is_selecting = False
        self._last = QPointF()
        self.part: Part | None = None
        self.is_keyboard = False
        self._autoscroll = QTimer(self)
        self._autoscroll.setInterval(AUTOSCROLL_MS)
        self._autoscroll.timeout.connect(self._on_autoscroll)

    # -- mouse

    def press(self, event: QMouseEvent) -> None:
        """A button goes down: a part is held, or a selection begins."""
        view = self._view
        self.is_keyboard, self.part = False, None
        if event.button() != Qt.MouseButton.LeftButton or not view.laid_out.count:
            return
        point = view.from_top(event.position())
        self._press_point = point
        self._pressed = part_at(view.laid_out, point)
        self._go_to(view.laid_out.place_at(min(point.y(), view.laid_out.total - 1))[0], show=False)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and view.reader.selection is not None:
            view.reader.extend(point)
        else:
            view.reader.begin(point)
        self._is_selecting = True
        view.viewport().update()

    def move(self, event: QMouseEvent) -> None:
        """The mouse moves: over parts the cursor shows it, with the button held the selection reaches to it."""
        view = self._view
        point = view.from_top(event.position())
        if not self._is_selecting:
            part = part_at(view.laid_out, point)
            shape = Qt.CursorShape.PointingHandCursor if part else Qt.CursorShape.IBeamCursor
            if view.viewport().cursor().shape() != shape:
                view.viewport().setCursor(shape)
            return
        if self._pressed is not None:
            if (point - self._press_point).manhattanLength() < QApplication.startDragDistance():
                return
            self._pressed = None
        self._last = event.position()
        view.reader.extend(point)
        is_outside = not view.viewport().rect().contains(event.position().toPoint())
        if is_outside and not self._autoscroll.isActive():
            self._autoscroll.start()
        elif not is_outside:
            self._autoscroll.stop()
        view.viewport().update()

    def release(self, event: QMouseEvent) -> None:
        """A button goes up: a part that was held is used."""
        view = self._view
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._is_selecting = False
        self._autoscroll.stop()
        pressed, self._pressed = self._pressed, None
        if pressed is not None and part_at(view.laid_out, view.from_top(event.position())) == pressed:
            view.reader.clear()
            view.use(pressed)
            return
        clipboard = QGuiApplication.clipboard()
        if view.reader.has_text and clipboard.supportsSelection():
            clipboard.setText(view.reader.source, QClipboard.Mode.Selection)

    def double(self, event: QMouseEvent) -> None:
        """A double click selects a word."""
        view = self._view
        point = view.from_top(event.position())
        if event.button() != Qt.MouseButton.LeftButton or not view.laid_out.count:
            return
        self._pressed = part_at(view.laid_out, point)
        if self._pressed is None:
            view.reader.select_word(point)
            view.viewport().update()

    def tip(self, event: Any) -> bool:
        """The whole address of the link under the mouse."""
        view = self._view
        part = part_at(view.laid_out, view.from_top(QPointF(event.pos())))
        if part is not None and part.kind == "link":
            QToolTip.showText(event.globalPos(), part.value, view.viewport())
        else:
            QToolTip.hideText()
        return True

    def _on_autoscroll(self) -> None:
        view = self._view
        bar = view.verticalScrollBar()
        bar.setValue(bar.value() + (AUTOSCROLL_PX if self._last.y() > 0 else -AUTOSCROLL_PX))
        view.reader.extend(view.from_top(self._last))
        view.viewport().update()

    # -- keyboard

    def key(self, event: QKeyEvent) -> bool:
        """A key is pressed; False when it means nothing here, so that it goes on to the window."""
        view = self._view
        self.is_keyboard = True
        view.viewport().update()
        if event.matches(QKeySequence.StandardKey.Copy):
            view.copy()
            return True
        if event.matches(QKeySequence.StandardKey.SelectAll):
            view.selectAll()
            return True
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return self._extend(event)
        return self._walk(event) or self._scroll(event) or self._use(event)

    def _extend(self, event: QKeyEvent) -> bool:
        is_word = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        ends: dict[int, Step] = {_Key.Key_Home: "first", _Key.Key_End: "last"}
        step = _STEPS.get(_Key(event.key())) or (ends.get(event.key()) if is_word else None)
        if step is None:
            return False
        if is_word and step in ("left", "right"):
            step = "word-left" if step == "left" else "word-right"
        view = self._view
        view.reader.move(step, max(0, view.currentIndex().row()))
        view.show_caret()
        return True

    def _walk(self, event: QKeyEvent) -> bool:
        """Up and Down go to the next row, Left and Right to the next part in it."""
        view = self._view
        number = view.currentIndex().row()
        if event.key() in (_Key.Key_Up, _Key.Key_Down):
            step = 1 if event.key() == _Key.Key_Down else -1
            if not self._scroll_within(step):
                self._go_to(number + step if number >= 0 else view.laid_out.count - 1, show=True)
            return True
        if event.key() in (_Key.Key_Left, _Key.Key_Right) and 0 <= number < view.laid_out.count:
            self._next_part(number, 1 if event.key() == _Key.Key_Right else -1)
            return True
        return False

    def _scroll_within(self, step: int) -> bool:
        """Of a row that is higher than the view, show the rest before the next row."""
        view = self._view
        rect = view.visualRect(view.currentIndex())
        page = view.viewport().height()
        is_more = rect.bottom() > page if step > 0 else rect.top() < 0
        if not rect.isValid() or rect.height() <= page or not is_more or rect.top() >= page or rect.bottom() <= 0:
            return False
        bar = view.verticalScrollBar()
        bar.setValue(bar.value() + step * page // 2)
        return True

    def _scroll(self, event: QKeyEvent) -> bool:
        view = self._view
        bar, page = view.verticalScrollBar(), view.viewport().height() - 40
        if event.key() in (_Key.Key_PageUp, _Key.Key_PageDown):
            bar.setValue(bar.value() + (page if event.key() == _Key.Key_PageDown else -page))
            return True
        if event.key() == _Key.Key_Home:
            self._go_to(0, show=False)
            bar.setValue(0)
            return True
        if event.key() == _Key.Key_End:
            self._go_to(view.laid_out.count - 1, show=False)
            view.go_to_end()
            return True
        return False

    def _use(self, event: QKeyEvent) -> bool:
        view = self._view
        number = view.currentIndex().row()
        if event.key() in (_Key.Key_Return, _Key.Key_Enter, _Key.Key_Space) and 0 <= number < view.laid_out.count:
            if self.part is not None:
                view.use(self.part)
            elif view.row(number).detail:
                view.toggle(number)
            return True
        # Without a selection Escape is not ours: it stops the run.
        if event.key() == _Key.Key_Escape and view.reader.has_text:
            view.reader.clear()
            return True
        return False

    def _next_part(self, number: int, step: int) -> None:
        view = self._view
        parts = parts_of(view.laid_out, number)
        if not parts:
            return
        at = 0 if step > 0 else len(parts) - 1
        if self.part is not None and self.part in parts:
            at = parts.index(self.part) + step
        if not 0 <= at < len(parts):
            return
        self.part = parts[at]
        rect = rect_of(view.laid_out, self.part)
        view.reveal(int(rect.top()) - 8, int(rect.bottom()) + 8)

    def _go_to(self, number: int, *, show: bool) -> None:
        view = self._view
        if not 0 <= number < view.laid_out.count:
            return
        self.part = None
        index = view.model().index(number, 0)
        view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        if show:
            view.scrollTo(index)
