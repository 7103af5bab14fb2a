"""Trying the agent as it is edited: one prompt, one run in an empty folder, the answer or the real error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from loom.safety.profile import Profile
from loom_studio.dialogs.agent_editor.section import DraftForm
from loom_studio.plain_text import escape_invisible
from loom_studio.services.agent_trial import TrialLine, try_agent
from loom_studio.services.keys import Keys
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.widgets.named import named, text_label

FLUSH_S = 1 / 30


class TryIt(QWidget):
    """Runs what the draft describes, saved or not."""

    def __init__(self, form: DraftForm, keys: Keys, profile: Profile) -> None:
        super().__init__()
        self._form = form
        self._keys = keys
        self._profile = profile
        self._says_why_not = False
        self.tasks = TaskOwner(self._say)
        self.prompt = named(QLineEdit(tr("Who are you, and what can you do?")), "Test prompt")
        self.run = named(QPushButton(tr("Run")), "Run the test", "Send")
        self.stop = named(QPushButton(tr("Stop")), "Stop the test")
        self.answer = named(QPlainTextEdit(), "Test answer")
        self.answer.setReadOnly(True)
        self.answer.setTabChangesFocus(True)
        self.answer.setPlaceholderText(tr("The answer appears here."))
        self.said = text_label(look="Muted")
        row = QHBoxLayout()
        row.addWidget(self.prompt, 1)
        for button, slot in ((self.run, self._on_run), (self.stop, self.tasks.cancel_all)):
            button.setAutoDefault(False)
            button.clicked.connect(slot)
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(
            text_label(
                tr(
                    "Runs the agent as it is in this editor, saved or not, in an empty folder that is removed "
                    "afterwards. Your rules hold; a call that would need your permission is refused, since nobody is "
                    "asked here. It watches and remembers nothing."
                ),
                "Muted",
            )
        )
        layout.addLayout(row)
        layout.addWidget(self.answer, 1)
        layout.addWidget(self.said)
        self.prompt.returnPressed.connect(self._on_run)
        self._show_running(running=False)

    def refresh(self) -> None:
        """Say whether there is an agent to try."""
        self.run.setEnabled(self._form.draft.config is not None)
        if self._form.draft.config is None:
            self.said.setText(tr("There is nothing to run while something is wrong with the agent."))
            self._says_why_not = True
        elif self._says_why_not:
            self.said.setText("")
            self._says_why_not = False

    async def aclose(self) -> None:
        """End what runs."""
        await self.tasks.aclose()

    def _on_run(self) -> None:
        if self.run.isEnabled() and self.prompt.text().strip():
            self.tasks.start(self._try(self.prompt.text().strip()), what="try the agent")

    async def _try(self, prompt: str) -> None:
        config = self._form.draft.config
        if config is None:
            return
        self.answer.clear()
        self._say(tr("{model} is asked …", model=config.model.identifier))
        self._show_running(running=True)
        ended = tr("Stopped.")
        try:
            async with aclosing(try_agent(config, prompt, self._keys, self._profile)) as lines:
                ended = await self._show(lines)
        finally:
            self._show_running(running=False)
            self._say(ended)

    async def _show(self, lines: AsyncIterator[TrialLine]) -> str:
        """Show the lines as they come, text at most once a frame; returns how it ended."""
        waiting, shown_at = "", 0.0
        clock = asyncio.get_running_loop().time
        ended = tr("It ended without an answer.")
        async for line in lines:
            if line.kind == "text":
                waiting += line.text
            if waiting and (line.kind != "text" or clock() - shown_at > FLUSH_S):
                self._append(waiting)
                waiting, shown_at = "", clock()
            if line.kind == "tool":
                self._append(f"\n[{line.text}]\n")
            elif line.kind == "error":
                return tr("It failed. {reason}", reason=line.text)
            elif line.kind == "end":
                ended = tr("Done.")
        return ended

    def _append(self, text: str) -> None:
        cursor = self.answer.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        cursor.insertText(escape_invisible(text))

    def _show_running(self, *, running: bool) -> None:
        self.run.setVisible(not running)
        self.stop.setVisible(running)

    def _say(self, sentence: str) -> None:
        self._says_why_not = False
        self.said.setText(sentence)
