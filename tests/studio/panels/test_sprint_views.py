"""The parts of the Sprints tab: the timeline's columns, the matrix, the work list, and what is done with runs."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import AgentHarness, LogEngine, SprintFiles, SubAgentResult
from loom.orchestration.record import ChangedFile, Criterion, Happening, Span, Sprint
from loom.safety.profile import Profile
from loom.types.approvals import ApprovalRequest, Decision
from loom.types.runs import Usage
from loom_studio.loop import run
from loom_studio.panels.sprints import waiting_call
from loom_studio.panels.sprints.comparison import ComparisonDialog
from loom_studio.panels.sprints.critique import CritiqueView
from loom_studio.panels.sprints.lanes import Column, column_height, events_words
from loom_studio.panels.sprints.matrix import CriteriaTable
from loom_studio.panels.sprints.panel import SprintsPanel
from loom_studio.panels.sprints.questions import ContractDialog, ForkDialog
from loom_studio.panels.sprints.timeline import COLUMN, SprintTimeline, TimelineBox
from loom_studio.panels.sprints.waiting_call import WaitingCall
from loom_studio.services.harness import HarnessRuns
from loom_studio.theme import apply_theme, set_scale
from tests.support.waiting import until


def sprint(number: int, began: float, took: float, *passed: bool | None, **more: Any) -> Sprint:
    names = ("It starts", "It ends", "It is short")
    spans = (
        Span("evaluator", began, took * 0.1, "the evaluator proposed criteria"),
        Span("generator", began + took * 0.1, took * 0.6, "the generator worked"),
        Span("evaluator", began + took * 0.7, took * 0.3, "evaluator 1 judged"),
    )
    state = "passed" if all(passed) else "failed"
    criteria = tuple(Criterion(name, each, f"src/a.py:{number} so") for name, each in zip(names, passed, strict=False))
    values: dict[str, Any] = {"duration_s": took, "spans": spans, "tokens": 500, "cost_usd": 0.01}
    return Sprint(number, state, criteria, **{**values, **more})


RUN = (sprint(1, 100.0, 10.0, False, False), sprint(2, 111.0, 40.0, True, False), sprint(3, 152.0, 5.0, True, True))


def test_a_column_is_as_wide_as_its_sprint_was_long(qapp: QApplication) -> None:
    timeline = SprintTimeline()
    timeline.resize(600, timeline.height())
    timeline.show_sprints(RUN, Span("planner", 95.0, 4.0, "the planner wrote the specification"))
    widths = [timeline.sizeHintForIndex(timeline.model().index(n, 0)).width() for n in range(3)]
    assert widths[1] > widths[0] > widths[2]
    assert [timeline.item(n).text() for n in range(3)] == [each.words for each in RUN]
    first: Column = timeline.item(0).data(COLUMN)
    assert first.began == 95.0
    assert first.seconds == 15.0
    described = timeline.item(0).data(Qt.ItemDataRole.AccessibleDescriptionRole)
    assert "the planner wrote the specification: 4.0 s" in described
    assert "the generator worked: 6.0 s" in described
    timeline.deleteLater()


def test_the_timeline_zooms_by_wheel_keys_and_buttons_and_shows_fifty_at_once(qapp: QApplication) -> None:
    box = TimelineBox()
    box.resize(430, 200)
    box.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
    box.show()
    timeline = box.timeline
    timeline.show_sprints([sprint(n, n * 50.0, 5.0 + n, n % 3 == 0) for n in range(1, 51)])
    before = timeline.zoom
    box.closer.click()
    assert timeline.zoom > before
    box.farther.click()
    QTest.keyClick(timeline, Qt.Key.Key_Minus)
    assert timeline.zoom < before
    wheel = QWheelEvent(
        QPointF(20, 20), QPointF(20, 20), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    zoom = timeline.zoom
    QApplication.sendEvent(timeline.viewport(), wheel)
    assert timeline.zoom > zoom
    box.all.click()
    assert sum(timeline.width_of(timeline.item(n).data(COLUMN)) for n in range(50)) <= timeline.viewport().width()
    assert timeline.is_narrow
    timeline.setCurrentRow(10)
    QTest.keyClick(timeline, Qt.Key.Key_Right)
    assert timeline.currentRow() == 11
    box.deleteLater()


def test_events_are_counted_in_words() -> None:
    happened = [Happening(1.0, "veto", "x"), Happening(2.0, "veto", "y"), Happening(3.0, "files", "z")]
    assert events_words(tuple(happened)) == "2 vetoes, 1 change of files"
    assert events_words((*happened, happened[2])) == "2 vetoes, 2 changes of files"


def test_a_sprint_that_is_under_way_grows(qapp: QApplication) -> None:
    now = time.time()
    open_ = sprint(2, now - 30, 1.0, None, duration_s=None, doing="the generator works")
    going = Sprint(2, "working", open_.criteria, doing=open_.doing, spans=(Span("generator", now - 30, None, "works"),))
    assert 29 < Column(going).seconds < 40
    timeline = SprintTimeline()
    timeline.show_sprints([RUN[0], going])
    timeline.grow()
    assert timeline.item(1).text() == "Sprint 2, the generator works, 0 of 1 criteria"
    assert not timeline.grab().isNull()
    timeline.deleteLater()


def test_the_matrix_says_in_words_what_it_shows_in_colours(qapp: QApplication) -> None:
    table = CriteriaTable()
    files = (ChangedFile("a.py", "changed", 2, 1),)
    table.show_sprints([*RUN[:2], sprint(3, 152.0, 5.0, True, True, None, files=files, has_files=True)])
    matrix = table.matrix
    read = Qt.ItemDataRole.AccessibleTextRole
    assert matrix.index(0, 0).data(read) == "It starts, sprint 1, failed"
    assert matrix.index(2, 0).data() is None
    assert matrix.index(2, 2).data() == "– not judged"
    assert "src/a.py:1 so" in matrix.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    took = [matrix.index(row, 2).data() for row in range(3, 7)]
    assert took == ["5.0 s", "500", "$0.0100", "1"]
    assert matrix.index(6, 2).data(Qt.ItemDataRole.ToolTipRole) == "a.py: changed (+2 −1)"
    names = [matrix.headerData(row, Qt.Orientation.Vertical) for row in range(7)]
    assert names == ["It starts", "It ends", "It is short", "Time", "Tokens", "Cost", "Files"]
    table.deleteLater()


def test_the_critique_is_a_work_list_with_fates_and_no_markup_of_others(qapp: QApplication) -> None:
    view = CritiqueView()
    evil = Criterion("<b>It starts</b>\u202e", False, "src/a.py:7 <img src=x>")
    run_ = [Sprint(1, "failed", (evil,), critique="see <i>it</i>", dropped=("It sings",)), Sprint(2, "failed", (evil,))]
    view.show_sprint(run_, 0)
    text = view.toPlainText()
    assert "✗ open since sprint 1" in text
    assert "<b>It starts</b>\\u202e" in text
    assert "<img src=x>" in text
    assert "see <i>it</i>" in text
    assert "Dropped when the contract was approved: It sings" in text
    view.show_sprint(RUN, 0)
    assert "✓ fixed in sprint 3" in view.toPlainText()
    view.show_sprint((), -1)
    assert view.toPlainText() == ""
    view.deleteLater()


class Writer:
    """Writes what it is to into a file."""

    def __init__(self, folder: Path, *texts: str) -> None:
        self.folder = folder
        self.texts = list(texts)

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        del goal, inherit_context
        text = self.texts.pop(0)
        await asyncio.to_thread((self.folder / "poem.md").write_text, text)
        return SubAgentResult(True, f"wrote {text}", depth + 1, usage=Usage(10, 5))


class Judge:
    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        del inherit_context
        if "<work>" not in goal:
            return SubAgentResult(True, "It rhymes\nIt is short", depth + 1)
        return SubAgentResult(True, "PASS" if "moon" in goal else "FAIL\n1. FAIL: poem.md:1 no\n2. PASS: so", depth + 1)


AGENT = """
name = "Builder"
capabilities = ["files", "edit"]
[model]
provider = "scripted"
name = "script"
[[model.extensions.turns]]
tool = "write_file"
arguments = { path = "poem.md", content = "the moon\\n" }
[[model.extensions.turns]]
text = "the moon is in it"
"""
JUDGE = """
name = "Judge"
[model]
provider = "scripted"
name = "script"
[model.extensions]
turns = ["It rhymes", "PASS"]
"""


def with_runs(
    qapp: QApplication, folder: Path, use: Callable[[SprintsPanel, LogEngine], Coroutine[Any, Any, None]], runs: int = 1
) -> None:
    """Use a tab over a journal with so many runs of two failed sprints each."""

    async def main() -> int:
        store = await asyncio.to_thread(SQLiteStore, folder / "harness.db")
        engine = LogEngine(store)
        for number in range(1, runs + 1):
            work = folder / f"work{number}"
            await asyncio.to_thread(work.mkdir)
            await asyncio.to_thread((folder / "gen.toml").write_text, AGENT)
            await asyncio.to_thread((folder / "judge.toml").write_text, JUDGE)
            details = {
                "agent": str(folder / "gen.toml"),
                "evaluator": str(folder / "judge.toml"),
                "workspace": str(work),
                "mode": "auto",
            }
            files = SprintFiles(work, folder / "checkpoints")
            harness = AgentHarness(Writer(work, "a\n", "b\n"), Judge(), max_sprints=2, engine=engine, files=files)
            await harness.run(f"Write poem {number}", f"r{number}", details)
        tab = SprintsPanel(HarnessRuns(Profile(folder)))
        tab.resize(420, 900)
        tab.show()
        try:
            await until(lambda: tab.runs.count() == runs)
            await use(tab, engine)
        finally:
            await tab.aclose()
            await asyncio.to_thread(store.close)
            tab.deleteLater()
        return 0

    assert run(qapp, main) == 0


def shown(tab: SprintsPanel) -> list[str]:
    return [tab.timeline.item(row).text() for row in range(tab.timeline.count())]


def test_a_sprint_shows_the_files_it_changed_and_a_cell_its_evidence(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        del engine
        await until(lambda: len(shown(tab)) == 2)
        assert "-a\n+b" in tab.pages.changes.text
        tab.criteria.setFocus()
        tab.criteria.setCurrentIndex(tab.criteria.matrix.index(0, 0))
        assert tab.evidence.toPlainText() == "✗ failed in sprint 1: It rhymes\npoem.md:1 no"
        places: list[tuple[str, str, int]] = []
        tab.place_wanted.connect(lambda *place: places.append(place))
        for view in (tab.evidence, tab.pages.critique):  # by the keyboard: to the link, and there
            view.setFocus()
            QTest.keyClick(view, Qt.Key.Key_Tab)
            QTest.keyClick(view, Qt.Key.Key_Return)
        assert [place[1:] for place in places] == [("poem.md", 1)] * 2
        tab.criteria.clicked.emit(tab.criteria.matrix.index(1, 0))
        assert tab.timeline.currentRow() == 0
        assert "+a" in tab.pages.changes.text
        assert "What the next sprint begins with" in tab.pages.contract.toPlainText()
        assert "Generator: gen" in tab.pages.brief.toPlainText()
        assert "1 file changed" in tab.pages.critique.toPlainText()

    with_runs(qapp, tmp_path, use)


def test_timeline_and_matrix_follow_the_size_of_the_text(qapp: QApplication) -> None:
    box, table = TimelineBox(), CriteriaTable()
    sprints = [sprint(n, 100.0 * n, 60.0, n == 3, False) for n in (1, 2, 3)]
    box.resize(460, 300)
    table.resize(460, 300)
    box.show()
    try:
        box.timeline.show_sprints(sprints)
        table.show_sprints(sprints)
        sizes: dict[int, tuple[int, int, int]] = {}
        for percent in (100, 200, 80, 100):
            set_scale(percent)
            apply_theme(qapp, "light")
            qapp.processEvents()
            sizes[percent] = (column_height(), box.timeline.height(), table.verticalHeader().defaultSectionSize())
            assert box.height() == box.timeline.height()
            assert box.timeline.viewport().height() >= column_height()  # nothing of a column is cut off
        for percent in (200, 80):
            for now, plain in zip(sizes[percent], sizes[100], strict=True):
                assert abs(now - plain * percent / 100) <= 4
        # Few sprints are all in view without a zoom.
        last = box.timeline.visualItemRect(box.timeline.item(2))
        assert last.right() <= box.timeline.viewport().width()
    finally:
        set_scale(100)
        apply_theme(qapp, "light")
        for widget in (box, table):
            widget.close()
            widget.deleteLater()


def test_a_sprint_is_forked_and_the_fork_is_followed(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        await until(lambda: len(shown(tab)) == 2)
        tab.timeline.setCurrentRow(0)
        tab.buttons.fork.click()
        dialog = tab.findChild(ForkDialog)
        assert dialog is not None
        assert dialog.sprint.currentText() == "Sprint 1, failed, 1 of 2 criteria"
        dialog.folder.setText(str(tmp_path / "copy"))
        dialog.start.click()
        await until(lambda: shown(tab)[-1:] == ["Sprint 2, passed, 2 of 2 criteria"])
        assert await asyncio.to_thread((tmp_path / "copy" / "poem.md").read_text) == "the moon\n"
        assert await asyncio.to_thread((tmp_path / "work1" / "poem.md").read_text) == "b\n"
        assert "Forked: from sprint 1 of r1" in tab.facts.text()
        assert len(await engine.runs()) == 2
        await until(lambda: not tab._timer.isActive())

    with_runs(qapp, tmp_path, use)


def test_two_runs_are_compared_side_by_side(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        del engine
        await until(lambda: len(shown(tab)) == 2)
        tab.buttons.compare.click()
        dialog = tab.findChild(ComparisonDialog)
        assert dialog is not None
        await until(lambda: dialog.table.rowCount() > 0)
        rows = [
            [item.text() if (item := dialog.table.item(row, column)) else "" for column in range(3)]
            for row in range(dialog.table.rowCount())
        ]
        assert ["It rhymes", "✗ failed since sprint 1", "✗ failed since sprint 1"] in rows
        assert ["Run", "r2", "r1"] in rows
        assert dialog.outputs.text == "The last outputs are the same."
        dialog.reject()
        await until(lambda: not tab.tasks._tasks)

    with_runs(qapp, tmp_path, use, 2)


def test_a_run_is_exported_and_what_cannot_be_written_is_said(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        del engine
        await until(tab.buttons.export.isEnabled)
        chosen = tab.runs.chosen
        assert chosen is not None
        tab.dialogs.export_to(chosen, tmp_path / "r.html")
        await until(lambda: tab.status.text() == f"The report is in {tmp_path / 'r.html'}")
        assert "<svg" in await asyncio.to_thread((tmp_path / "r.html").read_text, encoding="utf-8")
        tab.dialogs.export_to(chosen, tmp_path / "r.md")
        await until(lambda: "r.md" in tab.status.text())
        assert (await asyncio.to_thread((tmp_path / "r.md").read_text)).startswith("# Write poem 1")
        tab.dialogs.export_to(chosen, tmp_path / "no" / "r.md")
        await until(lambda: "can't be written" in tab.status.text())

    with_runs(qapp, tmp_path, use)


def test_a_failed_sprint_of_a_run_that_is_over_can_be_accepted(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        del engine
        await until(lambda: len(shown(tab)) == 2)
        tab.timeline.setCurrentRow(0)
        tab.buttons.accept.click()
        await until(lambda: shown(tab)[0] == "Sprint 1, accepted by person, 1 of 2 criteria")
        assert "the record says so" in tab.status.text()

    with_runs(qapp, tmp_path, use)


def test_a_contract_is_edited_and_what_is_dropped_is_named(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        work = tmp_path / "w"
        await asyncio.to_thread(work.mkdir)
        harness = AgentHarness(Writer(work, "the moon"), Judge(), engine=engine, waits_for_approval=True)
        working = asyncio.ensure_future(harness.run("Write", "r9", {"approve_contract": True}))
        tab.runs.clearSelection()
        await until(lambda: _looked(tab) and tab.buttons.edit.isVisible())
        tab.buttons.edit.click()
        dialog = tab.findChild(ContractDialog)
        assert dialog is not None
        dialog.criteria.setPlainText("")
        assert not dialog.approve.isEnabled()
        dialog.criteria.setPlainText("It is short\nIt sings")
        assert dialog.dropped.text() == "Taken out, and recorded as such: It rhymes"
        dialog.goal.setPlainText("Write about the moon")
        dialog.approve.click()
        result = await working
        assert result.sprint_results[0].contract.criteria == ["It is short", "It sings"]
        assert result.sprint_results[0].contract.dropped == ["It rhymes"]
        assert result.sprint_results[0].contract.goal == "Write about the moon"
        await until(lambda: _looked(tab) and "Dropped when" in tab.pages.critique.toPlainText())

    with_runs(qapp, tmp_path, use)


def test_a_run_is_deleted_once_that_was_confirmed(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        await until(lambda: len(shown(tab)) == 2)
        before = [run.id for run in await engine.runs()]
        assert tab.runs.chosen is not None
        chosen = tab.runs.chosen.id
        for answer, left in (("Cancel", before), ("Delete", [each for each in before if each != chosen])):
            tab.buttons.delete.click()
            box = tab.findChildren(QMessageBox)[-1]
            next(button for button in box.buttons() if button.text().replace("&", "") == answer).click()
            await until(lambda left=left: tab.runs.count() == len(left) and not tab.tasks._tasks)
            assert [run.id for run in await engine.runs()] == left

    with_runs(qapp, tmp_path, use)


def _looked(tab: SprintsPanel) -> bool:
    tab.refresh()
    return True


def test_two_hundred_runs_are_listed_without_blocking(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        for number in range(200):
            await engine.start(f"q{number}", {"brief": f"Queued {number}", "max_sprints": 5})
            await engine.leave(f"q{number}")
        tab.refresh()
        await until(lambda: tab.runs.count() == 201)
        assert "201 harness runs" in tab.summary.text()
        chosen = tab.runs.chosen
        assert chosen is not None
        assert chosen.id == "r1"  # what was chosen stays chosen, wherever it is now
        assert tab.runs.currentRow() == 200
        began = time.thread_time()
        tab.runs.show_runs(list(tab.runs.runs), "r1")
        assert time.thread_time() - began < 0.02

    with_runs(qapp, tmp_path, use)


def test_a_key_that_is_typed_elsewhere_does_not_zoom(qapp: QApplication) -> None:
    timeline = SprintTimeline()
    timeline.show_sprints(RUN)
    zoom = timeline.zoom
    QApplication.sendEvent(timeline, QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_X, Qt.KeyboardModifier(0), "x"))
    assert timeline.zoom == zoom
    timeline.deleteLater()


def test_a_call_that_waits_is_shown_whole_and_answered(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_call, "ARMED_AFTER_MS", 3000)  # a busy machine takes its time to get there

    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        del engine
        work = tmp_path / "w"
        await asyncio.to_thread(work.mkdir)
        details = {
            "agent": str(tmp_path / "gen.toml"),
            "evaluator": str(tmp_path / "judge.toml"),
            "workspace": str(work),
            "mode": "ask",
            "asks": "wait",
            "max_sprints": 1,
        }
        tab.start("Write", details)
        await until(tab.waiting.isVisible)
        assert "wants to run write_file" in tab.waiting.heading.text()
        assert "the moon" in tab.waiting.view.text
        assert not tab.waiting.allow.isEnabled()  # nothing allows in the first half second
        await until(tab.waiting.allow.isEnabled)
        tab.waiting.allow.click()
        await until(lambda: tab.status.text() == "write_file may run once.")
        await until(lambda: shown(tab) == ["Sprint 1, passed, 1 of 1 criteria"])
        assert await asyncio.to_thread((work / "poem.md").read_text) == "the moon\n"
        await until(lambda: not tab.waiting.isVisible())

    with_runs(qapp, tmp_path, use)


def test_a_long_call_must_be_read_to_its_end_before_it_is_allowed(qapp: QApplication) -> None:
    waiting = WaitingCall()
    waiting.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
    waiting.resize(400, 260)
    text = "\n".join(f"line {n}" for n in range(200))
    request = ApprovalRequest("q", "r", "s", "c", "run_command", {"command": text}, "h", "why", preview={"text": text})
    waiting.show_waiting([request])
    QTest.qWait(700)
    assert not waiting.allow.isEnabled()
    assert waiting.hint.isVisible()
    bar = waiting.view.unified.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert waiting.allow.isEnabled()
    answers: list[Decision] = []
    waiting.decided.connect(lambda _request, decision: answers.append(decision))
    waiting.reason.setText("too long")
    waiting.deny.click()
    assert answers == [Decision.deny("too long")]
    waiting.show_waiting([])
    assert not waiting.isVisible()
    waiting.deleteLater()


def test_the_card_of_a_harness_call_is_worked_by_keys_and_shows_what_can_not_be_seen(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_call, "ARMED_AFTER_MS", 2000)
    card = WaitingCall()
    qtbot.addWidget(card)
    arguments = {"path": "a.txt", "content": "no\u00a0break \u202e"}
    one = ApprovalRequest("q", "r", "s", "c", "write_file", arguments, "h", "why", why="I write.", may_last=True)
    answers: list[Decision] = []
    card.decided.connect(lambda _request, decision: answers.append(decision))
    card.show_waiting([one])
    assert card.said.text() == "“I write.”"
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Y)
    assert answers == []  # nothing allows in the first half second
    qtbot.waitUntil(card.allow.isEnabled, timeout=20_000)
    qtbot.keyClick(card, Qt.Key.Key_E)
    form = card.edit_form
    assert json.loads(form.text.toPlainText()) == arguments  # a text box makes a space of what it does not keep
    assert "no\\u00a0break \\u202e" in form.text.toPlainText()
    assert card.view.isHidden()
    assert not form.run.isEnabled()  # nobody has looked at it yet
    form.show_fault("")
    form.run.click()
    card.always.click()
    assert not form.isVisible()
    assert card.view.isVisible()
    card.rule_form.show_covered("", usable=True)
    card.rule_form.lasts.setCurrentIndex(2)
    card.rule_form.store.click()
    assert answers == [
        Decision.allow_once(arguments=arguments),
        Decision.allow_always(rule="", expires_in_s=86_400.0),
    ]
    # Another call begins anew: its forms are shut, and nothing of it may be allowed yet.
    card.show_waiting([replace(one, id="q2", may_last=False)])
    assert not card.rule_form.isVisible()
    assert not any(button.isEnabled() for button in (card.allow, card.always))
    qtbot.waitUntil(card.allow.isEnabled, timeout=20_000)
    assert not any(button.isEnabled() for button in (card.for_run, card.always))
    qtbot.keyClick(card, Qt.Key.Key_Y)
    assert answers[-1] == Decision.allow_once()
