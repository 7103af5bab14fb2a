"""Settings: where data is, how long sessions are kept, and how all are taken out or away."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QProgressBar, QPushButton, QWidget
from typing_extensions import override

from loom.data_move import plan_move
from loom.data_place import located, read_pointer
from loom.threads import in_thread
from loom_studio.pages.page import Page, PageContext
from loom_studio.pages.run_database_form import RunDatabaseForm
from loom_studio.runtime_words import said_of
from loom_studio.services.retention import CHOICES, export_all, kept_days, measure, outdated, prune
from loom_studio.texts import marked, plural, tr
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.question_bar import QuestionBar


class DataPage(Page):
    """Nothing is deleted without a question that says how much."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        subject = marked("Everything stays on this machine; here is where, and for how long.")
        super().__init__(context, marked("Data"), subject, parent)
        self.own = text_label()
        self.profile = text_label()
        self.open_own = _button(marked("Open"), marked("Open the Studio's folder"))
        self.open_profile = _button(marked("Open"), marked("Open the sessions' folder"))
        self.move_own = _button(marked("Move…"), marked("Move the Studio's folder"))
        self.move_profile = _button(marked("Move…"), marked("Move the sessions' folder"))
        self.days = choice("Delete sessions not used for")
        for days, words in CHOICES.items():
            self.days.addItem(tr(words), days)
        self.count = text_label(look="Muted")
        self.prune = _button(marked("Delete them now…"), marked("Delete old sessions"))
        self.export = _button(marked("Export all sessions…"), marked("Export all sessions"))
        self.clear = _button(marked("Delete all sessions…"), marked("Delete all sessions"))
        harness = context.harness
        self.database = (
            RunDatabaseForm(harness, harness.place, self.tasks)
            if harness is not None and harness.place is not None
            else None
        )
        self.question = QuestionBar()
        self.busy = named(QProgressBar(), "Work on sessions")
        self.busy.setRange(0, 0)
        self.busy.hide()
        self._lay_out()
        self.days.activated.connect(self._on_days)
        self.open_own.clicked.connect(lambda: _open(context.settings.folder))
        self.open_profile.clicked.connect(lambda: _open(context.permissions.profile.folder))
        self.move_own.clicked.connect(lambda: self._ask_where_to_move(self._own_home))
        self.move_profile.clicked.connect(lambda: self._ask_where_to_move(self._profile_home))
        self.prune.clicked.connect(self._ask_to_prune)
        self.export.clicked.connect(self._ask_where)
        self.clear.clicked.connect(self._ask_to_clear)
        self.context.sessions.changed.connect(self._show_count)

    def _lay_out(self) -> None:
        form = QFormLayout()
        for words, label, buttons in (
            (tr("Agents and settings"), self.own, (self.open_own, self.move_own)),
            (tr("Sessions, rules, audit"), self.profile, (self.open_profile, self.move_profile)),
        ):
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button)
            row.addStretch(1)
            form.addRow(words, label)
            form.addRow("", row)
        keep = QHBoxLayout()
        keep.addWidget(self.days)
        keep.addWidget(self.prune)
        keep.addStretch(1)
        form.addRow(tr("Delete sessions not used for"), keep)
        form.addRow(text_label(), self.count)
        buttons = QHBoxLayout()
        buttons.addWidget(self.export)
        buttons.addWidget(self.clear)
        buttons.addStretch(1)
        if self.database is not None:
            self.database.add_to(form)
        self.body.addLayout(form)
        self.body.addWidget(
            text_label(
                tr(
                    "A folder is moved at the next start, before anything in it is opened: copied, compared, and only "
                    "then used. What it was stays beside, in a folder named moved, until you delete that."
                ),
                "Muted",
            )
        )
        self.body.addWidget(self.question)
        self.body.addLayout(buttons)
        self.body.addWidget(self.busy)
        self.body.addStretch(1)

    @override
    async def refresh(self) -> None:
        self.days.setCurrentIndex(max(0, self.days.findData(kept_days(self.context.settings.text("keep_days", "0")))))
        self._show_count()
        if self.database is not None:
            self.database.refresh()
        for label, folder in ((self.own, self.context.settings.folder), (self.profile, self._profile_folder)):
            place = await in_thread(measure, folder)
            label.setText(tr("{folder} ({size:,.1f} MB)", folder=place.folder, size=place.size / 1e6))

    @property
    def _profile_folder(self) -> Path:
        return self.context.permissions.profile.folder

    @property
    def _own_home(self) -> Path:
        return self.context.settings.home

    @property
    def _profile_home(self) -> Path:
        """Where the profile is looked for; one inside the Studio's folder moves with that."""
        is_inside = self._profile_folder.is_relative_to(self.context.settings.folder)
        return self._own_home if is_inside else self.context.permissions.profile.default_home()

    def _ask_where_to_move(self, home: Path) -> None:
        dialog = named(QFileDialog(self, tr("Choose an empty folder"), str(Path.home())), "Where to move the data")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(partial(self.move_to, home))
        dialog.open()

    def move_to(self, home: Path, target: str) -> None:
        """Have the data of a folder be in `target` from the next start on."""
        self.tasks.start(self._move(home, Path(target)), what="plan the move")

    async def _move(self, home: Path, target: Path) -> None:
        source = await in_thread(located, home)
        await in_thread(plan_move, home, source, target)
        is_dropped = (await in_thread(read_pointer, home)).wanted is None
        self.say(
            tr("It stays where it is.")
            if is_dropped
            else tr(
                "Restart the Studio: at its next start the data is moved to {folder}. Until then nothing changes.",
                folder=target,
            )
        )

    def old(self) -> list[str]:
        """The sessions that would be deleted."""
        open_ids = {each.id for each in self.context.conversations()}
        return outdated(self.context.sessions.listed, self.days.currentData(), open_ids)

    def _show_count(self) -> None:
        days, count, total = self.days.currentData(), len(self.old()), len(self.context.sessions.listed)
        self.prune.setEnabled(count > 0)
        self.export.setEnabled(total > 0)
        self.clear.setEnabled(total > 0)
        self.count.setText(
            tr(
                "Of {total} stored sessions {count} are older. Pinned, open and interrupted ones are kept. "
                "It is done at each start.",
                total=total,
                count=count,
            )
            if days
            else plural(
                "The one stored session is kept until you delete it.",
                "All {n} stored sessions are kept until you delete them.",
                total,
            )
        )

    def _on_days(self) -> None:
        self.context.settings.keep("keep_days", str(self.days.currentData()))
        self._show_count()

    def _ask_to_prune(self) -> None:
        old = self.old()
        self.question.ask(
            plural(
                "Delete {n} session? Agents, rules, grants, the audit and your keys stay.",
                "Delete {n} sessions? Agents, rules, grants, the audit and your keys stay.",
                len(old),
            ),
            {
                plural("Delete {n} session", "Delete {n} sessions", len(old)): (lambda: self._delete(old), True),
                tr("Keep them"): (lambda: None, True),
            },
        )

    def _ask_to_clear(self) -> None:
        open_ids = {each.id for each in self.context.conversations()}
        listed = self.context.sessions.listed
        keys = [key for key in listed if key not in open_ids]
        has_open = len(keys) < len(listed)
        self.question.ask(
            tr(
                "Delete all {count} stored sessions, pinned ones too? Those that are open stay. "
                "Agents, rules, grants, the audit and your keys stay.",
                count=len(keys),
            )
            if has_open
            else tr(
                "Delete all {count} stored sessions, pinned ones too? "
                "Agents, rules, grants, the audit and your keys stay.",
                count=len(keys),
            ),
            {
                tr("Delete all {count} sessions", count=len(keys)): (lambda: self._delete(keys), True),
                tr("Keep all"): (lambda: None, True),
            },
        )

    def _delete(self, keys: list[str]) -> None:
        """Show them no longer, and delete them once nobody can take it back any more."""
        sessions = self.context.sessions
        sessions.set_aside(keys)
        self.context.undo.offer(
            plural(
                "{n} session was deleted. It is removed from the disk when this notice goes.",
                "{n} sessions were deleted. They are removed from the disk when this notice goes.",
                len(keys),
            ),
            partial(sessions.bring_back, keys),
            partial(prune, sessions, keys),
        )

    def _ask_where(self) -> None:
        dialog = named(QFileDialog(self, tr("Export all sessions"), str(Path.home())), "Where to export all sessions")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.export_to)
        dialog.open()

    def export_to(self, folder: str) -> None:
        """Write every session to a folder."""
        self.tasks.start(self._busy_with(self._exported(Path(folder))), what="export the sessions")

    async def _exported(self, folder: Path) -> str:
        try:
            count = await export_all(self.context.sessions, folder)
        except OSError as error:
            return tr("{folder} can't be written: {error}.", folder=folder, error=said_of(error))
        return plural(
            "{n} session was written to {folder}, whole; it can be imported again.",
            "{n} sessions were written to {folder}, whole; they can be imported again.",
            count,
            folder=folder,
        )

    async def _busy_with(self, work: Coroutine[Any, Any, str]) -> None:
        self.busy.show()
        for button in (self.prune, self.export, self.clear):
            button.setEnabled(False)
        try:
            said = await work
        finally:
            self.busy.hide()
            self._show_count()
        await self.refresh()
        self.say(said)


def _open(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _button(words: str, name: str) -> QPushButton:
    button = named(QPushButton(tr(words)), name)
    button.setAutoDefault(False)
    return button
