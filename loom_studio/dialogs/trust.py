"""Whether a folder is trusted: what its own rules would allow is listed before anything of it counts."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from loom_studio.plain_text import escape_invisible
from loom_studio.texts import tr
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sized import open_at


class TrustDialog(QDialog):
    """Lists what a workspace would relax; `trusted` is said only by the button that says so."""

    trusted = Signal()

    def __init__(self, workspace: Path, wishes: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Trust this folder")
        self.setWindowTitle(tr("Trust this folder?"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.wishes = named(QPlainTextEdit(), "What it would allow")
        self.wishes.setReadOnly(True)
        self.wishes.setPlainText(escape_invisible("\n".join(wishes)))
        self.trust = named(QPushButton(tr("Trust this folder")), "Trust this folder")
        self.later = named(QPushButton(tr("Not now")), "Not now")
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.later)
        row.addWidget(self.trust)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(10)
        layout.addWidget(text_label(tr("{folder} brings rules of its own", folder=workspace), "Title"))
        layout.addWidget(
            text_label(
                tr(
                    "They would let these calls run without asking you. Until you trust the folder they do not count; "
                    "what its rules deny or ask about counts already. Trust ends when the file changes."
                ),
                "Muted",
            )
        )
        layout.addWidget(self.wishes, 1)
        layout.addLayout(row)
        for button in (self.trust, self.later):
            button.setAutoDefault(False)
        self.trust.clicked.connect(self.trusted)
        self.trust.clicked.connect(self.accept)
        self.later.clicked.connect(self.reject)
        open_at(self, 520, 320)
