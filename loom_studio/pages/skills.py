"""Settings: the skills of the workspace and of the person, and the project's own instructions."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from typing_extensions import override

from loom_studio.pages.consent_page import EntryList, open_folder
from loom_studio.pages.page import Page, PageContext
from loom_studio.runtime_words import said
from loom_studio.services.surroundings import Entry, SurroundingsService
from loom_studio.texts import marked, tr
from loom_studio.widgets.named import text_label

SUBJECT = marked(
    "Instructions that agents call for when a task fits. Those of a project, and its AGENTS.md, are told to no model "
    "before you have read and trusted them; a change takes the trust back."
)
EMPTY = marked(
    "There is no skill yet. Put a folder with a SKILL.md into .agents/skills of a project, or of your home folder."
)


class SkillsPage(Page):
    """Lists what was found, and has the person read and trust it."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(context, marked("Skills"), SUBJECT, parent)
        self.service = SurroundingsService(context.permissions.profile)
        self.skills = EntryList(marked("Skills"), EMPTY)
        self.passed_over = text_label(look="Muted")
        self.passed_over.hide()
        self.body.addWidget(self.skills, 1)
        self.body.addWidget(self.passed_over)
        add = self.skills.add_button
        self.trust = add(marked("Trust"), lambda each: each.can_agree, self._on_trust)
        self.trust_any = add(
            marked("Trust, also when it changes"),
            lambda each: each.is_instructions and each.can_agree,
            self._on_trust_any,
        )
        self.withdraw = add(marked("Withdraw trust"), lambda each: each.can_withdraw, self._on_withdraw)
        self.switch = add(marked("Switch off or on"), _can_switch, self._on_switch)
        self.validate = add(marked("Validate"), lambda each: not each.is_instructions, self._on_validate)
        self.open = add(marked("Open folder"), lambda each: each.folder is not None, open_folder)

    @override
    async def refresh(self) -> None:
        """Look again."""
        entries, warnings = await self.service.skills(self.context.workspace())
        self.skills.show_entries(entries)
        shown = warnings[:5]
        if len(warnings) > 5:
            shown.append(tr("… and {count} more", count=len(warnings) - 5))
        self.passed_over.setText("\n".join(shown))
        self.passed_over.setVisible(bool(warnings))

    def _on_trust(self, entry: Entry) -> None:
        self.tasks.start(self._agree(entry, also_changed=False), what="trust it")

    def _on_trust_any(self, entry: Entry) -> None:
        self.tasks.start(self._agree(entry, also_changed=True), what="trust it")

    async def _agree(self, entry: Entry, *, also_changed: bool) -> None:
        await self.service.agree(entry, also_changed=also_changed)
        await self.refresh()
        self.say(tr("Trusted as it was shown. Agents have it from their next run on."))

    def _on_withdraw(self, entry: Entry) -> None:
        self.tasks.start(self._withdraw(entry), what="withdraw the trust")

    async def _withdraw(self, entry: Entry) -> None:
        await self.service.withdraw(entry)
        await self.refresh()
        self.say(tr("Agents are told of it no longer, from their next run on."))

    def _on_switch(self, entry: Entry) -> None:
        self.tasks.start(self._switch(entry), what="switch it")

    async def _switch(self, entry: Entry) -> None:
        await self.service.switch(entry)
        await self.refresh()

    def _on_validate(self, entry: Entry) -> None:
        self.tasks.start(self._validate(entry), what="check it")

    async def _validate(self, entry: Entry) -> None:
        problems = await self.service.validate(entry)
        self.say(
            tr("The specification has this against it: {problems}.", problems=tr("; ").join(map(said, problems)))
            if problems
            else tr("It is valid.")
        )


def _can_switch(entry: Entry) -> bool:
    return not entry.is_instructions and entry.state in ("ready", "off")
