"""A run that is put into a worker's queue from the window: tried, remembered, followed, answered, told."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from PySide6.QtWidgets import QApplication

from loom.briefs import Brief
from loom.errors import StoreError
from loom.roles import DETAILS
from loom.safety.profile import Profile
from loom_studio.dialogs.new_harness import NewHarnessDialog
from loom_studio.loop import run
from loom_studio.panels.sprints.panel import SprintsPanel
from loom_studio.services.agents import AgentEntry, AgentLibrary
from loom_studio.services.harness import HarnessRuns
from loom_studio.services.run_database import VARIABLE, RunDatabase
from loom_studio.services.run_queue import RunQueue, Wanted
from loom_studio.services.settings import Settings
from tests.support.drawer import Drawer
from tests.support.harness_agents import CLI, STERN_JUDGE, WRITER
from tests.support.waiting import until

pytest.importorskip("dbos")


@pytest.fixture(autouse=True)
def drawer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Drawer]:
    monkeypatch.delenv(VARIABLE, raising=False)
    before, made = keyring.get_keyring(), Drawer()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def agents(folder: Path) -> list[AgentEntry]:
    (folder / "agents").mkdir(parents=True)
    (folder / "agents" / "1.toml").write_text(WRITER)
    (folder / "agents" / "2.toml").write_text(STERN_JUDGE)
    (folder / "work").mkdir()
    library = AgentLibrary(folder / "agents")
    library.reload()
    return library.entries


def service(folder: Path) -> HarnessRuns:
    settings = Settings(folder / "settings")
    place = RunDatabase(settings)
    return HarnessRuns(Profile(folder / "profile"), place=place, queue=RunQueue(settings, place))


def with_tab(qapp: QApplication, folder: Path, use: Callable[[SprintsPanel], Coroutine[Any, Any, None]]) -> None:
    async def main() -> int:
        tab = SprintsPanel(service(folder))
        tab.resize(420, 900)
        tab.show()
        try:
            await use(tab)
        finally:
            await tab.aclose()
            tab.deleteLater()
        return 0

    assert run(qapp, main) == 0


def new_run(tab: SprintsPanel, entries: list[AgentEntry], folder: Path) -> NewHarnessDialog:
    dialog = NewHarnessDialog(entries, folder / "work", tab.start, tab, tab)
    dialog.open()
    dialog.roles.agents["evaluator"].setCurrentIndex(2)
    dialog.max_sprints.setValue(1)
    return dialog


async def worker(folder: Path, url: str, queue: str) -> asyncio.subprocess.Process:
    """`loom worker` with the profile of the tab."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CLI, "worker", "--queue", queue, "--database-url", url, "--lease", "3"),
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LOOM_HOME": str(folder / "profile")},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()  # it is ready
    return process


def rows(tab: SprintsPanel) -> list[str]:
    return [tab.runs.item(row).text() for row in range(tab.runs.count())]


@pytest.fixture(params=["file", "server"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return f"sqlite:///{tmp_path}/queue.db"
    return request.getfixturevalue("postgres")()


def test_a_run_waits_in_the_queue_until_a_worker_does_it_and_its_call_is_answered_here(
    qapp: QApplication, tmp_path: Path, url: str
) -> None:
    entries = agents(tmp_path)

    async def use(tab: SprintsPanel) -> None:
        dialog = new_run(tab, entries, tmp_path)
        place = dialog.place
        assert place is not None
        assert not place.is_queue
        assert not place.address.isVisible()
        place.where.setCurrentIndex(1)
        assert place.address.isVisible()
        dialog.mode.setCurrentIndex(dialog.mode.findData("ask"))
        assert dialog.asks.isChecked()  # nobody sits at a worker
        dialog.brief.setPlainText("Write it")
        place.address.setText("postgresql://nobody@127.0.0.1:9/none")
        place.test.click()
        await until(lambda: "can't be reached" in place.status.text())
        dialog.start.click()
        await until(lambda: "can't be reached" in dialog.status.text() and dialog.start.isEnabled())
        assert dialog.isVisible()  # what was written is not lost
        place.address.setText(url)
        place.test.click()
        await until(lambda: "no worker, 0 runs wait" in place.status.text())
        place.name.setText("odd name")
        dialog.start.click()
        await until(lambda: "'odd name' is no name for a queue" in dialog.status.text())
        place.name.setText("tests")
        dialog.start.click()
        await until(lambda: rows(tab) == ["queued, 0 of 1 sprints · Write it"])
        await until(lambda: "loom worker --queue tests --database-url" in tab.status.text())
        assert "1 queued" in tab.summary.text()
        assert tab.buttons.resume.text() == "Work on it here"
        await until(lambda: "Waits for a worker in" in tab.doing.text())
        process = await worker(tmp_path, url, "tests")
        try:
            await until(lambda: tab.waiting.isVisible() and tab.waiting.request is not None)
            assert rows(tab) == ["running, 0 of 1 sprints · Write it"]
            await until(lambda: "Nobody works there" not in tab.status.text())
            assert not await asyncio.to_thread((tmp_path / "work" / "it.txt").exists)
            tab._on_words("remark", "In one line")
            await until(tab.waiting.allow.isEnabled)
            tab.waiting.allow.click()
            await until(lambda: rows(tab) == ["max sprints, 1 of 1 sprints · Write it"])
        finally:
            process.terminate()
            await process.wait()
        assert await asyncio.to_thread((tmp_path / "work" / "it.txt").read_text) == "one"
        again = new_run(tab, entries, tmp_path)  # what was chosen is remembered
        assert again.place is not None
        assert again.place.is_queue
        assert (again.place.address.text(), again.place.name.text()) == (url, "tests")
        again.reject()

    with_tab(qapp, tmp_path, use)

    async def later(tab: SprintsPanel) -> None:
        await until(lambda: rows(tab) == ["max sprints, 1 of 1 sprints · Write it"])

    with_tab(qapp, tmp_path, later)


def test_briefs_of_a_file_are_queued_and_a_wrong_line_is_told_in_the_dialog(qapp: QApplication, tmp_path: Path) -> None:
    entries = agents(tmp_path)
    url = f"sqlite:///{tmp_path}/queue.db"
    briefs = tmp_path / "briefs.jsonl"
    briefs.write_text('{"brief": "One", "max_sprints": 2}\n{"brief": 2}\n')

    async def use(tab: SprintsPanel) -> None:
        dialog = new_run(tab, entries, tmp_path)
        place = dialog.place
        assert place is not None
        place.where.setCurrentIndex(1)
        place.address.setText(url)
        assert not dialog.start.isEnabled()
        dialog.file.field.setText(str(briefs))
        assert not dialog.brief.isEnabled()
        dialog.start.click()
        await until(lambda: "Line 2 has no brief" in dialog.status.text())
        lines = [json.dumps({"brief": f"Brief {n}", "id": f"b{n}"}) for n in range(200)]
        await asyncio.to_thread(briefs.write_text, "\n".join(lines))
        dialog.start.click()
        await until(lambda: tab.runs.count() == 200)
        assert "200 queued" in tab.summary.text()
        more = new_run(tab, entries, tmp_path)
        more.file.field.setText(str(briefs))
        more.start.click()
        await until(lambda: "There are harness runs of these ids already" in more.status.text())
        more.reject()

    with_tab(qapp, tmp_path, use)


def test_briefs_of_a_file_are_worked_on_here_where_that_is_chosen(qapp: QApplication, tmp_path: Path) -> None:
    entries = agents(tmp_path)
    briefs = tmp_path / "briefs.jsonl"
    briefs.write_text("\n".join(json.dumps({"brief": f"Brief {n}", "agent": "agents/2.toml"}) for n in range(3)))

    async def use(tab: SprintsPanel) -> None:
        dialog = new_run(tab, entries, tmp_path)
        dialog.file.field.setText(str(briefs))
        dialog.start.click()
        await until(lambda: sorted(rows(tab)) == [f"max sprints, 1 of 1 sprints · Brief {n}" for n in range(3)])

    with_tab(qapp, tmp_path, use)


def test_a_queue_that_is_gone_is_told_and_leaves_the_runs_of_this_computer(qapp: QApplication, tmp_path: Path) -> None:
    entries = agents(tmp_path)

    async def use(tab: SprintsPanel) -> None:
        dialog = new_run(tab, entries, tmp_path)
        dialog.brief.setPlainText("Here")
        dialog.start.click()
        await until(lambda: rows(tab) == ["max sprints, 1 of 1 sprints · Here"])

    with_tab(qapp, tmp_path, use)
    settings = Settings(tmp_path / "settings")
    settings.keep("harness_queue_database", "postgresql://ada@127.0.0.1:9/none")
    settings.save()

    async def later(tab: SprintsPanel) -> None:
        await until(lambda: rows(tab) == ["max sprints, 1 of 1 sprints · Here"])
        await until(lambda: "can't be reached" in tab.status.text())
        looks = [tab._service.runs() for _ in range(3)]  # as the list, the sidebar and the approvals do
        assert [len(found) for found in await asyncio.gather(*looks)] == [1, 1, 1]

    with_tab(qapp, tmp_path, later)


async def test_several_look_into_the_queue_at_once(tmp_path: Path) -> None:
    runs = service(tmp_path)
    assert runs.queue is not None
    wanted = Wanted(f"sqlite:///{tmp_path}/queue.db", "", "tests")
    runs.judge = lambda: "scripted:judge"
    await runs.put_into_queue(wanted, [Brief(1, "a", "Write it", {**DETAILS, "max_sprints": 1})])
    assert [len(found) for found in await asyncio.gather(*(runs.runs() for _ in range(5)))] == [1] * 5
    [kept] = await runs.runs()
    assert kept.details["judge_model"] == "scripted:judge"  # the person's choice in the settings
    own: Any = await runs._engine()
    await own.enqueue("b", {"brief": "Mine", "max_sprints": 1})
    with pytest.raises(StoreError, match="There are runs of these ids already: b"):
        await runs.put_into_queue(wanted, [Brief(1, "b", "Another's", dict(DETAILS))])
    await runs.aclose()


def test_the_password_of_the_queue_is_in_the_keyring_alone(
    qapp: QApplication, drawer: Drawer, tmp_path: Path, postgres: Callable[[], str]
) -> None:
    entries = agents(tmp_path)
    url = postgres()

    async def use(tab: SprintsPanel) -> None:
        dialog = new_run(tab, entries, tmp_path)
        assert dialog.place is not None
        dialog.place.where.setCurrentIndex(1)
        dialog.place.address.setText(url)
        dialog.place.password.setText("m@on")
        dialog.brief.setPlainText("Write it")
        dialog.start.click()
        await until(lambda: tab.runs.count() == 1 and drawer.held)
        assert drawer.held == {("loom-studio", "LOOM_QUEUE_PASSWORD"): "m@on"}

    with_tab(qapp, tmp_path, use)
    kept = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if b"m@on" in file.read_bytes() or b"m%40on" in file.read_bytes()]


def test_a_run_whose_worker_was_killed_and_one_that_nobody_took_are_worked_on_here(
    qapp: QApplication, tmp_path: Path
) -> None:
    entries = agents(tmp_path)
    url = f"sqlite:///{tmp_path}/queue.db"

    async def use(tab: SprintsPanel) -> None:
        for brief in ("Killed", "Left"):
            dialog = new_run(tab, entries, tmp_path)
            assert dialog.place is not None
            dialog.place.where.setCurrentIndex(1)
            dialog.place.address.setText(url)
            dialog.mode.setCurrentIndex(dialog.mode.findData("ask" if brief == "Killed" else "accept-edits"))
            dialog.brief.setPlainText(brief)
            dialog.start.click()
            await until(lambda brief=brief: any(brief in row for row in rows(tab)))
            if brief == "Left":
                break
            process = await worker(tmp_path, url, "harness")
            await until(tab.waiting.isVisible)
            process.kill()
            await process.wait()
            await until(lambda: rows(tab) == ["interrupted, 0 of 1 sprints · Killed"])
        for row in range(2):
            tab.runs.setCurrentRow(row)
            await until(tab.buttons.resume.isVisible)
            tab.buttons.resume.click()
            run = tab.runs.chosen
            assert run is not None
            if run.title == "Killed":  # what it asked before the kill is asked here, once
                await until(tab.waiting.allow.isEnabled)
                tab.waiting.allow.click()
            await until(lambda title=run.title: f"max sprints, 1 of 1 sprints · {title}" in rows(tab))

    with_tab(qapp, tmp_path, use)
    assert (tmp_path / "work" / "it.txt").exists()
