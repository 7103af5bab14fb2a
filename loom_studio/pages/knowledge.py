"""Settings: what agents can look up, how its indexes stand, and what a question finds in them and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)
from typing_extensions import override

from loom.errors import LoomError
from loom_studio.pages.page import Page, PageContext
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said, said_of
from loom_studio.services.knowledge import KnowledgeService, SourceLine
from loom_studio.texts import marked, plural, tr
from loom_studio.widgets.current_row import follow_selection
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.wrapped_rows import wrap_rows

if TYPE_CHECKING:
    from loom.knowledge.index import Document, Hit
    from loom.knowledge.update import Outcome, Progress

SUBJECT = marked("Folders, files and pages that agents look things up in, as their agent files name them.")
EXAMPLE = '[[knowledge]]\nname = "handbook"\npath = "docs"\n'
NOTHING = marked(
    "No agent has knowledge yet. Add an entry such as this one to an agent file, and open this page again:"
)
STAGES = {
    "waiting": marked("Another program indexes it; waiting"),
    "looking": marked("Looking for files"),
    "reading": marked("Reading"),
    "embedding": marked("Making vectors"),
}
RANKS = {"words": marked("words"), "pieces": marked("parts of words"), "vectors": marked("meaning")}
_KEY = Qt.ItemDataRole.UserRole


class KnowledgePage(Page):
    """A list of sources; below it what is done with the chosen one, and a question to try on it."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(context, marked("Knowledge"), SUBJECT, parent)
        self.service = KnowledgeService(context.library, context.workspace, lambda: context.keys.environment)
        self._lines: dict[tuple[str, str], SourceLine] = {}
        self._at_work: set[tuple[str, str]] = set()
        self._hits: list[Hit] = []
        self._is_read = False
        self.empty = text_label(tr("Reading the agents…"), "Muted")
        self.empty.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy_example = named(QPushButton(tr("Copy the example")), "Copy the example")
        self.sources = follow_selection(named(QListWidget(), "Sources of knowledge"))
        self.index_button = named(QPushButton(tr("Index now")), "Index now")
        self.anew_button = named(QPushButton(tr("Make anew")), "Make the index anew")
        self.stop_button = named(QPushButton(tr("Stop")), "Stop indexing")
        self.progress = named(QProgressBar(), "Progress of the index")
        self.stage = text_label(look="Muted")
        self.problems = named(QListWidget(), "Documents that could not be read")
        self.question = named(QLineEdit(), "Question to try")
        self.question.setPlaceholderText(tr("Try a question…"))
        self.search_button = named(QPushButton(tr("Search")), "Search this source")
        self.results = follow_selection(named(QListWidget(), "Pieces that were found, best first"))
        self.piece = named(QPlainTextEdit(), "Text of the chosen piece")
        self.piece.setReadOnly(True)
        for rows in (self.sources, self.problems):
            wrap_rows(rows)
        self._lay_out()
        self._connect()
        self._show_choice()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.index_button, self.anew_button, self.stop_button):
            buttons.addWidget(button)
        buttons.addWidget(self.progress, 100)
        buttons.addStretch(1)
        asking = QHBoxLayout()
        asking.addWidget(self.question, 1)
        asking.addWidget(self.search_button)
        self.body.addWidget(self.empty)
        self.body.addWidget(self.copy_example, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self.sources, 3)
        self.body.addLayout(buttons)
        self.body.addWidget(self.stage)
        self.body.addWidget(self.problems, 2)
        self.body.addLayout(asking)
        self.body.addWidget(self.results, 4)
        self.body.addWidget(self.piece, 3)
        self.body.addStretch(0)

    def _connect(self) -> None:
        self.copy_example.clicked.connect(lambda: QApplication.clipboard().setText(EXAMPLE))
        self.sources.currentItemChanged.connect(self._on_chosen)
        self.index_button.clicked.connect(lambda: self._index(anew=False))
        self.anew_button.clicked.connect(lambda: self._index(anew=True))
        self.stop_button.clicked.connect(self._on_stop)
        self.search_button.clicked.connect(self._on_search)
        self.question.returnPressed.connect(self._on_search)
        self.results.currentRowChanged.connect(self._on_piece)

    @property
    def chosen(self) -> SourceLine | None:
        """The source that is chosen."""
        return self._lines.get(self.sources.currentItem().data(_KEY)) if self.sources.currentRow() >= 0 else None

    @override
    async def refresh(self) -> None:
        """Read how every source stands; the chosen one stays so."""
        lines = await self.service.lines()
        before = self.chosen
        self._lines = {line.key: line for line in lines}
        with QSignalBlocker(self.sources):
            self.sources.clear()
            for line in lines:
                item = QListWidgetItem(_told(line))
                item.setData(_KEY, line.key)
                item.setToolTip(escape_invisible(line.status.where))
                self.sources.addItem(item)
            keys = [line.key for line in lines]
            self.sources.setCurrentRow(keys.index(before.key) if before is not None and before.key in keys else 0)
        self._is_read = True
        self.empty.setText(f"{tr(NOTHING)}\n\n{EXAMPLE}")
        self._show_choice()
        self.say("\n".join(self.service.problems_of_agents))
        await self._read_problems()

    @override
    async def aclose(self) -> None:
        """End what runs, and what indexes."""
        await super().aclose()
        await self.service.aclose()

    def _show_choice(self) -> None:
        line = self.chosen
        has_any = bool(self._lines)
        is_busy = line is not None and line.key in self._at_work
        can_index = line is not None and line.has_index
        self.empty.setVisible(not has_any)
        self.copy_example.setVisible(not has_any and self._is_read)
        for widget in (self.sources, self.index_button, self.anew_button, self.question, self.search_button):
            widget.setVisible(has_any)
        self.stop_button.setVisible(is_busy)
        self.progress.setVisible(is_busy)
        self.stage.setVisible(is_busy or (line is not None and not can_index))
        if line is not None and not can_index:
            self.stage.setText(tr("This source is asked as it is: there is nothing to index."))
        self.index_button.setEnabled(can_index and not is_busy)
        self.anew_button.setEnabled(can_index and not is_busy)
        for widget in (self.question, self.search_button):
            widget.setEnabled(can_index)
        self.results.setVisible(self.results.count() > 0)
        self.piece.setVisible(self.results.count() > 0)
        self.problems.setVisible(self.problems.count() > 0)

    def _on_chosen(self) -> None:
        self.results.clear()
        self.problems.clear()
        self._show_choice()
        self.tasks.start(self._read_problems(), what="read which documents have problems")

    async def _read_problems(self) -> None:
        line = self.chosen
        found = await self.service.problems(line.key) if line is not None and line.has_index else []
        if line is self.chosen:
            self.problems.clear()
            self.problems.addItems([_problem(document) for document in found])
            self._show_choice()

    def _index(self, *, anew: bool) -> None:
        if (line := self.chosen) is not None and line.key not in self._at_work:
            self._at_work.add(line.key)
            self.say("")
            self._on_progress(line.key, None)
            self._show_choice()
            self.tasks.start(self._indexed(line, anew=anew), what="index the source")

    async def _indexed(self, line: SourceLine, *, anew: bool) -> None:
        try:
            outcome = await self.service.update(line.key, lambda told: self._on_progress(line.key, told), anew=anew)
            told = _outcome(line, outcome)
        except LoomError as error:
            told = said_of(error)
        finally:
            self._at_work.discard(line.key)
        await self.refresh()
        self.say(told)

    def _on_progress(self, key: tuple[str, str], told: Progress | None) -> None:
        if self.chosen is None or self.chosen.key != key:
            return
        self.progress.setRange(0, told.total if told is not None else 0)
        if told is None:
            self.stage.setText(tr("Starting…"))
            return
        self.progress.setValue(told.done)
        stage = tr(STAGES.get(told.stage, told.stage))
        if told.total:
            stage = tr("{stage} {done:,} of {total:,}", stage=stage, done=told.done, total=told.total)
        elif told.done:
            stage = f"{stage} {told.done:,}"
        self.stage.setText(escape_invisible(f"{stage}  {told.name}")[:140])

    def _on_stop(self) -> None:
        if (line := self.chosen) is not None:
            self.service.stop(line.key)

    def _on_search(self) -> None:
        line, question = self.chosen, self.question.text().strip()
        if line is not None and question:
            self.tasks.start(self._search(line, question), what="search the source")

    async def _search(self, line: SourceLine, question: str) -> None:
        hits = await self.service.search(line.key, question)
        if line.key != (self.chosen.key if self.chosen is not None else None):
            return
        self._hits = hits
        self.results.clear()
        self.results.addItems([_ranked(number, hit) for number, hit in enumerate(hits, 1)])
        self._show_choice()
        self.results.setCurrentRow(0)
        if hits:
            self.say("")
        elif line.status.index is None or not line.status.index.chunks:
            self.say(tr("Nothing is in this index yet: choose Index now first."))
        else:
            self.say(tr("Nothing was found. Words that the documents have work best."))

    def _on_piece(self, row: int) -> None:
        self.piece.setPlainText(escape_invisible(self._hits[row].chunk.text) if 0 <= row < len(self._hits) else "")


def _told(line: SourceLine) -> str:
    status = line.status
    head = f"{status.name}  ·  {line.agent}"
    if status.index is None:
        return escape_invisible(f"{head}\n{said(status.problem) or status.where}")
    held = status.index
    facts = [
        plural("{n} document", "{n} documents", held.documents),
        plural("{n} piece", "{n} pieces", held.chunks),
    ]
    if held.vectors:
        facts.append(plural("{n} vector", "{n} vectors", held.vectors))
    if held.problems:
        facts.append(tr("{count:,} not read", count=held.problems))
    at = status.updated_at[:16].replace("T", " ")
    facts.append(tr("compared {at} UTC", at=at) if at else tr("never indexed"))
    problem = f"\n{said(status.problem)}" if status.problem else ""
    return escape_invisible(f"{head}\n{status.where}\n{tr(', ').join(facts)}{problem}")


def _problem(document: Document) -> str:
    return escape_invisible(f"{document.key} {said(document.problem)}")


def _ranked(number: int, hit: Hit) -> str:
    why = ", ".join(f"{tr(RANKS.get(name, name))} {rank}" for name, rank in hit.ranks.items())
    heading = f"  ·  {hit.chunk.heading}" if hit.chunk.heading else ""
    return escape_invisible(f"{number}.  {hit.score:.2f}  ({why})  {hit.document.key}:{hit.chunk.line}{heading}")


def _outcome(line: SourceLine, outcome: Outcome) -> str:
    told = tr(
        "{source}: {read:,} read, {gone:,} gone, {same:,} as they were, {wrong:,} could not be read, "
        "in {seconds:.1f} s.",
        source=line.status.name,
        read=outcome.read,
        gone=outcome.removed,
        same=outcome.same,
        wrong=outcome.problems,
        seconds=outcome.seconds,
    )
    return tr("{told} {note}.", told=told, note=said(outcome.note)) if outcome.note else told
