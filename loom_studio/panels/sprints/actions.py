"""What a person does with a harness run: the buttons, and when each of them can be pressed."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from loom.orchestration.record import Sprint, is_waiting_for_approval
from loom_studio.services.harness import HarnessRun
from loom_studio.texts import tr
from loom_studio.widgets.flow import FlowLayout
from loom_studio.widgets.named import named


class SprintActions(QWidget):
    """The buttons below the tab."""

    def __init__(self) -> None:
        super().__init__()
        self.resume = named(QPushButton(tr("Resume")), "Resume the run")
        self.resume.setToolTip(tr("Go on after the last step that was recorded."))
        self.approve = named(QPushButton(tr("Approve contract")), "Approve contract")
        self.edit = named(QPushButton(tr("Edit contract…")), "Edit contract…")
        self.edit.setToolTip(tr("Change the goal or the criteria before the work begins, or refuse it."))
        self.accept = named(QPushButton(tr("Accept")), "Accept")
        self.accept.setToolTip(tr("Take the chosen sprint as it is, whatever the verdict. The record says who did."))
        self.stop = named(QPushButton(tr("Stop harness")), "Stop harness")
        self.stop.setToolTip(tr("End after the sprint that runs."))
        self.end = named(QPushButton(tr("End now…")), "End now…")
        self.end.setToolTip(tr("End at once, wherever it works: what its agents are at is broken off."))
        self.add_criterion = named(QPushButton(tr("Add criterion…")), "Add criterion…")
        self.remark = named(QPushButton(tr("Send remark…")), "Send remark…")
        self.fork = named(QPushButton(tr("Fork from sprint…")), "Fork from sprint…")
        self.fork.setToolTip(tr("Begin another run where a sprint ended, with another model."))
        self.compare = named(QPushButton(tr("Compare with…")), "Compare with…")
        self.delete = named(QPushButton(tr("Delete run…")), "Delete run…")
        self.export = named(QPushButton(tr("Export report…")), "Export report…")
        row = FlowLayout(self)
        for button in (
            self.resume,
            self.approve,
            self.edit,
            self.accept,
            self.stop,
            self.end,
            self.add_criterion,
            self.remark,
            self.fork,
            self.compare,
            self.export,
            self.delete,
        ):
            row.addWidget(button)

    def show_state(self, run: HarnessRun | None, runs: int, chosen: Sprint | None, last: Sprint | None) -> None:
        """Let be pressed what does something: for the run, its chosen and its last sprint, among so many runs."""
        hears = run is not None and not run.is_done
        for button in (self.add_criterion, self.remark, self.stop, self.end):
            button.setEnabled(hears)
        is_settled = last is not None and last.state in ("passed", "accepted")
        has_failed = chosen is not None and chosen.state == "failed" and not is_settled
        self.accept.setEnabled(has_failed or (hears and (chosen is None or not chosen.is_over)))
        waits = hears and last is not None and is_waiting_for_approval(last)
        self.approve.setVisible(waits)
        self.edit.setVisible(waits)
        self.resume.setVisible(run is not None and not run.is_done and not run.is_running)
        is_queued = run is not None and run.is_queued
        self.resume.setText(tr("Work on it here") if is_queued else tr("Resume"))
        self.fork.setEnabled(run is not None and last is not None)
        self.compare.setEnabled(run is not None and runs > 1)
        self.export.setEnabled(run is not None)
        self.delete.setEnabled(run is not None and not run.is_running)
