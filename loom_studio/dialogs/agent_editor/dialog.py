"""The agent editor's window: sections on the left, a form in the middle, the file's text on the right."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import cached_property
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.config.faults import check_agent
from loom.errors import ConfigError
from loom.providers.prices import PRICES_FILE
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom_studio.dialogs.agent_editor.file_text import FileText
from loom_studio.dialogs.agent_editor.instructions import Instructions
from loom_studio.dialogs.agent_editor.section import DraftForm
from loom_studio.dialogs.agent_editor.sections import SectionEntry, SectionPage, agent_sections
from loom_studio.dialogs.agent_editor.try_it import TryIt
from loom_studio.dialogs.agent_editor.versions import Versions
from loom_studio.runtime_words import said
from loom_studio.services.agent_draft import AgentDraft
from loom_studio.services.agent_facts import known_tools
from loom_studio.services.agent_files import AgentFiles
from loom_studio.services.keys import Keys
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.question_bar import QuestionBar
from loom_studio.widgets.sized import open_at

SECTIONS_PX = 184
TRY_IT, VERSIONS = marked("Try it"), marked("Versions")


class AgentEditor(QDialog):
    """Edits one agent file, or a new one. Nothing is written before Save; `saved` has the file."""

    saved = Signal(object)
    gone = Signal()

    def __init__(
        self,
        files: AgentFiles,
        keys: Keys,
        profile: Profile,
        file: Path | None,
        text: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        named(self, "Agent editor")
        self.setModal(False)
        self.setSizeGripEnabled(True)
        self.file = file
        self._files = files
        self._keys = keys
        self._profile = profile
        self._base = text
        self._may_close = False
        self.tasks = TaskOwner(self._say)
        self.draft = AgentDraft(text)
        self.form = DraftForm(self.draft, self._on_form)
        self.list = named(QListWidget(), "Agent sections")
        self.list.setFixedWidth(px(SECTIONS_PX))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.stack = QStackedWidget()
        self.file_text = FileText()
        self.file_text.show_text(text)
        self.save = named(QPushButton(tr("Save")), "Save agent", "Send")
        self.close_button = named(QPushButton(tr("Close")), "Close editor")
        self.show_file = named(QPushButton(tr("File")), "Show the file")
        self.status = text_label(look="Muted")
        self.question = QuestionBar()
        self.instructions = Instructions(self.form)
        self.entries = [
            *agent_sections(self.form, self._start, self.instructions, profile.folder / PRICES_FILE),
            SectionEntry(TRY_IT, (), lambda: SectionPage(self.try_it, (self.try_it,))),  # made when first chosen
            SectionEntry(VERSIONS, (), lambda: SectionPage(self.versions)),
        ]
        self.list.addItems([tr(entry.title) for entry in self.entries])
        self._made: dict[str, SectionPage] = {}
        self._lay_out()
        self._connect()
        self.list.setCurrentRow(0)
        self._refresh()
        open_at(self, 1120, 680)

    @cached_property
    def try_it(self) -> TryIt:
        """The section that runs the agent; made when it is first chosen."""
        return TryIt(self.form, self._keys, self._profile)

    @cached_property
    def versions(self) -> Versions:
        """The section with earlier texts; made when it is first chosen."""
        made = Versions(self._files.versions)
        made.restore_wanted.connect(self.take_text)
        return made

    def _start(self, work: Coroutine[Any, Any, Any], what: str) -> None:
        self.tasks.start(work, what=what)

    @property
    def is_changed(self) -> bool:
        """True while something here is in no file."""
        return self.draft.text != self._base or bool(self.form.local)

    def section(self, name: str) -> QWidget:
        """Show a section by its English title, and return its page. Raises ValueError for no such section."""
        self.list.setCurrentRow([entry.title for entry in self.entries].index(name))
        return self._made[name].widget

    def close_unasked(self) -> None:
        """Close without asking about what is not saved."""
        self._may_close = True
        self.close()

    async def aclose(self) -> None:
        """End what runs."""
        await self.tasks.aclose()
        for part in (self.__dict__.get("try_it"), self.__dict__.get("versions")):
            if isinstance(part, (TryIt, Versions)):
                await part.aclose()

    async def look_at_file(self) -> None:
        """Take in that the file was changed outside; where there is something unsaved, ask what shall hold."""
        if self.file is None:
            return
        try:
            text = await self._files.read(self.file)
        except ConfigError:
            self._say(tr("{file} is gone from the library. Save makes it again.", file=self.file.name))
            return
        if text == self._base:
            return
        if not self.is_changed:
            self._base = text
            self._take(text)
            self._say(tr("The file was changed outside the Studio; this is what it says now."))
        elif text == self.draft.text:
            self._base = text
            self._refresh()
        else:
            self._ask_about(text)

    def take_text(self, text: str) -> None:
        """Put a text into the editor, to be saved or not."""
        self._take(text)
        self._say(tr("This is in the editor now; Save writes it to the file."))

    def _lay_out(self) -> None:
        middle = QSplitter(Qt.Orientation.Horizontal)
        middle.setChildrenCollapsible(False)
        middle.setHandleWidth(1)
        self.stack.setContentsMargins(8, 0, 8, 0)
        middle.addWidget(self.stack)
        middle.addWidget(self.file_text)
        middle.setStretchFactor(0, 3)
        middle.setStretchFactor(1, 2)
        middle.setSizes([560, 380])
        body = QHBoxLayout()
        body.setSpacing(8)
        body.addWidget(self.list)
        body.addWidget(middle, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.status, 1)
        for button in (self.show_file, self.close_button, self.save):
            button.setAutoDefault(False)
            foot.addWidget(button)
        self.show_file.setCheckable(True)
        self.show_file.setChecked(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.question)
        layout.addLayout(body, 1)
        layout.addLayout(foot)

    def _connect(self) -> None:
        # Through the accessibility bus a row is selected without becoming the current one.
        self.list.itemSelectionChanged.connect(self._on_selected)
        self.file_text.edited.connect(self._on_text)
        self.save.clicked.connect(self.write_file)
        self.close_button.clicked.connect(self.close)
        self.show_file.toggled.connect(self.file_text.setVisible)

    @property
    def _row(self) -> int:
        chosen = self.list.selectedIndexes()
        return chosen[0].row() if chosen else 0

    def _on_selected(self) -> None:
        if self.list.selectedIndexes():
            self._on_section(self._row)

    def _on_section(self, row: int) -> None:
        entry = self.entries[row]
        if entry.title not in self._made:
            self._made[entry.title] = page = entry.make()
            self.stack.addWidget(page.widget)
        page = self._made[entry.title]
        for part in page.parts:
            part.refresh()
        self.stack.setCurrentWidget(page.widget)
        if entry.title == VERSIONS:
            self.flush()
            self.versions.tasks.start(self.versions.show_versions(self.file, self.draft.text), what="read the versions")

    def flush(self) -> None:
        """Take in what was typed in the last moment."""
        self.file_text.flush()
        self.instructions.flush()

    def _on_form(self) -> None:
        self.file_text.show_text(self.draft.text)
        self._refresh()

    def _on_text(self, text: str) -> None:
        self.form.local.clear()
        self.draft.take(text)
        self._refresh()

    def _take(self, text: str) -> None:
        self.form.local.clear()
        self.draft.take(text)
        self.file_text.show_text(text)
        self._refresh()

    def _refresh(self) -> None:
        """Show the draft in the section in view, and what is wrong in the list of sections."""
        for number, entry in enumerate(self.entries):
            bad = sum(len(self.draft.faults_within((name,))) for name in entry.fields)
            bad += sum(place[:1] == (name,) for place in self.form.local for name in entry.fields)
            title = tr(entry.title)
            self.list.item(number).setText(tr("{section} · {n} to mend", section=title, n=bad) if bad else title)
        page = self._made.get(self.entries[self._row].title)
        for part in page.parts if page is not None else ():
            part.refresh()
        whole = [said(fault.sentence) for fault in self.draft.checked.faults if not fault.place]
        self.file_text.show_fault(" ".join(whole))
        self.stack.setEnabled(self.draft.is_toml)
        name = self.draft.value(("name",)) or (self.file.stem if self.file is not None else tr("New agent"))
        title = tr("{agent} – Agent editor", agent=name)
        self.setWindowTitle(f"● {title}" if self.is_changed else title)
        count = len(self.draft.checked.faults) + len(self.form.local)
        self.save.setEnabled((self.is_changed or self.file is None) and not count)
        self.save.setToolTip(tr("Save (Ctrl+S)") if not count else tr("Something is wrong; it is said at its field."))
        where = str(self.file) if self.file is not None else tr("A new file, made when you save")
        self._say(tr("{n} to mend before it can be saved.", n=count) if count else where)

    def _say(self, sentence: str) -> None:
        self.status.setText(sentence)

    def write_file(self) -> None:
        """Save the draft, if there is something to save."""
        self.flush()
        if self.save.isEnabled():
            self.tasks.start(self.write(), what="save the agent")

    async def write(self) -> None:
        """Write the draft to its file, unless that was changed meanwhile: then it is asked about."""
        self.flush()
        config = self.draft.config
        if config is None or self.form.local:
            self._refresh()
            return
        if self.file is not None:
            try:
                held = await self._files.read(self.file)
            except ConfigError:
                held = self._base  # it is gone, and made again
            if held not in (self._base, self.draft.text):
                self._ask_about(held)
                return
        text = self.draft.text
        self.file = await self._files.save(self.file, text, config.name)
        self._base = text
        self._refresh()
        self._say(tr("Saved to {file}. It holds from the next message on.", file=self.file))
        self.saved.emit(self.file)

    def _ask_about(self, text: str) -> None:
        """Ask which of two texts shall hold."""

        def show_difference() -> None:
            self.section(VERSIONS)
            self.versions.tasks.start(self.versions.show_versions(self.file, text), what="read the versions")
            self.versions.diff.show_text(_difference(self.draft.text, text), as_diff=True)

        def take() -> None:
            self._base = text
            self._take(text)

        def keep() -> None:
            self._base = text
            self._refresh()
            self._say(tr("Yours stays in the editor; Save writes it, and the other text is kept as a version."))

        self.question.ask(
            tr("The file was changed outside the Studio, and there are changes here that are not saved."),
            {
                tr("Show the difference"): (show_difference, False),
                tr("Take the file's"): (take, True),
                tr("Keep mine"): (keep, True),
            },
        )

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        self.flush()
        if self.is_changed and not self._may_close:
            event.ignore()
            self._ask_to_close()
            return
        super().closeEvent(event)
        self.gone.emit()

    @override
    def reject(self) -> None:
        """Escape closes as the button does."""
        self.close()

    def _ask_to_close(self) -> None:
        def save() -> None:
            self.tasks.start(self._save_and_close(), what="save the agent")

        saving = {tr("Save and close"): (save, True)} if self.save.isEnabled() else {}
        others = {tr("Close without saving"): (self.close_unasked, True), tr("Go on"): (lambda: None, True)}
        self.question.ask(tr("There are changes that are not saved."), saving | others)

    async def _save_and_close(self) -> None:
        await self.write()
        if not self.is_changed:
            self.close()


def _difference(mine: str, theirs: str) -> str:
    from loom.textdiff import unified

    return unified(mine.encode(), theirs.encode(), tr("in the editor"), tr("in the file"))


async def prepare_editor() -> None:
    """Read, off the loop, what the editor's pages need to be made at once."""
    await in_thread(check_agent, "")
    await in_thread(known_tools)
