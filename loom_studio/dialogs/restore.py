"""What restoring would do, as a diff, before it is done: files, conversation, or both."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from loom_studio.services.changes import RestorePreview
from loom_studio.texts import marked, plural, tr
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sized import open_at


class OnRestore(Protocol):
    """Told what the person wants restored."""

    def __call__(self, *, files: bool, conversation: bool, conflicts: bool) -> None:
        """Do it."""
        ...


class RestoreDialog(QDialog):
    """Shows a preview; `then` is called when the person says so. Nothing happens before."""

    def __init__(
        self, preview: RestorePreview, *, with_conversation: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        named(self, "Restore")
        self.setWindowTitle(tr("Restore"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.then: OnRestore | None = None
        count = len(preview.plan.steps)
        self.files = named(QCheckBox(plural("Restore {n} file", "Restore {n} files", count)), "Restore files")
        self.files.setChecked(bool(count))
        self.files.setEnabled(bool(count))
        self.conversation = named(QCheckBox(tr("Restore the conversation")), "Restore conversation")
        self.conversation.setChecked(with_conversation)
        self.conversation.setVisible(with_conversation)
        self.conflicts = named(QCheckBox(tr("Also where I changed the file since")), "Also my own changes")
        self.conflicts.setVisible(bool(preview.conflicts))
        self.view = DiffView(marked("What would change"))
        self.diff = self.view.unified
        self.view.show_text(preview.diff or tr("No file would change."), as_diff=bool(preview.diff))
        self.restore = named(QPushButton(tr("Restore")), "Restore now")
        self.cancel = named(QPushButton(tr("Cancel")), "Cancel restore")
        self._lay_out(preview)
        for button in (self.restore, self.cancel):
            button.setAutoDefault(False)
        self.restore.clicked.connect(self._on_restore)
        self.cancel.clicked.connect(self.reject)
        for box in (self.files, self.conversation):
            box.toggled.connect(self._on_toggled)
        self._on_toggled()
        open_at(self, 680, 480)

    def _lay_out(self, preview: RestorePreview) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(8)
        layout.addWidget(text_label(tr("This is what would change"), "Title"))
        layout.addWidget(
            text_label(
                tr(
                    "Files are stored as they are now before they are changed, so this can be undone. "
                    "Your commits and other files are not touched."
                ),
                "Muted",
            )
        )
        layout.addWidget(self.view, 1)
        if preview.conflicts:
            changed = ", ".join(preview.conflicts[:5])
            said = tr("You changed since: {files}. These files are left as they are, unless:", files=changed)
            layout.addWidget(text_label(said))
        for problem in preview.problems[:5]:
            layout.addWidget(text_label(problem, "Muted"))
        for box in (self.conflicts, self.files, self.conversation):
            layout.addWidget(box)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.restore)
        layout.addLayout(row)

    def _on_toggled(self) -> None:
        self.restore.setEnabled(self.files.isChecked() or self.conversation.isChecked())

    def _on_restore(self) -> None:
        if self.then is not None:
            self.then(
                files=self.files.isChecked(),
                conversation=self.conversation.isChecked() and self.conversation.isVisible(),
                conflicts=self.conflicts.isChecked(),
            )
        self.accept()
