"""The Changes tab: what the session in view changed in files, with comments for the agent, and what takes it back."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said
from loom_studio.services.changes import ChangesService, SessionChanges
from loom_studio.services.conversations import Conversation
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.empty_text import EmptyText
from loom_studio.widgets.named import named, text_label

MARKS = {"added": "+", "changed": "~", "deleted": "−"}
WHAT = {"added": marked("added"), "changed": marked("changed"), "deleted": marked("deleted")}


class ChangesPanel(QWidget):
    """Shows the changes of one conversation. `comments_sent` carries the message that all comments make."""

    comments_sent = Signal(str)
    restore_wanted = Signal(object, object)
    """The changes, and the paths of those that are to be taken back (None: all)."""
    changed = Signal(object)
    """Files of a conversation were changed from here."""

    def __init__(
        self, service: ChangesService, diff_choice: DiffChoice | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._service = service
        self._conversation: Conversation | None = None
        self._changes: SessionChanges | None = None
        self._comments: list[str] = []
        self.tasks = TaskOwner(self.say)
        self.summary = text_label(tr("Nothing changed"), look="Muted")
        self.restore = named(QPushButton(tr("Restore files…")), "Restore files…")
        self.undo = named(QPushButton(tr("Undo restore")), "Undo restore")
        self.files = named(QListWidget(), "Changed files")
        EmptyText(self.files, tr("What this session changes in files is listed here, with the way back."))
        self.view = DiffView(marked("Diff"), diff_choice)
        self.diff = self.view.unified
        self.revert_file = named(QPushButton(tr("Revert file")), "Revert file")
        self.revert_hunk = named(QPushButton(tr("Revert hunk")), "Revert hunk")
        self.revert_hunk.setToolTip(tr("Take back the part of the diff in which the cursor is."))
        self.comment = named(QLineEdit(), "Comment on line")
        self.comment.setPlaceholderText(tr("Comment on the line at the cursor"))
        self.add_comment = named(QPushButton(tr("Add comment")), "Add comment")
        self.comments = named(QListWidget(), "Comments")
        self.comments.setMaximumHeight(px(90))
        self.send = named(QPushButton(tr("Send all comments")), "Send all comments")
        self.status = text_label(look="Muted")
        self._lay_out()
        self._connect()
        self._show(None)

    def say(self, sentence: str) -> None:
        """Show a sentence at the foot of the tab."""
        self.status.setText(sentence)

    def show_conversation(self, conversation: Conversation, changes: SessionChanges | None) -> None:
        """Show what a conversation changed, None while that is not known."""
        if conversation is not self._conversation:
            self._conversation = conversation
            self._comments.clear()
            self.comments.clear()
            self.status.clear()
        self._show(changes)

    async def aclose(self) -> None:
        """End what runs."""
        await self.tasks.aclose()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(self.summary, 1)
        head.addWidget(self.undo)
        head.addWidget(self.restore)
        layout.addLayout(head)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(self.files)
        parts.addWidget(self.view)
        parts.setStretchFactor(1, 4)
        parts.setSizes([110, 420])
        layout.addWidget(parts, 1)
        for buttons in ((self.revert_file, self.revert_hunk), (self.comment, self.add_comment)):
            row = QHBoxLayout()
            for widget in buttons:
                row.addWidget(widget)
            layout.addLayout(row)
        layout.addWidget(self.comments)
        layout.addWidget(self.send)
        layout.addWidget(self.status)

    def _connect(self) -> None:
        self.files.currentItemChanged.connect(self._on_file)
        self.files.itemSelectionChanged.connect(self._on_file)
        self.view.cursor_moved.connect(self._show_buttons)
        self.restore.clicked.connect(lambda: self._ask(None))
        self.revert_file.clicked.connect(lambda: self._ask([self._path()]))
        self.revert_hunk.clicked.connect(lambda: self._start(self._revert_hunk(), marked("revert the hunk")))
        self.undo.clicked.connect(lambda: self._start(self._undo(), marked("undo the restore")))
        self.add_comment.clicked.connect(self._on_comment)
        self.comment.returnPressed.connect(self._on_comment)
        self.comment.textChanged.connect(self._show_buttons)
        self.send.clicked.connect(self._on_send)

    def _show(self, changes: SessionChanges | None) -> None:
        before = self._path()
        self._changes = changes
        self.summary.setText((changes.summary if changes is not None else "") or tr("Nothing changed"))
        self.files.clear()
        for change in changes.files.changes if changes is not None else ():
            lines = f"  +{change.added_lines} −{change.removed_lines}" if change.added_lines is not None else ""
            item = QListWidgetItem(f"{MARKS[change.what]}  {escape_invisible(change.path)}{lines}")
            item.setData(Qt.ItemDataRole.UserRole, change.path)
            item.setToolTip(said(change.note) or tr(WHAT[change.what]))
            self.files.addItem(item)
            if change.path == before:
                self.files.setCurrentItem(item)
        if self.files.currentRow() < 0 and self.files.count():
            self.files.setCurrentRow(0)
        if not self.files.count():
            self.view.show_text("", as_diff=True)
        self._show_buttons()

    def _show_buttons(self) -> None:
        changes, path = self._changes, self._path()
        has_files = changes is not None and bool(changes.files.changes)
        self.restore.setEnabled(has_files)
        self.revert_file.setEnabled(bool(path))
        self.revert_hunk.setEnabled(bool(path) and self._hunk() >= 0)
        self.undo.setVisible(changes is not None and self._service.can_undo(changes.session_id))
        self.add_comment.setEnabled(bool(path) and bool(self.comment.text().strip()))
        self.send.setVisible(bool(self._comments))
        self.comments.setVisible(bool(self._comments))

    def _path(self) -> str:
        row = self.files.currentRow()
        return self.files.item(row).data(Qt.ItemDataRole.UserRole) if row >= 0 else ""

    def _on_file(self) -> None:
        chosen = self.files.selectedItems()
        if chosen and self.files.row(chosen[0]) != self.files.currentRow():
            self.files.setCurrentItem(chosen[0])
            return
        if self._changes is not None and self._path():
            self._start(self._show_diff(self._changes, self._path()), marked("show the diff"))

    async def _show_diff(self, changes: SessionChanges, path: str) -> None:
        text = await self._service.diff(changes, path)
        if path == self._path():
            self.view.show_text(text, as_diff=True)
            self._show_buttons()

    def _hunk(self) -> int:
        """Which part of the diff the cursor is in, the first is 0; -1 above the first."""
        row = self.view.row
        return row.hunk if row is not None else -1

    def _line(self) -> tuple[int, str]:
        """The line of the changed file at the cursor, counted from 1, and what it says."""
        row = self.view.row
        return (max(1, row.new), row.text) if row is not None else (1, "")

    def _on_comment(self) -> None:
        text = self.comment.text().strip()
        if not text or not self._path():
            return
        number, line = self._line()
        self._comments.append(f"{self._path()}, line {number}:\n> {line}\n{text}")
        self.comments.addItem(f"{self._path()}:{number}  {text}")
        self.comment.clear()
        self._show_buttons()

    def _on_send(self) -> None:
        said = "\n\n".join(self._comments)
        self._comments.clear()
        self.comments.clear()
        self._show_buttons()
        self.comments_sent.emit(f"My comments on your changes:\n\n{said}")

    def _ask(self, paths: list[str] | None) -> None:
        if self._changes is not None:
            self.restore_wanted.emit(self._changes, paths)

    async def _undo(self) -> None:
        if self._changes is not None:
            left = await self._service.undo(self._changes.session_id)
            self.say(" ".join(left) or tr("The files are as they were before the restore."))
            self.changed.emit(self._conversation)

    async def _revert_hunk(self) -> None:
        if self._changes is not None:
            await self._service.revert_hunk(self._changes, self._path(), self._hunk())
            self.say(tr("The hunk was taken back."))
            self.changed.emit(self._conversation)

    def _start(self, coro: Any, what: str) -> None:
        self.tasks.start(coro, what=what)
