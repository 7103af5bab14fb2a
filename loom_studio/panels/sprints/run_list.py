"""The list of harness runs, changed only where something is new."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from loom_studio.panels.sprints.words import chosen_row
from loom_studio.plain_text import escape_invisible
from loom_studio.services.harness import HarnessRun
from loom_studio.widgets.named import named

MOST_TOLD_CHARS = 2_000


class RunList(QListWidget):
    """Shows runs, the last used first; the one that is chosen stays chosen wherever it moves to."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "Harness runs")
        self.runs: Sequence[HarnessRun] = ()
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)

    @property
    def chosen(self) -> HarnessRun | None:
        """The run that is chosen; None where none is."""
        row = chosen_row(self)
        return self.runs[row] if 0 <= row < len(self.runs) else None

    def show_runs(self, runs: Sequence[HarnessRun], chosen_id: str) -> None:
        """Show these, this one chosen."""
        if runs == self.runs:
            if self.chosen is not None:  # where none is chosen, the next run that is new will be
                self._choose(chosen_id)
            return
        before, self.runs = self.runs, runs
        self.blockSignals(True)
        while self.count() > len(runs):
            self.takeItem(self.count() - 1)
        for row, run in enumerate(runs):
            if row == self.count():
                self.addItem(QListWidgetItem())
            elif row < len(before) and before[row] == run:
                continue
            item = self.item(row)
            item.setText(escape_invisible(run.words))
            item.setToolTip(escape_invisible(run.brief[:MOST_TOLD_CHARS]))
        self.blockSignals(False)
        self._choose(chosen_id)

    def _choose(self, chosen_id: str) -> None:
        if self.chosen is None or self.chosen.id != chosen_id:
            self.blockSignals(True)
            self.setCurrentRow(next((row for row, run in enumerate(self.runs) if run.id == chosen_id), -1))
            self.blockSignals(False)
