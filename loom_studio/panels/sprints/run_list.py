"""The list of harness runs, changed only where something is new, and the search in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, cast

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget
from typing_extensions import override

from loom_studio.panels.sprints.words import chosen_row
from loom_studio.plain_text import escape_invisible
from loom_studio.services.harness import HarnessRun, how_words
from loom_studio.texts import tr
from loom_studio.theme import px
from loom_studio.widgets.empty_text import EmptyText
from loom_studio.widgets.named import named

MOST_TOLD_CHARS = 2_000
ONE_PX, MANY_PX = 44, 80
FILES = ("agent", "evaluator", "planner")


class RunList(QListWidget):
    """Shows runs, the last used first; the one that is chosen stays chosen wherever it moves to.

    With words to search for it shows the runs that have all of them: in the brief, the state, the agents or models, or
    the id. What is chosen stays chosen where it is not among them.
    """

    def __init__(self) -> None:
        super().__init__()
        named(self, "Harness runs")
        self.runs: Sequence[HarnessRun] = ()
        self._shown: Sequence[HarnessRun] = ()
        self._hidden_id = ""  # of the run that is chosen, where the search hides it
        self._words: list[str] = []
        self._known: dict[str, tuple[HarnessRun, str]] = {}
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        EmptyText(self, tr("No run has these words in its brief, state or agents. Esc shows all."))
        self.itemSelectionChanged.connect(self._on_selected)

    @property
    def chosen(self) -> HarnessRun | None:
        """The run that is chosen; None where none is."""
        row = chosen_row(self)
        if 0 <= row < len(self._shown):
            return self._shown[row]
        return next((run for run in self.runs if run.id == self._hidden_id), None)

    def choose_none(self) -> None:
        """Have none chosen: the next run that is new will be."""
        self._hidden_id = ""
        self.clearSelection()

    def search(self, text: str) -> None:
        """Show the runs with these words; all for none."""
        self._words = text.casefold().split()
        chosen = self.chosen
        self._fill()
        self._choose(chosen.id if chosen is not None else "")

    def show_runs(self, runs: Sequence[HarnessRun], chosen_id: str) -> None:
        """Show these, this one chosen."""
        if runs == self.runs:
            if self.chosen is not None:  # where none is chosen, the next run that is new will be
                self._choose(chosen_id)
            return
        self.runs = runs
        self._known = {run.id: self._known[run.id] for run in runs if run.id in self._known}
        self._fill()
        self._choose(chosen_id)

    def _fill(self) -> None:
        before = self._shown
        self._shown = shown = [run for run in self.runs if self._has_words(run)] if self._words else self.runs
        self.blockSignals(True)
        while self.count() > len(shown):
            self.takeItem(self.count() - 1)
        for row, run in enumerate(shown):
            if row == self.count():
                self.addItem(QListWidgetItem())
            elif row < len(before) and before[row] == run:
                continue
            item = self.item(row)
            item.setText(escape_invisible(run.words))
            item.setToolTip(escape_invisible(run.brief[:MOST_TOLD_CHARS]))
        self.blockSignals(False)

    def _has_words(self, run: HarnessRun) -> bool:
        known = self._known.get(run.id)
        if known is None or known[0] != run:
            known = self._known[run.id] = (run, _searched(run))
        return all(word in known[1] for word in self._words)

    def _choose(self, chosen_id: str) -> None:
        if self.chosen is None or self.chosen.id != chosen_id or chosen_row(self) < 0:
            row = next((row for row, run in enumerate(self._shown) if run.id == chosen_id), -1)
            self._hidden_id = chosen_id if row < 0 else ""
            self.blockSignals(True)
            self.setCurrentRow(row)
            self.blockSignals(False)

    def _on_selected(self) -> None:
        if chosen_row(self) >= 0:
            self._hidden_id = ""


class RunFinder(QWidget):
    """The list with a field above it, for more than one run. Down goes from the field into the list, Esc empties it."""

    def __init__(self) -> None:
        super().__init__()
        self.field = _Field()
        self.runs = RunList()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.field)
        layout.addWidget(self.runs, 1)
        self.field.textChanged.connect(self.runs.search)
        self.field.left.connect(self._on_left)
        self.field.returnPressed.connect(self._on_left)
        rows = self.runs.model()
        for changed in (rows.rowsInserted, rows.rowsRemoved):
            changed.connect(self._on_rows)
        self._on_rows()

    def show_run(self) -> None:
        """Search for nothing, so that a run that is to be brought into view is in it."""
        self.field.clear()

    def _on_left(self) -> None:
        if self.runs.count():
            if chosen_row(self.runs) < 0:
                self.runs.setCurrentRow(0)
            self.runs.setFocus(Qt.FocusReason.TabFocusReason)

    def _on_rows(self) -> None:
        is_searched = bool(self.field.text()) or self.runs.count() > 1
        self.field.setVisible(is_searched)
        self.runs.setMinimumHeight(px(MANY_PX if is_searched else ONE_PX))


class _Field(QLineEdit):
    """What is searched for."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "Search runs")
        self.setPlaceholderText(tr("Search runs by brief, state or agent"))
        self.setClearButtonEnabled(True)

    @override
    def event(self, event: QEvent) -> bool:
        is_override = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
        if is_override and cast("QKeyEvent", event).key() == Qt.Key.Key_Escape and self.text():
            event.accept()  # else what is beside the chat is shut by it
            return True
        return super().event(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() == Qt.Key.Key_Down:
            self.left.emit()
        else:
            super().keyPressEvent(event)


def _searched(run: HarnessRun) -> str:
    """All that a run is found by."""
    details: dict[str, Any] = run.details
    files = [PurePath(str(each)).stem for each in (*(details.get(name) for name in FILES), *_more(details)) if each]
    models: dict[str, str] = details.get("models") or {}
    said = (run.id, run.brief, run.how, how_words(run.how), *files, str(details.get("model") or ""), *models.values())
    return "\n".join(said).casefold()


def _more(details: dict[str, Any]) -> list[str]:
    return list(details.get("evaluators") or ())
