"""Settings: what agents remember, to read, search, change and forget."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.errors import LoomError
from loom.threads import in_thread
from loom_studio.pages.memory_form import MemoryForm
from loom_studio.pages.page import Page, PageContext
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said, said_of
from loom_studio.services.memory import MemoryRow, MemoryService, origin_words
from loom_studio.texts import marked, plural, tr
from loom_studio.widgets.choice import choice
from loom_studio.widgets.current_row import follow_selection
from loom_studio.widgets.named import named, text_label

if TYPE_CHECKING:
    from loom.memory.files.entry import MemoryFile

LASTS: dict[str, float | None] = {
    marked("For ever"): None,
    marked("For a day"): 1.0,
    marked("For 30 days"): 30.0,
    marked("For a year"): 365.0,
}
MOST_CHARS = 200_000
SEARCH_MS = 250
NOTHING = marked(
    "Nothing is remembered yet. An agent with the capability “memory” in its file keeps what it should know in later "
    "sessions; it asks you before each change. New memory… writes one yourself."
)
CHOOSE = marked("Choose a memory to read it.")


class MemoryPage(Page):
    """A list on the left; on the right the text of the one that is chosen, and where it comes from."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(
            context,
            marked("Memory"),
            marked("What agents remember from one session to the next, as files that are yours."),
            parent,
        )
        self.memory = MemoryService(context.permissions.profile.folder, context.workspace)
        self.search = named(QLineEdit(), "Search memory")
        self.search.setPlaceholderText(tr("Search by words"))
        self.search.setClearButtonEnabled(True)
        self.space = choice("Memory of")
        self.space.addItem(tr("All agents"), "")
        self.untrusted = text_label(look="Muted")
        self.trust = named(QPushButton(tr("Use it")), "Use the workspace's memory")
        self.memories = follow_selection(named(QListWidget(), "Memories"))
        self.count = text_label(look="Muted")
        self.origin = text_label(look="Muted")
        self.text = named(QPlainTextEdit(), "Memory text")
        self.lasts = choice("Keep")
        self.save = named(QPushButton(tr("Save")), "Save memory")
        self.forget = named(QPushButton(tr("Forget")), "Forget memory")
        self.new = named(QPushButton(tr("New memory…")), "New memory…")
        self.open_folder = named(QPushButton(tr("Open folder")), "Open memory folder")
        self._held: MemoryFile | None = None
        self._typing = QTimer(self, singleShot=True, interval=SEARCH_MS)
        self._lay_out()
        self._connect()
        self._show_nothing(tr(CHOOSE))

    @override
    async def refresh(self) -> None:
        spaces = await self.memory.spaces()
        if [self.space.itemData(n) for n in range(1, self.space.count())] != spaces:
            while self.space.count() > 1:
                self.space.removeItem(1)
            for name in spaces:
                self.space.addItem(name, name)
        self.space.setVisible(bool(spaces))
        await self._list()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.space)
        top.addWidget(self.new)
        top.addWidget(self.open_folder)
        asked = QHBoxLayout()
        asked.addWidget(self.untrusted, 1)
        asked.addWidget(self.trust)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.memories, 1)
        column.addWidget(self.count)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 0, 0, 0)
        column.addWidget(self.origin)
        column.addWidget(self.text, 1)
        row = QHBoxLayout()
        row.addWidget(text_label(tr("Keep")))
        row.addWidget(self.lasts)
        row.addStretch(1)
        row.addWidget(self.forget)
        row.addWidget(self.save)
        column.addLayout(row)
        for words, days in LASTS.items():
            self.lasts.addItem(tr(words), days)
        self.memories.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.memories.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.memories.setUniformItemSizes(True)
        split = named(QSplitter(), "Memory columns")
        split.addWidget(left)
        split.addWidget(right)
        split.setSizes([280, 420])
        split.setChildrenCollapsible(False)
        self.body.addLayout(top)
        self.body.addLayout(asked)
        self.body.addWidget(split, 1)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._typing.start)
        self._typing.timeout.connect(self._on_search)
        self.space.activated.connect(self._on_space)
        self.memories.currentItemChanged.connect(self._on_chosen)
        self.text.textChanged.connect(self._on_typed)
        self.save.clicked.connect(self._on_save)
        self.forget.clicked.connect(self._on_forget)
        self.new.clicked.connect(self._on_new)
        self.lasts.activated.connect(self._on_lasts)
        self.trust.clicked.connect(lambda: self.tasks.start(self._trust(), what="use the workspace's memory"))
        self.open_folder.clicked.connect(self._on_open_folder)

    async def _list(self) -> None:
        """Show the list anew; what was chosen stays chosen, with what was typed into it."""
        query = self.search.text()
        listed = await self.memory.listed(query)
        if query != self.search.text():
            return
        chosen = self._held.path if self._held is not None else ""
        self.memories.blockSignals(True)
        self.memories.clear()
        for row in listed.rows:
            self.memories.addItem(_item(row))
        here = next((n for n, row in enumerate(listed.rows) if row.path == chosen), -1)
        self.memories.setCurrentRow(here)
        self.memories.blockSignals(False)
        if here < 0 and self._held is not None and not self._is_changed():
            self._show_nothing(tr(CHOOSE))
        self.count.setText(_counted(len(listed.rows), listed.count, query))
        if not listed.rows and self._held is None:
            nothing = tr("Nothing is remembered about “{words}”.", words=query) if query.strip() else tr(NOTHING)
            self._show_nothing(nothing)
        self.untrusted.setText(tr("This workspace came with memories that nobody here wrote. Agents do not see them."))
        for widget in (self.untrusted, self.trust):
            widget.setVisible(listed.is_untrusted)

    async def _show(self, path: str) -> None:
        held = await self.memory.read(path)
        item = self.memories.currentItem()
        if item is None or item.data(Qt.ItemDataRole.UserRole) != path:  # pyright: ignore[reportUnnecessaryComparison]
            return
        self._take(held)
        self.say("")

    def _take(self, held: MemoryFile) -> None:
        self._held = held
        is_long = len(held.body) > MOST_CHARS
        problem = said(held.problem) or (tr("it is too long to be shown whole") if is_long else "")
        told = tr("{path}, written {origin}.", path=held.path, origin=origin_words(held.provenance))
        if problem:
            told = tr("{told} Read only: {problem}.", told=told, problem=problem)
        self.origin.setText(escape_invisible(told))
        self.text.blockSignals(True)
        self.text.setPlainText(held.body[:MOST_CHARS])
        self.text.blockSignals(False)
        self.text.setReadOnly(bool(problem))
        self.text.setEnabled(True)
        self.lasts.setEnabled(not problem)
        self.forget.setEnabled(True)
        self.save.setEnabled(False)
        self.lasts.setCurrentIndex(0 if held.provenance.expires_at is None else -1)
        self.lasts.setPlaceholderText(tr("Until it expires"))

    def _show_nothing(self, why: str) -> None:
        self._held = None
        self.origin.setText(why)
        self.text.blockSignals(True)
        self.text.clear()
        self.text.blockSignals(False)
        for widget in (self.text, self.save, self.forget, self.lasts):
            widget.setEnabled(False)

    def _is_changed(self) -> bool:
        return self._held is not None and not self.text.isReadOnly() and self.text.toPlainText() != self._held.body

    def _on_search(self) -> None:
        self.tasks.start(self._list(), what="search the memory")

    def _on_space(self) -> None:
        self.memory.use_space(self.space.currentData() or "")
        self._show_nothing(tr(CHOOSE))
        self._on_search()

    def _on_chosen(self, item: QListWidgetItem | None, before: QListWidgetItem | None) -> None:
        if item is None:
            return
        if self._is_changed() and before is not None:
            self.say(tr("Save your change first, or choose it again after taking it back."))
            QTimer.singleShot(0, self, lambda: self._stay(before))
            return
        self.tasks.start(self._show(item.data(Qt.ItemDataRole.UserRole)), what="read the memory")

    def _stay(self, item: QListWidgetItem) -> None:
        self.memories.blockSignals(True)
        self.memories.setCurrentItem(item)
        self.memories.blockSignals(False)

    def _on_typed(self) -> None:
        self.save.setEnabled(self._is_changed())
        if not self._is_changed():
            self.say("")

    def _on_save(self) -> None:
        if self._held is not None:
            self.tasks.start(self._save(self._held, self.text.toPlainText()), what="save the memory")

    async def _save(self, held: MemoryFile, text: str) -> None:
        self._take(await self.memory.save(held, text))
        await self._list()
        is_hidden = self._held is not None and self._held.body != text
        self.say(
            tr("Saved. Agents see it from their next run on. What looked like a secret was not written.")
            if is_hidden
            else tr("Saved. Agents see it from their next run on.")
        )

    def _on_new(self) -> None:
        def write(form: MemoryForm) -> None:
            self.tasks.start(self._write(form), what="write the memory")

        MemoryForm(self.context.workspace().name, write, self).open()

    async def _write(self, form: MemoryForm) -> None:
        text = form.text.toPlainText()
        try:
            held = await self.memory.write(form.name.text(), text, in_workspace=form.scope.currentData())
        except LoomError as error:
            form.show_fault(said_of(error))
            return
        form.accept()
        self.search.clear()
        self._take(held)
        await self._list()
        self.say(
            tr("Written. Agents see it from their next run on. What looked like a secret was not written.")
            if held.body.strip() != text.strip()
            else tr("Written. Agents see it from their next run on.")
        )

    def _on_forget(self) -> None:
        if self._held is None:
            return
        self.tasks.start(self._forget(self._held), what="forget the memory")

    async def _forget(self, held: MemoryFile) -> None:
        told = await self.memory.forget(held.path)
        self._show_nothing(tr(CHOOSE))
        await self._list()
        self.say(tr("{told} What was said of it in sessions stays there.", told=told))
        space = self.space.currentData() or ""
        back = partial(self._remember, held, space)
        self.context.undo.offer(tr("{path} was forgotten.", path=held.path), back)

    async def _remember(self, held: MemoryFile, space: str) -> None:
        self.memory.use_space(space)
        await self.memory.write_again(held)
        self.memory.use_space(self.space.currentData() or "")
        await self._list()

    def _on_lasts(self) -> None:
        if self._held is not None:
            self.tasks.start(self._keep_for(self._held.path, self.lasts.currentData()), what="say how long it is kept")

    async def _keep_for(self, path: str, days: float | None) -> None:
        if self._is_changed():
            self.say(tr("Save your change first."))
            return
        self._take(await self.memory.keep_for(path, days))
        await self._list()

    async def _trust(self) -> None:
        await self.memory.trust()
        await self._list()
        self.say(tr("Agents use this workspace's memory from their next run on."))

    def _on_open_folder(self) -> None:
        self.tasks.start(self._open_folder(), what="open the folder")

    async def _open_folder(self) -> None:
        folder = self.memory.folder
        await in_thread(folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _item(row: MemoryRow) -> QListWidgetItem:
    title = row.found or row.title or row.path.rpartition("/")[2]
    item = QListWidgetItem(escape_invisible(f"{title}\n{row.path}"))
    item.setToolTip(escape_invisible(tr("Written {origin}", origin=row.origin)))
    item.setData(Qt.ItemDataRole.UserRole, row.path)
    return item


def _counted(shown: int, count: int, query: str) -> str:
    if query.strip():
        return tr("{count} found", count=shown) if shown else ""
    if count > shown:
        return tr("The {shown} changed last of {count:,}; search finds the others", shown=shown, count=count)
    return plural("{n} memory", "{n} memories", count) if count else ""
