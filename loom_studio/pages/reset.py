"""Settings: everything back to how it was at the first start."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QWidget

from loom.providers.keys import ADDRESS_VARIABLES
from loom.providers.pool import use_network
from loom_studio.pages.appearance import font_percent
from loom_studio.pages.page import Page, PageContext
from loom_studio.services.network import network_of
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
                    "Appearance, language, shortcuts, addresses of providers, models of roles, the mode of new "
                    "sessions, notifications, budgets, network, retention and the window's sizes become what they "
                    "were at the first start.\n\n"
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
            tr("Reset all settings?"),
            {
                tr("Reset them"): (lambda: self.tasks.start(self.reset(), what="reset the settings"), True),
                tr("Keep them"): (lambda: None, True),
            },
        )

    async def reset(self) -> None:
        """Forget all settings, put the defaults in force, and offer to take that back."""
        settings = self.context.settings
        before = settings.everything()
        settings.put_back({name: value for name, value in before.items() if name in WHERE})
        await self._use()
        self.context.undo.offer(tr("All settings were reset."), lambda: self._take_back(before))
        self.say(tr("All settings are as at the first start."))

    async def _take_back(self, before: dict[str, object]) -> None:
        self.context.settings.put_back(before)
        await self._use()
        self.say("")

    async def _use(self) -> None:
        """Put in force what the settings say."""
        settings, app = self.context.settings, QApplication.instance()
        for provider in ADDRESS_VARIABLES:
            self.context.keys.use_address(provider, settings.text(f"address_{provider}"))
        if isinstance(app, QApplication):
            set_scale(font_percent(settings))
            apply_theme(app, settings.text("theme", "system"), settings.text("accent"))
            apply_motion(app, reduced=settings.flag("reduced_motion"))
        self.context.shortcuts.changed.emit("")
        self.renew_sessions()
        await use_network(network_of(settings))
