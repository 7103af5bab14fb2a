"""The Sprints tab over a real journal, in which scripted agents work while it looks on."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QInputDialog, QMessageBox

from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import AgentHarness, LogEngine, SubAgentResult
from loom.safety.profile import Profile
from loom_studio.dialogs.new_harness import NewHarnessDialog
from loom_studio.loop import run
from loom_studio.panels.sprints.panel import HOW_TO_BEGIN, SprintsPanel
from loom_studio.services.agents import AgentEntry, AgentLibrary
from loom_studio.services.harness import HarnessRuns
from tests.support.harness_agents import agents_in
from tests.support.waiting import until


class Generator:
    """Waits for `may_go` before each piece of work."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_go = asyncio.Semaphore(0)

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        del inherit_context
        self.asked.append(goal)
        await self.may_go.acquire()
        return SubAgentResult(True, f"draft {len(self.asked)}", depth + 1)


class Evaluator:
    """Passes what is asked about `It is short` once `It rhymes` is a criterion too."""

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        del inherit_context
        if "<work>" not in goal:
            return SubAgentResult(True, "It is short", depth + 1)
        if "It rhymes" in goal:
            return SubAgentResult(True, "PASS\n1. PASS: two lines\n2. PASS: moon, June", depth + 1)
        return SubAgentResult(True, "FAIL\n1. FAIL: nine pages\nMake it shorter", depth + 1)


def with_tab(
    qapp: QApplication, folder: Path, use: Callable[[SprintsPanel, LogEngine], Coroutine[Any, Any, None]]
) -> None:
    async def main() -> int:
        store = await asyncio.to_thread(SQLiteStore, folder / "harness.db")
        tab = SprintsPanel(HarnessRuns(Profile(folder)))
        tab.resize(420, 900)
        tab.show()
        try:
            await use(tab, LogEngine(store))
        finally:
            await tab.aclose()
            await asyncio.to_thread(store.close)
            tab.deleteLater()
        return 0

    assert run(qapp, main) == 0


def shown(tab: SprintsPanel) -> list[str]:
    return [tab.timeline.item(row).text() for row in range(tab.timeline.count())]


def words(tab: SprintsPanel, row: int) -> str:
    return tab.criteria.matrix.headerData(row, Qt.Orientation.Vertical)


def cell(tab: SprintsPanel, row: int, column: int) -> tuple[str, str]:
    """What a cell of the matrix says, and its evidence."""
    index = tab.criteria.matrix.index(row, column)
    return index.data(), index.data(Qt.ItemDataRole.ToolTipRole)


def looked(tab: SprintsPanel) -> bool:
    """Look again until the tab lists a run."""
    tab.refresh()
    return tab.runs.count() == 1


def test_a_run_that_another_works_on_is_ended_at_once_after_a_question(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        generator = Generator()  # which nobody lets go on
        working = asyncio.ensure_future(AgentHarness(generator, Evaluator(), engine=engine).run("Write a poem", "r1"))
        await until(lambda: len(generator.asked) == 1)
        tab.refresh()
        await until(tab.buttons.end.isEnabled)
        for answer, is_over in (("Cancel", False), ("End now", True)):
            tab.buttons.end.click()
            box = next(each for each in tab.findChildren(QMessageBox) if each.isVisible())
            next(button for button in box.buttons() if button.text().replace("&", "") == answer).click()
            await until(lambda box=box: not shiboken6.isValid(box) or not box.isVisible())
            assert is_over or not working.done()
        assert (await asyncio.wait_for(working, 150)).reason == "cancelled"
        await until(lambda: tab.runs.item(0).text().startswith("cancelled"))
        assert not tab.buttons.end.isEnabled()

    with_tab(qapp, tmp_path, use)


def test_a_run_is_followed_and_a_criterion_is_added_while_it_fails(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        await until(lambda: not tab.tasks._tasks)
        assert tab.summary.text() == HOW_TO_BEGIN
        assert not tab.buttons.stop.isEnabled()
        generator = Generator()
        harness = AgentHarness(generator, Evaluator(), engine=engine)
        working = asyncio.ensure_future(harness.run("Write a poem", "r1"))
        await until(lambda: len(generator.asked) == 1)
        tab.refresh()
        await until(lambda: shown(tab) == ["Sprint 1, the generator works, 0 of 1 criteria"])
        generator.may_go.release()
        await until(lambda: shown(tab)[:1] == ["Sprint 1, failed, 0 of 1 criteria"])
        tab.timeline.setCurrentRow(0)
        assert cell(tab, 0, 0) == ("✗ failed", "nine pages")
        assert "Make it shorter" in tab.pages.critique.toPlainText()
        assert tab.pages.output.toPlainText() == "draft 1"
        tab.buttons.add_criterion.click()
        dialog = tab.findChild(QInputDialog)
        assert dialog is not None
        dialog.setTextValue("It rhymes")
        dialog.accept()
        await until(lambda: "next sprint" in tab.status.text())
        generator.may_go.release()
        generator.may_go.release()
        result = await working
        assert result.passed
        await until(lambda: shown(tab)[-1] == "Sprint 3, passed, 2 of 2 criteria")
        tab.timeline.setCurrentRow(2)
        await until(lambda: "+draft 3" in tab.pages.changes.text)
        assert [words(tab, row) for row in range(2)] == ["It is short", "It rhymes"]
        await until(lambda: not tab.buttons.stop.isEnabled())
        await until(lambda: not tab._timer.isActive())

    with_tab(qapp, tmp_path, use)


def test_a_contract_is_approved_and_a_sprint_accepted(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        generator = Generator()
        harness = AgentHarness(generator, Evaluator(), engine=engine, waits_for_approval=True)
        working = asyncio.ensure_future(harness.run("Write a poem", "r1", {"approve_contract": True}))
        await until(lambda: looked(tab))
        await until(lambda: not tab.buttons.approve.isHidden())
        assert shown(tab) == ["Sprint 1, its contract waits for approval, 0 of 1 criteria"]
        tab.buttons.approve.click()
        await until(lambda: len(generator.asked) == 1)
        await until(tab.buttons.approve.isHidden)
        tab.buttons.accept.click()
        await until(lambda: "accepted" in tab.status.text())
        generator.may_go.release()
        assert (await working).reason == "accepted"
        await until(lambda: shown(tab) == ["Sprint 1, accepted by person, 0 of 1 criteria"])
        assert "accepted, 1 of 5 sprints" in tab.runs.item(0).text()

    with_tab(qapp, tmp_path, use)


def test_an_interrupted_run_says_so_and_a_broken_journal_too(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        generator = Generator()
        working = asyncio.ensure_future(AgentHarness(generator, Evaluator(), engine=engine).run("Write", "r1"))
        await until(lambda: len(generator.asked) == 1)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        tab.refresh()
        await until(lambda: shown(tab) == ["Sprint 1, interrupted, 0 of 1 criteria"])
        assert "interrupted" in tab.runs.item(0).text()
        broken = Profile(tmp_path / "broken")
        await asyncio.to_thread(broken.folder.mkdir)
        await asyncio.to_thread((broken.folder / "harness.db").write_bytes, b"no journal at all" * 1000)
        other = SprintsPanel(HarnessRuns(broken))
        other.show()
        await until(lambda: "was damaged. It is kept as" in other.status.text())
        await other.aclose()
        other.deleteLater()

    with_tab(qapp, tmp_path, use)


GENERATOR = """
name = "Builder"
capabilities = ["files", "edit"]
[model]
provider = "scripted"
name = "script"
[[model.extensions.turns]]
tool = "write_file"
arguments = {{ path = "calc.py", content = "def add(a, b):\\n    return a {sign} b\\n" }}
[[model.extensions.turns]]
text = "I wrote calc.py"
[[model.extensions.turns]]
tool = "write_file"
arguments = {{ path = "calc.py", content = "def add(a, b):\\n    return a + b\\n" }}
[[model.extensions.turns]]
text = "I mended calc.py"
"""
EVALUATOR = """
name = "Judge"
[model]
provider = "scripted"
name = "script"
[model.extensions]
loop = true
[[model.extensions.turns]]
text = "- add is short"
[[model.extensions.turns]]
text = "PASS\\n1. PASS - two lines"
"""
CHECK = "python3 -B -c 'import calc; assert calc.add(2, 3) == 5'"


def agents(folder: Path, sign: str = "-") -> list[AgentEntry]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "1.toml").write_text(GENERATOR.format(sign=sign))
    (folder / "2.toml").write_text(EVALUATOR)
    library = AgentLibrary(folder)
    library.reload()
    return library.entries


def test_a_run_is_begun_in_the_window_and_its_command_decides(qapp: QApplication, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    entries = agents(tmp_path / "agents")

    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        dialog = NewHarnessDialog(entries, work, tab.start, tab)
        assert not dialog.start.isEnabled()
        dialog.brief.setPlainText("Make calc.py with a function add")
        dialog.roles.agents["evaluator"].setCurrentIndex(2)
        dialog.commands.setPlainText(f"{CHECK}\n\n")
        assert dialog.mode.currentData() == "accept-edits"
        dialog.mode.setCurrentIndex(dialog.mode.findData("auto"))
        dialog.start.click()
        await until(lambda: shown(tab) == ["Sprint 1, failed, 1 of 2 criteria", "Sprint 2, passed, 2 of 2 criteria"])
        await until(lambda: tab.runs.item(0).text() == "passed, 2 of 5 sprints · Make calc.py with a function add")
        assert [words(tab, 0), words(tab, 1)] == ["add is short", f"`{CHECK}` ends with exit code 0"]
        await until(lambda: not tab.buttons.resume.isVisible())
        [run] = await engine.runs()
        assert run.data["details"]["workspace"] == str(work)

    with_tab(qapp, tmp_path / "profile", use)


JUDGED = """
name = "{0} judge"
[model]
provider = "scripted"
name = "script"
[model.extensions]
loop = true
turns = ["{0}\\n1. {0} - it is so"]
"""


def test_roles_have_models_of_their_own_and_a_quorum_decides(qapp: QApplication, tmp_path: Path) -> None:
    """Of three evaluators two pass the work, which is enough where the quorum says so."""
    work = tmp_path / "work"
    work.mkdir()
    agents(tmp_path / "agents", "+")
    for number, verdict in ((3, "PASS"), (4, "FAIL")):
        (tmp_path / "agents" / f"{number}.toml").write_text(JUDGED.format(verdict))
    library = AgentLibrary(tmp_path / "agents")
    library.reload()
    begun: list[dict[str, Any]] = []

    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        dialog = NewHarnessDialog(library.entries, work, lambda _brief, details: begun.append(details), tab)
        roles = dialog.roles
        dialog.brief.setPlainText("Make calc.py")
        roles.agents["evaluator"].setCurrentIndex(2)
        assert not roles.quorum.isEnabled()
        for row in (2, 3):
            roles.more.item(row).setCheckState(Qt.CheckState.Checked)
        assert roles.judges.text() == "of 3 evaluators must pass a sprint"
        roles.quorum.setValue(2)
        roles.models["planner"].setText("scripted:plan")
        dialog.start.click()
        (details,) = begun
        assert [Path(each).name for each in details["evaluators"]] == ["3.toml", "4.toml"]
        assert (details["quorum"], details["models"]) == (2, {"planner": "scripted:plan"})
        for quorum, how in ((2, "passed"), (None, "max sprints")):
            tab.start("Make calc.py", {**details, "models": {}, "max_sprints": 1, "quorum": quorum})
            await until(lambda how=how: tab.runs.count() and tab.runs.item(0).text().startswith(how))

    with_tab(qapp, tmp_path / "profile", use)


def test_what_was_interrupted_is_gone_on_with_here(qapp: QApplication, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    builder, judge = agents(tmp_path / "agents", "+")
    assert judge.file is not None
    judge.file.write_text(EVALUATOR.replace("- add is short", "PASS\\n1. PASS - it is short"))

    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        generator = Generator()
        details = {"agent": str(builder.file), "evaluator": str(judge.file), "workspace": str(work), "mode": "auto"}
        harness = AgentHarness(generator, Evaluator(), engine=engine)
        working = asyncio.ensure_future(harness.run("Make calc.py", "r1", details))
        await until(lambda: len(generator.asked) == 1)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        tab.refresh()
        await until(tab.buttons.resume.isVisible)
        tab.buttons.resume.click()
        await until(lambda: shown(tab) == ["Sprint 1, passed, 1 of 1 criteria"])
        assert await asyncio.to_thread((work / "calc.py").read_text) == "def add(a, b):\n    return a + b\n"

    with_tab(qapp, tmp_path / "profile", use)


def test_a_run_that_cannot_begin_says_why(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: SprintsPanel, engine: LogEngine) -> None:
        tab.start("Make it", {"agent": str(tmp_path / "gone.toml"), "workspace": str(tmp_path)})
        await until(lambda: "gone.toml" in tab.status.text())
        assert await engine.runs() == []
        await until(lambda: not tab._timer.isActive())

    with_tab(qapp, tmp_path / "profile", use)


def test_a_low_tab_shows_its_list_beside_a_call_whose_arguments_are_edited(qapp: QApplication, tmp_path: Path) -> None:
    agents_in(tmp_path)
    roles = {"agent": str(tmp_path / "gen.toml"), "evaluator": str(tmp_path / "judge.toml")}
    details = {**roles, "workspace": str(tmp_path / "work"), "max_sprints": 1, "asks": "wait"}

    async def use(tab: SprintsPanel, _engine: LogEngine) -> None:
        tab.resize(420, 620)
        for _ in range(3):
            tab.start("Write it", details)
        await until(lambda: tab.runs.count() == 3 and tab.waiting.isVisible() and tab.waiting.edit.isEnabled())
        tab.waiting.edit.click()
        await until(tab.waiting.edit_form.text.isVisible)
        await until(lambda: tab._column.verticalScrollBar().maximum() > 0)
        seen = tab.runs.visibleRegion().boundingRect().height()
        assert seen >= 3 * tab.runs.sizeHintForRow(0)
        tab._column.ensureWidgetVisible(tab.buttons)
        assert tab.buttons.delete.visibleRegion().boundingRect().height() == tab.buttons.delete.height()

    with_tab(qapp, tmp_path / "profile", use)
