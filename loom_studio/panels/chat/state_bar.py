"""A bar over the composer for a session that can't simply be gone on with: interrupted, or open elsewhere."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from loom_studio.texts import tr
from loom_studio.widgets.named import named, text_label


class StateBar(QWidget):
    """Says what is the matter, and offers what can be done about it."""

    resume_wanted = Signal()
    settle_wanted = Signal()
    discard_wanted = Signal()
    fork_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Session state", "StateBar")
        self.said = text_label()
        self.said.setWordWrap(True)
        self.resume = named(QPushButton(tr("Resume")), "Resume")
        self.settle = named(QPushButton(tr("Mark as done")), "Mark as done")
        self.discard = named(QPushButton(tr("Discard")), "Discard")
        self.fork = named(QPushButton(tr("Fork session")), "Fork session")
        self.resume.setToolTip(
            tr("Go on from the last complete step. What may have happened already is not done again.")
        )
        self.settle.setToolTip(tr("End the run where it was. Everything stays in the transcript."))
        self.discard.setToolTip(tr("Take back the message that began the run, and what followed it."))
        self.fork.setToolTip(tr("Go on in a copy of your own."))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 4)
        layout.addWidget(self.said, 1)
        for button, wanted in (
            (self.resume, self.resume_wanted),
            (self.settle, self.settle_wanted),
            (self.discard, self.discard_wanted),
            (self.fork, self.fork_wanted),
        ):
            layout.addWidget(button)
            button.clicked.connect(wanted)
        self.hide()

    def show_state(self, state: str, owner: str) -> None:
        """Show what holds for a session; nothing for one that can simply be gone on with."""
        interrupted = state == "interrupted" and not owner
        if owner:
            self.said.setText(
                tr("Open in {owner}. Here you read along; to go on yourself, fork it or close it there.", owner=owner)
            )
        elif interrupted:
            self.said.setText(
                tr("The program ended while a run was at work. Nothing was done twice; you decide what now.")
            )
        for button in (self.resume, self.settle, self.discard):
            button.setVisible(interrupted)
        self.fork.setVisible(bool(owner))
        self.setVisible(interrupted or bool(owner))
