"""Settings: everything back to how it was at the first start."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QWidget

from loom.providers.keys import ADDRESS_VARIABLES
from loom.providers.network import Network
from loom.providers.pool import use_network
from loom_studio.pages.page import Page, PageContext
from loom_studio.texts import marked, tr
from loom_studio.theme import apply_theme, set_scale
from loom_studio.theme.motion import apply_motion
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.question_bar import QuestionBar

WHERE = ("keys_in_keyring", "keys_in_file", "welcomed")
"""What is no taste but says where something is."""


class ResetPage(Page):
    """Forgets what was chosen in this window, and puts the defaults in force at once."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(context, marked("Reset"), marked("Takes effect at once."), parent)
        self.button = named(QPushButton(tr("Reset all settings…")), "Reset all settings")
        self.button.setAutoDefault(False)
        self.question = QuestionBar()
        self.body.addWidget(
            text_label(
                tr(
                    "Appearance, addresses of providers, models of roles, prices, the mode of new sessions, "
                    "notifications, network, retention and the window's sizes become what they were at the first "
                    "start.\n\n"
                    "Agents with their hooks, sessions, rules, grants, trusted folders and keys stay. Agents are "
                    "deleted under Agents, sessions under Data, keys under Providers, rules under Permissions."
                )
            )
        )
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        self.body.addLayout(row)
        self.body.addWidget(self.question)
        self.body.addStretch(1)
        self.button.clicked.connect(self._ask)

    def _ask(self) -> None:
        self.question.ask(
            tr("Reset all settings? This can't be undone."),
            {
                tr("Reset them"): (lambda: self.tasks.start(self.reset(), what="reset the settings"), True),
                tr("Keep them"): (lambda: None, True),
            },
        )

    async def reset(self) -> None:
        """Forget all settings, and put the defaults in force."""
        settings, keys = self.context.settings, self.context.keys
        kept = {name: settings.flag(name) for name in WHERE}
        settings.clear()
        for name, value in kept.items():
            settings.keep(name, value)
        settings.save()
        for provider in ADDRESS_VARIABLES:
            keys.use_address(provider, "")
        await use_network(Network())
        app = QApplication.instance()
        if isinstance(app, QApplication):
            set_scale(100)
            apply_theme(app, "system")
            apply_motion(app, reduced=False)
        self.renew_sessions()
        self.say(tr("All settings are as at the first start."))
