"""Settings: what the desktop is told of."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QWidget
from typing_extensions import override

from loom_studio.pages.page import Page, PageContext
from loom_studio.services.notifications import KINDS, wants
from loom_studio.texts import marked, tr
from loom_studio.widgets.named import named
from loom_studio.widgets.tray import notify


class NotificationsPage(Page):
    """A notification names a tool or a session, never what a command would do."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        subject = marked(
            "Only while the window is not in front. Takes effect at once. Nothing of a call is told but its tool."
        )
        super().__init__(context, marked("Notifications"), subject, parent)
        self.boxes: dict[str, QCheckBox] = {}
        for kind, words in KINDS.items():
            self.boxes[kind] = box = named(QCheckBox(tr(words)), words)
            box.toggled.connect(partial(self._on_toggled, kind))
            self.body.addWidget(box)
        self.test = named(QPushButton(tr("Show one now")), "Show a notification")
        self.test.setAutoDefault(False)
        row = QHBoxLayout()
        row.addWidget(self.test)
        row.addStretch(1)
        self.body.addLayout(row)
        self.body.addStretch(1)
        self.test.clicked.connect(self._on_test)

    @override
    async def refresh(self) -> None:
        for kind, box in self.boxes.items():
            box.setChecked(wants(self.context.settings, kind))

    def _on_toggled(self, kind: str, is_on: bool) -> None:
        self.context.settings.keep(f"notify_{kind}", is_on)

    def _on_test(self) -> None:
        shown = notify(self.window(), tr("This is how it looks."))
        self.say("" if shown else tr("This desktop has no place for notifications: none can be shown."))
