"""Settings: the mode that sessions begin in, the person's own rules, and the folders they trust."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)
from typing_extensions import override

from loom.config.permissions import parse_rule
from loom.errors import ConfigError, LoomError
from loom.types.permissions import PermissionMode
from loom_studio.pages.page import Page, PageContext
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said_of
from loom_studio.services.permissions import EFFECTS, LAST_CALLS, Effect
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label

if TYPE_CHECKING:
    from loom.safety.rule_trial import Trial

MODES = {
    PermissionMode.PLAN: marked("Plan: reading only"),
    PermissionMode.DEFAULT: marked("Ask: everything but reading is asked about"),
    PermissionMode.ACCEPT_EDITS: marked("Accept edits: files of the workspace are changed unasked"),
    PermissionMode.AUTO: marked("Auto: everything runs that no rule denies"),
}
PAUSE_S = 0.25
TRUSTED_PX = 90
SHOWN_CALLS = 5


class PermissionsPage(Page):
    """Rules hold from the next run on; the grants that were given to single calls are in the Approvals tab."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(
            context,
            marked("Permissions"),
            marked(
                "Deny beats ask beats allow. Rules hold from the next message on, for every agent; grants that you "
                "gave on a card are in the Approvals tab."
            ),
            parent,
        )
        self._asked = 0
        self._chosen: tuple[Effect, str] | None = None
        self.mode = choice("Mode of new sessions")
        for mode, words in MODES.items():
            self.mode.addItem(tr(words), str(mode))
        self.rules = named(QListWidget(), "Permission rules")
        self.effect = choice("Effect of the rule")
        for effect, words in EFFECTS.items():
            self.effect.addItem(tr(words), effect)
        self.rule = named(QLineEdit(), "Permission rule")
        self.rule.setPlaceholderText(tr("run_command(git push *), edit_file(src/**), deploy(target=production)"))
        self.covered = text_label(look="Muted")
        self.fault = text_label(look="Danger")
        self.fault.hide()
        names = (marked("Add rule"), marked("Change rule"), marked("Remove rule"))
        self.add, self.change, self.remove = (_button(each) for each in names)
        self.trusted = named(QListWidget(), "Trusted folders")
        self.trusted.setFixedHeight(px(TRUSTED_PX))
        self.distrust = _button(marked("Stop trusting"))
        self._lay_out()
        self.mode.activated.connect(self._on_mode)
        self.rules.itemSelectionChanged.connect(self._on_chosen)
        self.rule.textChanged.connect(self._on_typed)
        self.effect.currentIndexChanged.connect(self._on_typed)
        self.add.clicked.connect(lambda: self._put(None, self._typed()))
        self.change.clicked.connect(lambda: self._put(self._chosen, self._typed()))
        self.remove.clicked.connect(lambda: self._put(self._chosen, None))
        self.distrust.clicked.connect(self._on_distrust)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow(tr("New sessions begin in"), self.mode)
        edit = QHBoxLayout()
        edit.addWidget(self.effect)
        edit.addWidget(self.rule, 1)
        buttons = QHBoxLayout()
        for button in (self.add, self.change, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        foot = QHBoxLayout()
        foot.addWidget(self.distrust)
        foot.addStretch(1)
        self.body.addLayout(form)
        self.body.addWidget(text_label(tr("Your rules"), "Strong"))
        self.body.addWidget(self.rules, 1)
        self.body.addLayout(edit)
        self.body.addWidget(self.fault)
        self.body.addWidget(self.covered)
        self.body.addLayout(buttons)
        self.body.addWidget(text_label(tr("Trusted folders"), "Strong"))
        self.body.addWidget(self.trusted)
        self.body.addLayout(foot)

    @override
    async def refresh(self) -> None:
        stored = self.context.settings.text("mode", str(PermissionMode.DEFAULT))
        self.mode.setCurrentIndex(max(0, self.mode.findData(stored)))
        await self._show_rules()
        folders = await self.context.permissions.trusted()
        self.trusted.clear()
        self.trusted.addItems([str(each) for each in folders])
        self.distrust.setEnabled(bool(folders))
        if not folders:
            self.trusted.addItem(tr("None. A folder's own rules only tighten until you trust it."))

    async def _show_rules(self) -> None:
        try:
            rules = await self.context.permissions.rules()
        except ConfigError as error:
            self.say(tr("{error}. Mend the file, then come back.", error=said_of(error)))
            rules = []
        self._chosen = None
        self.rules.clear()
        for effect, rule in rules:
            item = QListWidgetItem(f"{tr(EFFECTS[effect])}  {escape_invisible(rule)}")
            item.setData(Qt.ItemDataRole.UserRole, (effect, rule))
            self.rules.addItem(item)
        if not rules:
            empty = QListWidgetItem(tr("No rules yet: agent files, modes and your answers decide alone."))
            empty.setFlags(Qt.ItemFlag.NoItemFlags)
            self.rules.addItem(empty)
        self._on_typed()

    def _typed(self) -> tuple[Effect, str]:
        return self.effect.currentData(), self.rule.text().strip()

    def _on_mode(self) -> None:
        self.context.settings.keep("mode", self.mode.currentData())
        self.say(tr("The next new session begins so; each has its own mode beside Send."))

    def _on_chosen(self) -> None:
        data = next((item.data(Qt.ItemDataRole.UserRole) for item in self.rules.selectedItems()), None)
        self._chosen = (data[0], data[1]) if data else None
        if self._chosen is not None:
            self.effect.setCurrentIndex(self.effect.findData(self._chosen[0]))
            self.rule.setText(self._chosen[1])
        self._on_typed()

    def _on_typed(self) -> None:
        effect, rule = self._typed()
        fault = ""
        try:
            if rule:
                parse_rule(rule, allows=effect == "allow")
        except ConfigError as error:
            fault = said_of(error)
        self.fault.setText(fault)
        self.fault.setVisible(bool(fault))
        is_new = bool(rule) and not fault
        self.add.setEnabled(is_new)
        self.change.setEnabled(is_new and self._chosen is not None and self._chosen != (effect, rule))
        self.remove.setEnabled(self._chosen is not None)
        self._asked += 1
        self.covered.setText("")
        if is_new:
            self.tasks.start(self._try(self._asked, effect, rule), what="try the rule")

    async def _try(self, asked: int, effect: Effect, rule: str) -> None:
        """Say what the rule would have covered, once nothing was typed for a moment."""
        await asyncio.sleep(PAUSE_S)
        if asked != self._asked:
            return
        try:
            trial = await self.context.permissions.try_rule(rule, effect, self.context.workspace())
        except LoomError as error:
            said = tr("What it would have covered can't be told: {error}", error=said_of(error))
        else:
            said = _covered(trial)
        if asked == self._asked:
            self.covered.setText(said)

    def _put(self, before: tuple[Effect, str] | None, now: tuple[Effect, str] | None) -> None:
        self.tasks.start(self._change(before, now), what="change the rules")

    async def _change(self, before: tuple[Effect, str] | None, now: tuple[Effect, str] | None) -> None:
        await self.context.permissions.change_rule(before, now)
        self.rule.clear()
        await self._show_rules()
        self.say(tr("It holds from the next message on."))

    def _on_distrust(self) -> None:
        chosen = self.trusted.selectedItems()
        if not chosen:
            self.say(tr("Choose a folder first."))
            return
        self.tasks.start(self._distrust(chosen[0].text()), what="stop trusting the folder")

    async def _distrust(self, folder: str) -> None:
        await self.context.permissions.distrust(Path(folder))
        await self.refresh()
        self.say(tr("The rules of {folder} only tighten from the next message on.", folder=folder))


def _covered(trial: Trial) -> str:
    tried, about, perhaps = min(trial.tried, LAST_CALLS), len(trial.about), len(trial.perhaps)
    said = tr("Of the last {tried} calls it would have been about {count}", tried=tried, count=about)
    if perhaps:
        said = tr(
            "Of the last {tried} calls it would have been about {count}, perhaps {more} more",
            tried=tried,
            count=about,
            more=perhaps,
        )
    calls = sorted({f"{each.record.tool} {each.record.arguments[:80]}" for each in trial.about})
    if not calls:
        return tr("{told}.", told=said)
    return tr("{told}: {calls}", told=said, calls=escape_invisible("; ".join(calls[:SHOWN_CALLS])))


def _button(words: str) -> QPushButton:
    button = named(QPushButton(tr(words)), words)
    button.setAutoDefault(False)
    return button
