"""What is done with a run as a whole: it is compared with another, and written down as a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton, QWidget

from loom.errors import ConfigError
from loom.orchestration.record import ToldRun
from loom.threads import in_thread
from loom.types.ids import generate_id
from loom_studio.panels.sprints.comparison import ComparisonDialog
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said_of
from loom_studio.services.harness import HarnessRun, HarnessRuns
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.named import named

if TYPE_CHECKING:
    from loom.briefs import Brief

HTML, MARKDOWN = marked("One page of HTML (*.html)"), "Markdown (*.md)"


class RunDialogs:
    """Opens dialogs over `parent`; what they start belongs to `tasks`, and `say` tells the person what came of it."""

    def __init__(
        self,
        parent: QWidget,
        service: HarnessRuns,
        tasks: TaskOwner,
        say: Callable[[str], None],
        diff_choice: DiffChoice | None,
    ) -> None:
        self._parent = parent
        self._service = service
        self._tasks = tasks
        self._say = say
        self._diff_choice = diff_choice

    async def briefs(self, file: str | None, brief: str, details: dict[str, Any]) -> list[Brief]:
        """The briefs of a file of JSON lines, or the one. Raises ConfigError for what is wrong with the file."""
        return await in_thread(_briefs, file, brief, details)

    def compare(self, told: ToldRun, runs: Sequence[HarnessRun]) -> None:
        """Open a comparison of a run with any other of these; what it was forked from comes first."""
        forked: dict[str, Any] = told.details.get("forked_from") or {}
        others = sorted((run for run in runs if run.id != told.id), key=lambda run: run.id != forked.get("run"))
        if others:
            ComparisonDialog(told, others, self._ask_for, self._diff_choice, self._parent).begin()

    def export(self, run: HarnessRun) -> None:
        """Ask for a file, and write the run's report into it."""
        dialog = named(QFileDialog(self._parent, tr("Export the report"), "report.html"), "Export the report")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([tr(HTML), MARKDOWN])
        dialog.selectFile("report.html")
        dialog.fileSelected.connect(partial(self._on_file, run))
        dialog.open()

    def ask_to_delete(self, run: HarnessRun, then: Callable[[], None]) -> None:
        """Ask whether a run is to be deleted; `then` is called once it is."""
        question = tr("Delete this harness run, with what its agents did? The files that it wrote stay.")
        deleting = self._asked(marked("Delete run"), question, run, tr("Delete"))
        deleting.clicked.connect(lambda: self._tasks.start(self._delete(run, then), what="delete the harness run"))

    def ask_to_end(self, run: HarnessRun, then: Callable[[], None]) -> None:
        """Ask whether a run is to end at once; `then` is called once it was told."""
        question = tr("End this harness run now? What its agents are at is broken off; what was done stays.")
        ending = self._asked(marked("End run"), question, run, tr("End now"))
        ending.clicked.connect(lambda: self._tasks.start(self._end(run, then), what="end the harness run"))

    def _asked(self, title: str, question: str, run: HarnessRun, verb: str) -> QPushButton:
        """The button that says yes, of a question that is open then; `title` is its name in English."""
        box = named(QMessageBox(self._parent), title)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle(tr(title))
        box.setText(question)
        box.setInformativeText(escape_invisible(run.words))
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        agreeing = box.addButton(verb, QMessageBox.ButtonRole.DestructiveRole)
        box.open()
        return agreeing

    async def _end(self, run: HarnessRun, then: Callable[[], None]) -> None:
        await self._service.cancel(run)
        self._say(tr("The run ends now."))
        then()

    async def _delete(self, run: HarnessRun, then: Callable[[], None]) -> None:
        await self._service.remove(run)
        self._say(tr("The run is deleted."))
        then()

    def _on_file(self, run: HarnessRun, name: str) -> None:
        self.export_to(run, Path(name))

    def export_to(self, run: HarnessRun, file: Path) -> None:
        """Write the run's report into a file: Markdown if its name ends so, else a page of HTML."""
        self._tasks.start(self._export(run, file), what="export the report")

    def _ask_for(self, dialog: ComparisonDialog, other: HarnessRun) -> None:
        self._tasks.start(self._show_other(dialog, other), what="read the other run")

    async def _show_other(self, dialog: ComparisonDialog, other: HarnessRun) -> None:
        told = await self._service.told(other)
        if dialog.is_open:
            dialog.show_other(told)

    async def _export(self, run: HarnessRun, file: Path) -> None:
        text = await self._service.report(run, as_html=file.suffix.lower() not in (".md", ".markdown"))
        try:
            await in_thread(file.write_text, text, encoding="utf-8")
        except OSError as error:
            self._say(tr("{file} can't be written: {why}", file=file, why=said_of(error)))
            return
        self._say(tr("The report is in {file}", file=file))


def _briefs(file: str | None, brief: str, details: dict[str, Any]) -> list[Brief]:
    from loom.briefs import Brief, read_briefs
    from loom.roles import DETAILS

    details = DETAILS | details
    if file is None:
        return [Brief(1, generate_id(), brief, details)]
    path = Path(file).expanduser()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(tr("{file} can't be read: {why}", file=path, why=why)) from None
    return read_briefs(text, details, path.parent)
