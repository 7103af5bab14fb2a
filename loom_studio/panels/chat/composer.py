"""Where the person writes: Enter sends, Shift+Enter breaks the line, Esc stops."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QListWidget, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from loom.types.permissions import PermissionMode
from loom_studio.overriding import override
from loom_studio.plain_text import escape_invisible
from loom_studio.services.attachments import Attachment
from loom_studio.services.conversations import Outgoing
from loom_studio.texts import marked, tr
from loom_studio.theme import px, set_icon
from loom_studio.widgets.choice import choice
from loom_studio.widgets.current_row import follow_selection
from loom_studio.widgets.named import named, text_label

if TYPE_CHECKING:
    from loom_studio.widgets.completions import CompletionList

MODES = {
    marked("Plan"): PermissionMode.PLAN,
    marked("Ask"): PermissionMode.DEFAULT,
    marked("Accept edits"): PermissionMode.ACCEPT_EDITS,
    marked("Auto"): PermissionMode.AUTO,
}
"""The modes by what they are called, in the order in which they are offered."""


class _Message(QPlainTextEdit):
    entered = Signal()
    escaped = Signal()
    recalled = Signal()
    files_given = Signal(list)
    picture_given = Signal(bytes)
    completions: CompletionList | None = None

    @override
    def event(self, event: QEvent) -> bool:
        is_undo = isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo)
        if event.type() == QEvent.Type.ShortcutOverride and is_undo and not self.document().isUndoAvailable():
            return False  # there is nothing to undo here, but perhaps in the window
        # Tab would move the focus before it comes here as a key.
        is_tab = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab
        if event.type() == QEvent.Type.KeyPress and is_tab and self._completes(Qt.Key.Key_Tab):
            return True
        return super().event(event)

    def _completes(self, key: int) -> bool:
        return self.completions is not None and self.completions.key(key)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self.completions is not None:
            self.completions.close_list()
        super().focusOutEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._completes(event.key()):
            return
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif event.key() == Qt.Key.Key_Up and self.document().isEmpty():
            self.recalled.emit()
        else:
            super().keyPressEvent(event)

    @override
    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasImage() or source.hasUrls() or super().canInsertFromMimeData(source)

    @override
    def insertFromMimeData(self, source: QMimeData) -> None:
        files = [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()]
        if files:
            self.files_given.emit(files)
        elif source.hasImage():
            self.picture_given.emit(_as_png(source.imageData()))
        else:
            super().insertFromMimeData(source)


def _as_png(picture: Any) -> bytes:
    from PySide6.QtCore import QBuffer, QByteArray  # their types cost a start more than they give
    from PySide6.QtGui import QImage, QImageWriter

    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(QImage(picture))
    return bytes(buffer.data().data())


class Composer(QWidget):
    """The message box, mode, Stop and Send, and above them the messages that wait."""

    submitted = Signal(object)
    attachments_changed = Signal()
    files_wanted = Signal()
    files_given = Signal(list)
    picture_given = Signal(bytes)
    stopped = Signal()
    mode_chosen = Signal(object)
    send_now = Signal(int)
    queue_edited = Signal(int)
    queue_moved = Signal(int)
    queue_removed = Signal(int)
    recalled = Signal()
    """What was written last is to be edited."""
    fork_wanted = Signal(int)
    """The message that is being edited is to be in a fork: the record whose place it takes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = named(_Message(), "Message")
        self.message.setPlaceholderText(tr("Message …   Enter sends, Shift+Enter breaks the line"))
        self.message.setMaximumHeight(px(76))
        self.message.setMinimumHeight(px(36))  # where a card needs the room
        self.message.setTabChangesFocus(True)
        self.attachments: list[Attachment] = []
        self._is_running = False
        self._before = 0
        self._reads: list[str] = []
        self._is_wanted = False
        self._queued: list[Outgoing] = []
        self._put_off = Outgoing("")
        self.chips = QHBoxLayout()
        self.attach_button = named(QPushButton(tr("Attach")), "Attach")
        set_icon(self.attach_button, "attach")
        self.mode = choice("Mode")
        self.mode.addItems([tr(name) for name in MODES])
        self.mode.setCurrentIndex(list(MODES.values()).index(PermissionMode.DEFAULT))
        self.mode.setProperty("mode", PermissionMode.DEFAULT.value)
        self.stop = named(QPushButton(tr("Stop")), "Stop")
        self.send = named(QPushButton(tr("Send")), "Send")
        self.queue = follow_selection(named(QListWidget(), "Queued messages"))
        self.queue.setMaximumHeight(px(84))
        self.sending = named(text_label(), "Message on its way", "Muted")
        self.sending.hide()
        self.editing = text_label(tr("You edit an earlier message."), look="Muted")
        self.fork = named(QPushButton(tr("Fork session")), "Fork session")
        self.end_edit = named(QPushButton(tr("Cancel edit")), "Cancel edit")
        self.now = named(QPushButton(tr("Send now")), "Send now")
        self.change = named(QPushButton(tr("Edit")), "Edit queued message")
        self.up = named(QPushButton(tr("Move up")), "Move queued message up")
        self.remove = named(QPushButton(tr("Delete")), "Delete queued message")
        self._lay_out()
        self._connect()
        self._show_edit(0)
        self._show_queue()
        self.show_state(running=False, queued=[])

    def _lay_out(self) -> None:
        queue_row = QHBoxLayout()
        queue_row.addWidget(self.queue, 1)
        queue_row.addLayout(_in_two_columns(self.now, self.change, self.up, self.remove))
        row = QHBoxLayout()
        row.addWidget(self.attach_button)
        row.addWidget(self.mode)
        row.addStretch(1)
        row.addWidget(self.stop)
        row.addWidget(self.send)
        edit_row = QHBoxLayout()
        edit_row.addWidget(self.editing, 1)
        edit_row.addWidget(self.fork)
        edit_row.addWidget(self.end_edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 10)
        layout.addWidget(self.sending)
        layout.addLayout(queue_row)
        layout.addLayout(edit_row)
        layout.addLayout(self.chips)
        layout.addWidget(self.message)
        layout.addLayout(row)

    def _connect(self) -> None:
        self.message.entered.connect(self._on_send)
        self.message.escaped.connect(self.stopped)
        self.message.recalled.connect(self._on_recall)
        self.message.files_given.connect(self.files_given)
        self.message.picture_given.connect(self.picture_given)
        self.attach_button.clicked.connect(self.files_wanted)
        self.send.clicked.connect(self._on_send)
        self.stop.clicked.connect(self.stopped)
        self.mode.activated.connect(self._on_mode)
        self.end_edit.clicked.connect(self._end_edit)
        self.fork.clicked.connect(self._on_fork)
        self.now.clicked.connect(lambda: self.send_now.emit(self.queue.currentRow()))
        self.change.clicked.connect(lambda: self.queue_edited.emit(self.queue.currentRow()))
        self.up.clicked.connect(lambda: self.queue_moved.emit(self.queue.currentRow()))
        self.remove.clicked.connect(lambda: self.queue_removed.emit(self.queue.currentRow()))
        self.queue.currentRowChanged.connect(self._on_queue_row)

    def show_state(self, *, running: bool, queued: list[Outgoing]) -> None:
        """Show whether a run works and what waits behind it; the message that is chosen stays so while it waits."""
        self.stop.setEnabled(running)
        self._is_running = running
        self._name_send()
        if len(queued) == len(self._queued) and all(map(is_, queued, self._queued)):
            return
        chosen = self._queued[self.queue.currentRow()] if self._queued else None
        self._queued = queued
        self.queue.clear()
        self.queue.addItems([each.prompt for each in queued])
        self.queue.setCurrentRow(next((row for row, each in enumerate(queued) if each is chosen), 0))
        self._show_queue()

    def _show_queue(self) -> None:
        for widget in (self.queue, self.now, self.change, self.up, self.remove):
            widget.setVisible(bool(self._queued))

    def show_sending(self, text: str) -> None:
        """Say what is on its way, and what it waits for; nothing for an empty text."""
        self.sending.setText(escape_invisible(text))
        self.sending.setVisible(bool(text))

    def edit(self, message: Outgoing) -> None:
        """Have an earlier message edited: sending it takes the old one's place. What was being written comes back."""
        from PySide6.QtGui import QTextCursor  # a window is shown without it

        if not self._before:
            self._put_off = self._written()
        self._write(message)
        self.message.moveCursor(QTextCursor.MoveOperation.End)
        self.message.setFocus()

    def take(self) -> Outgoing:
        """The message that is being written, taken out."""
        message = self._written()
        self._end_edit()
        return message

    def _written(self) -> Outgoing:
        return Outgoing(self.message.toPlainText(), tuple(self.attachments), self._before)

    def _write(self, message: Outgoing) -> None:
        self.message.setPlainText(message.text)
        self.attachments = list(message.attachments)
        self._show_attachments()
        self._show_edit(message.before)

    def _end_edit(self) -> None:
        """Have the box empty, or as it was before an earlier message was edited."""
        put_off, self._put_off = self._put_off, Outgoing("")
        self._write(put_off)

    def _on_queue_row(self, row: int) -> None:
        self.up.setEnabled(row > 0)

    def _on_recall(self) -> None:
        if not (self.attachments or self._reads or self._before):
            self.recalled.emit()

    def _show_edit(self, before: int) -> None:
        self._before = before
        for widget in (self.editing, self.fork, self.end_edit):
            widget.setVisible(bool(before))
        self.send.setAccessibleName(tr("Edit in place") if before else tr("Send"))
        self._name_send()

    def _name_send(self) -> None:
        self.send.setText(tr("Edit in place") if self._before else tr("Queue") if self._is_running else tr("Send"))

    def _on_fork(self) -> None:
        self.fork_wanted.emit(self._before)

    def show_mode(self, mode: PermissionMode) -> None:
        """Show the mode of the session in view, the more it runs by itself the louder."""
        self.mode.setCurrentIndex(list(MODES.values()).index(mode))
        if self.mode.property("mode") != mode.value:
            self.mode.setProperty("mode", mode.value)
            self.mode.style().unpolish(self.mode)
            self.mode.style().polish(self.mode)

    def attach(self, attachment: Attachment) -> None:
        """Add a file to the message that is being written."""
        self.attachments.append(attachment)
        self._show_attachments()

    def expect(self, name: str) -> None:
        """Say that something is being read that is to be attached: what is sent meanwhile goes once it is there."""
        self._reads.append(name)
        self._show_attachments()

    def take_expected(self, name: str, attachments: Sequence[Attachment] | None) -> None:
        """Attach what was read. None says that it could not be: then nothing is sent without it."""
        self._reads.remove(name)
        self.attachments += attachments or ()
        self._is_wanted = self._is_wanted and attachments is not None
        self._show_attachments()
        if self._is_wanted and not self._reads:
            self._on_send()

    def exchange(self, old: Sequence[Attachment], new: Sequence[Attachment]) -> None:
        """Put what was read anew in the place of what it was; nothing where that is no longer there."""
        places = [n for n, each in enumerate(self.attachments) if any(each is gone for gone in old)]
        if places:
            kept = [each for each in self.attachments if not any(each is gone for gone in old)]
            self.attachments = [*kept[: places[0]], *new, *kept[places[0] :]]
            self._show_attachments()

    def give_back(self, messages: list[Outgoing]) -> None:
        """Put messages that were not sent back into the box, with what was attached."""
        kept = self.message.toPlainText()
        texts = [message.text for message in messages]
        self.message.setPlainText("\n".join([*texts, *([kept] if kept else [])]))
        self.attachments = [each for message in messages for each in message.attachments] + self.attachments
        self._show_attachments()

    def _show_attachments(self) -> None:
        while (item := self.chips.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for each in self.attachments:
            removing = tr("Remove {name}", name=each.name)
            chip = named(QPushButton(f"{_short(each.name)}  ✕"), removing, "Chip")
            chip.setToolTip(f"{removing}\n{each.note}".rstrip())
            chip.setAccessibleDescription(each.note)
            chip.clicked.connect(lambda _checked=False, gone=each: self._remove(gone))
            self.chips.addWidget(chip)
        for name in self._reads:
            self.chips.addWidget(text_label(tr("Reading {name} …", name=_short(name)), "Muted"))
        if self.attachments or self._reads:
            self.chips.addStretch(1)
        self.attachments_changed.emit()

    def _remove(self, attachment: Attachment) -> None:
        self.attachments = [each for each in self.attachments if each is not attachment]
        self._show_attachments()

    def _on_mode(self, row: int) -> None:
        mode = list(MODES.values())[row]
        self.show_mode(mode)
        self.mode_chosen.emit(mode)

    def _on_send(self) -> None:
        text = self.message.toPlainText().strip()
        self._is_wanted = bool(self._reads)
        if (text or self.attachments) and not self._is_wanted:
            message = self._written()._replace(text=text)
            self._end_edit()
            self.submitted.emit(message)


def _in_two_columns(*widgets: QWidget) -> QGridLayout:
    grid = QGridLayout()
    for number, widget in enumerate(widgets):
        grid.addWidget(widget, number // 2, number % 2)
    return grid


def _short(name: str) -> str:
    shown = escape_invisible(name)
    return shown if len(shown) <= 40 else f"{shown[:19]}…{shown[-20:]}"
