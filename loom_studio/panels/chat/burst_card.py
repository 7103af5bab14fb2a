"""The card for many changes at once, over the composer: how many, where, by what, and what can be done about them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QPushButton, QVBoxLayout, QWidget

from loom_studio.services.alerts import Burst
from loom_studio.texts import tr
from loom_studio.theme import px
from loom_studio.widgets.flow import FlowLayout
from loom_studio.widgets.named import named, text_label

LIST_PX = 130


class BurstCard(QWidget):
    """Shows one burst; each signal carries its event's id. Look shows the files here."""

    tell_wanted = Signal(str)
    run_wanted = Signal(str)
    mute_wanted = Signal(str)
    dismiss_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Burst of changes", "StateBar")
        self._burst: Burst | None = None
        self.said = text_label()
        self.where = text_label(look="Muted")
        self.files = named(QListWidget(), "Changed files")
        self.files.setMaximumHeight(px(LIST_PX))
        self.files.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.files.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.files.hide()
        self.look = named(QPushButton(tr("Look")), "Look")
        self.look.setCheckable(True)
        self.look.toggled.connect(self.files.setVisible)
        self.tell = named(QPushButton(tr("Tell the agent")), "Tell the agent")
        self.tell.setToolTip(tr("Send a message that asks the agent to look at these changes."))
        self.run = named(QPushButton(tr("Run…")), "Run on the burst")
        self.run.setToolTip(tr("Start an agent on these changes, in a session of its own."))
        self.mute = named(QPushButton(tr("Mute 1 h")), "Mute 1 h")
        self.mute.setToolTip(tr("Pass over changes of many files at once for an hour. Single changes are still told."))
        self.dismiss = named(QPushButton(tr("Dismiss")), "Dismiss the burst")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 4)
        layout.setSpacing(4)
        layout.addWidget(self.said)
        layout.addWidget(self.where)
        layout.addWidget(self.files)
        buttons = FlowLayout()
        buttons.addWidget(self.look)
        for button, wanted in (
            (self.tell, self.tell_wanted),
            (self.run, self.run_wanted),
            (self.mute, self.mute_wanted),
            (self.dismiss, self.dismiss_wanted),
        ):
            buttons.addWidget(button)
            button.clicked.connect(lambda _checked=False, wanted=wanted: wanted.emit(self._id))
        layout.addLayout(buttons)
        self.hide()

    @property
    def _id(self) -> str:
        return self._burst.id if self._burst is not None else ""

    def show_burst(self, burst: Burst | None) -> None:
        """Show a burst; None for none."""
        if burst == self._burst:
            return
        if burst is None or burst.id != self._id:
            self.look.setChecked(False)
        self._burst = burst
        self.setVisible(burst is not None)
        if burst is not None:
            self.said.setText(burst.title)
            self.where.setText(burst.where)
            self.files.clear()
            self.files.addItems(burst.files)
