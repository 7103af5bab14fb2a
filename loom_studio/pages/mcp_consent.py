"""Whether a tool server may be started: everything of its start is shown, and nothing of it runs before a yes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QTextCursor
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QTextEdit, QVBoxLayout, QWidget

from loom_studio.plain_text import escape_invisible
from loom_studio.services.mcp import Consent, ServerRow
from loom_studio.texts import tr
from loom_studio.theme import current, mono_font
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sized import open_at

ARMED_MS = 500
"""Nothing is agreed to in the first half second: a key or click that was meant for something else."""


class ServerConsentDialog(QDialog):
    """Shows one start, whole; `then` is called once Agree was pressed."""

    def __init__(self, row: ServerRow, consent: Consent, then: Callable[[], None], parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "Agree to a server")
        self.setWindowTitle(tr("Agree to a server?"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.start = named(QPlainTextEdit(), "What is started")
        self.start.setReadOnly(True)
        self.start.setPlainText(shown(consent))
        if consent.before:
            self.start.setFont(mono_font())
            self.start.setExtraSelections(_coloured(self.start))
        self.agree = named(QPushButton(tr("Agree")), "Agree")
        self.later = named(QPushButton(tr("Not now")), "Not now")
        for button in (self.agree, self.later):
            button.setAutoDefault(False)
        self.agree.setEnabled(False)
        QTimer.singleShot(ARMED_MS, self, lambda: self.agree.setEnabled(True))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.later)
        buttons.addWidget(self.agree)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(10)
        layout.addWidget(text_label(tr("The server {server}", server=escape_invisible(row.name)), "Title"))
        layout.addWidget(text_label(tr("Named in {source}.", source=escape_invisible(row.entry.source)), "Muted"))
        layout.addWidget(text_label(_meaning(is_program=bool(consent.launch.command)), "Muted"))
        if consent.before:
            layout.addWidget(text_label(_changed(consent), "Danger"))
        layout.addWidget(self.start, 1)
        layout.addLayout(buttons)
        self.agree.clicked.connect(then)
        self.agree.clicked.connect(self.accept)
        self.later.clicked.connect(self.reject)
        open_at(self, 620, 440)


def _coloured(text: QPlainTextEdit) -> list[QTextEdit.ExtraSelection]:
    """What lies behind the lines that are new, and behind those that are gone."""
    colours = {"+": current().added, "-": current().removed}
    found: list[QTextEdit.ExtraSelection] = []
    block = text.document().begin()
    while block.isValid():
        if colour := colours.get(block.text()[:1]):
            mark: Any = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(block)
            mark.cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            mark.format.setBackground(QColor(colour))
            found.append(mark)
        block = block.next()
    return found


def _meaning(*, is_program: bool) -> str:
    if is_program:
        return tr(
            "This program runs on your machine, with your rights. What you agree to is exactly what stands here: any "
            "change is asked about again. Its tools still need your permission."
        )
    return tr(
        "It is reached at this address. What you agree to is exactly what stands here: any change is asked about "
        "again. Its tools still need your permission."
    )


def _changed(consent: Consent) -> str:
    if set(consent.before) == set(consent.launch.shown):
        return tr(
            "It is no longer what you agreed to, though each line is the same: a file of the workspace that is named "
            "here changed, or the value of a variable or header."
        )
    return tr("It is no longer what you agreed to.")


def shown(consent: Consent) -> str:
    """All lines of a start; those that were not agreed to marked with +, those that are gone with -."""
    lines = [escape_invisible(line.replace("\n", "\\n")) for line in consent.launch.shown]
    before = [escape_invisible(line.replace("\n", "\\n")) for line in consent.before]
    if not before:
        return "\n".join(lines)
    gone = [f"- {line}" for line in before if line not in lines]
    return "\n".join([*(f"{' ' if line in before else '+'} {line}" for line in lines), *gone])
