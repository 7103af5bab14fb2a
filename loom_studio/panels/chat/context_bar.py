"""A bar over the composer before something is cut from the model's context: nothing goes silently."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from loom_studio.runtime_words import said
from loom_studio.texts import tr
from loom_studio.widgets.named import named, text_label


class ContextBar(QWidget):
    """Says what the next step cuts, and lets the person do it now, begin anew, or put it off."""

    compact_wanted = Signal()
    renew_wanted = Signal()
    later_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Context warning", "StateBar")
        self.said = text_label()
        self.compact = named(QPushButton(tr("Compact now")), "Compact now")
        self.renew = named(QPushButton(tr("Start fresh with a handoff")), "Start fresh with a handoff")
        self.later = named(QPushButton(tr("Later")), "Later")
        self.later.setToolTip(tr("Leave it out of the next step. A window that is full does not wait."))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 4)
        layout.addWidget(self.said, 1)
        for button, wanted in (
            (self.compact, self.compact_wanted),
            (self.renew, self.renew_wanted),
            (self.later, self.later_wanted),
        ):
            button.clicked.connect(wanted)
            layout.addWidget(button)
        self.hide()

    def show_planned(self, planned: dict[str, Any] | None) -> None:
        """Show what is planned; None for nothing."""
        if planned is not None:
            self.said.setText(
                tr(
                    "The model's window is {rho:.0%} full: the next step begins with {level} ({detail}), about "
                    "{saves_tokens:,} tokens. The transcript keeps everything.",
                    rho=planned["rho"],
                    level=tr(planned["level"]),
                    detail=said(planned["detail"]),
                    saves_tokens=planned["saves_tokens"],
                )
            )
        self.setVisible(planned is not None)
