"""A notice of a fault of the program: not modal, with what happened, the details, and a report to copy."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from loom_studio.plain_text import escape_invisible
from loom_studio.texts import plural, tr
from loom_studio.theme import current, icon_picture, px, set_icon
from loom_studio.widgets.named import named, text_label

DETAILS_PX = 160
COPIED_MS = 2000
MOST_CHARS = 300


class FaultNotice(QFrame):
    """Shows one fault, the latest. `report_wanted` asks for its text, which is given with `copy`."""

    report_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Fault", "Card")
        self.mark = QLabel()
        self.text = text_label()
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details = named(QPlainTextEdit(), "Fault details")
        self.details.setReadOnly(True)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setFixedHeight(px(DETAILS_PX))
        self.details.hide()
        self.show_details = named(QPushButton(tr("Details")), "Show the details of the fault")
        self.show_details.setCheckable(True)
        self.copy_report = named(QPushButton(tr("Copy report")), "Copy report")
        self.copy_report.setToolTip(
            tr("Copies versions, the error and the last lines of the log. Keys and your folders are left out.")
        )
        self.close_button = named(QPushButton(), "Close the fault notice")
        set_icon(self.close_button, "close")
        row = QHBoxLayout()
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.text, 1)
        for button in (self.show_details, self.copy_report, self.close_button):
            button.setAutoDefault(False)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.addLayout(row)
        layout.addWidget(self.details)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(COPIED_MS)
        self._copied.timeout.connect(lambda: self.copy_report.setText(tr("Copy report")))
        self.show_details.toggled.connect(self.details.setVisible)
        self.copy_report.clicked.connect(self.report_wanted)
        self.close_button.clicked.connect(self.hide)
        self.hide()

    def show_fault(self, sentence: str, details: str, count: int, *, is_lag: bool = False) -> None:
        """Show what happened; `count` says how many times by now. A window that was slow is no alarm."""
        self.setProperty("state", "" if is_lag else "veto")
        self.style().unpolish(self)
        self.style().polish(self)
        tokens = current()
        name, colour = ("notice", tokens.muted) if is_lag else ("error", tokens.danger)
        self.mark.setPixmap(icon_picture(name, colour, 16, self.devicePixelRatioF()))
        sentence = sentence if len(sentence) <= MOST_CHARS else f"{sentence[:MOST_CHARS]}…"
        if count > 1:
            sentence = plural("{sentence} ({n} time)", "{sentence} ({n} times)", count, sentence=sentence)
        self.text.setText(escape_invisible(sentence))
        if self.details.toPlainText() != details:
            self.details.setPlainText(details)
        self.show()

    def copy(self, report: str) -> None:
        """Put a report on the clipboard, and say so."""
        QGuiApplication.clipboard().setText(report)
        self.copy_report.setText(tr("Copied"))
        self._copied.start()
