"""Calls of harness runs that another process works on: in the sidebar, in the Approvals tab, answered on one card."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QListWidget

from loom_studio.panels.chat.source_view import SourceView
from loom_studio.panels.sprints import waiting_call
from loom_studio.window import MainWindow
from loom_studio.windows import Windows
from tests.support.harness_agents import agents_in, harness_process
from tests.support.waiting import until
from tests.support.windows import with_windows


@pytest.fixture(params=["profile", "database"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the runs are kept: nowhere but in the profile, or in a database that processes share."""
    agents_in(tmp_path)
    shared = "" if request.param == "profile" else f"sqlite:///{tmp_path}/work.db"
    monkeypatch.setenv("LOOM_DATABASE_URL", shared)
    return shared


async def harness(folder: Path, url: str, *options: str) -> asyncio.subprocess.Process:
    """`loom harness run` with the profile of the window, as a process of its own."""
    return await harness_process(folder, folder / "data" / "profile", url, *options)


def with_window(qapp: QApplication, folder: Path, use: Callable[[MainWindow], Coroutine[Any, Any, None]]) -> None:
    async def look(windows: Windows) -> None:
        windows.front.resize(1440, 900)
        await use(windows.front)

    with_windows(qapp, folder, look)


def is_still(window: MainWindow) -> Callable[[], bool]:
    """What says whether nothing was looked for in the last 0.6 s."""
    moved_at = time.monotonic()

    def ask() -> bool:
        nonlocal moved_at
        if window.waits._soon.isActive() or window.waits._is_looking:
            moved_at = time.monotonic()
        return time.monotonic() - moved_at > 0.6

    return ask


def texts(view: QListWidget) -> list[str]:
    return [view.item(row).text() for row in range(view.count())]


def test_a_call_of_another_process_is_found_answered_for_the_run_and_denied(
    qapp: QApplication, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_call, "ARMED_AFTER_MS", 3000)  # a busy machine takes its time to get there

    async def use(window: MainWindow) -> None:
        worker = await harness(tmp_path, url, "--asks", "wait")
        needs, inspector = window.sidebar.needs_you, window.inspector
        assert inspector.approvals is not None
        assert inspector.sprints is not None
        pending, card = inspector.approvals.pending, inspector.sprints.waiting
        await until(lambda: "◆  Write it · write_file waits" in texts(needs))
        await until(lambda: any("Harness run: Write it" in text for text in texts(pending)))
        assert inspector.approvals.deny_all.isEnabled()
        # The sidebar leads to the one card on which it is answered.
        needs.setCurrentRow(0)
        await until(lambda: inspector.currentWidget() is inspector.sprints and card.isVisible())
        assert card.request is not None
        assert not card.allow.isEnabled()
        await until(card.for_run.isEnabled)
        assert "write_file(it.txt)" in card.lasts.text()
        card.for_run.click()
        # The second call is like it; the third is not, and waits.
        await until(lambda: card.request is not None and card.request.arguments["path"] == "other.txt")
        assert await asyncio.to_thread((tmp_path / "work" / "it.txt").read_text) == "two"
        inspector.setCurrentWidget(inspector.approvals)
        grants = inspector.approvals.grants
        await until(lambda: any("write_file(it.txt)  ·  for the harness run" in text for text in texts(grants)))
        grants.setCurrentRow(0)
        await until(inspector.approvals.revoke.isEnabled)
        inspector.approvals.revoke.click()
        await until(lambda: not texts(grants))
        await until(lambda: len(texts(pending)) == 1)
        inspector.approvals.deny_all.click()
        await until(lambda: not texts(pending) and not texts(needs))
        assert await asyncio.wait_for(worker.wait(), 150) == 1
        assert not await asyncio.to_thread((tmp_path / "work" / "other.txt").exists)
        await until(lambda: not window.waits.calls)
        if not url:
            await until(is_still(window))  # what is still costs nothing

    with_window(qapp, tmp_path, use)


def test_a_call_of_another_process_runs_as_it_was_edited_and_its_like_is_allowed_from_now_on(
    qapp: QApplication, tmp_path: Path, url: str
) -> None:
    async def use(window: MainWindow) -> None:
        worker = await harness(tmp_path, url, "--asks", "wait")
        inspector = window.inspector
        assert inspector.approvals is not None
        assert inspector.sprints is not None
        card = inspector.sprints.waiting
        await until(lambda: "◆  Write it · write_file waits" in texts(window.sidebar.needs_you))
        window.sidebar.needs_you.setCurrentRow(0)
        await until(card.allow.isEnabled)
        card.edit.click()
        form = card.edit_form
        await until(form.run.isEnabled)
        form.text.setPlainText('{"path": "it.txt"}')
        assert not form.run.isEnabled()  # until it was looked at
        await until(lambda: "content" in form.fault.text())
        form.text.setPlainText('{"path": "it.txt", "path": "b.txt", "content": ""}')
        await until(lambda: "stands twice" in form.fault.text())
        assert not form.run.isEnabled()
        form.text.setPlainText('{"path": "it.txt", "content": "ein s\u00fc\u00dfes"}')
        await until(form.run.isEnabled)
        form.run.click()
        await until(lambda: inspector.sprints and "as you edited them" in inspector.sprints.status.text())
        await until(lambda: card.request is not None and card.request.arguments["content"] == "two")
        assert await asyncio.to_thread((tmp_path / "work" / "it.txt").read_text, "utf-8") == "ein süßes"
        assert not card.edit_form.isVisible()
        await until(card.always.isEnabled)
        card.always.click()
        rule = card.rule_form
        await until(rule.store.isEnabled)
        assert rule.rule.text() == "write_file(it.txt)"
        rule.rule.setText("write_file(other.txt)")
        await until(lambda: "does not cover" in rule.covers.text())
        assert not rule.store.isEnabled()
        rule.rule.setText("write_file(*.txt)")
        await until(rule.store.isEnabled)
        assert "In this workspace" in rule.covers.text()
        rule.store.click()
        # The third call is covered, and the other process, which read the grants before, knows.
        assert await asyncio.wait_for(worker.wait(), 150) == 1
        assert await asyncio.to_thread((tmp_path / "work" / "other.txt").read_text) == "three"
        inspector.setCurrentWidget(inspector.approvals)
        grants = inspector.approvals.grants
        await until(lambda: any("write_file(*.txt)  ·  until revoked" in text for text in texts(grants)))
        kept = tmp_path / "data" / "profile" / "grants.json"
        assert '"write_file(*.txt)"' in await asyncio.to_thread(kept.read_text)

    with_window(qapp, tmp_path, use)


def test_a_contract_that_waits_is_found_and_f8_goes_to_what_waits(qapp: QApplication, tmp_path: Path, url: str) -> None:
    async def use(window: MainWindow) -> None:
        first = await harness(tmp_path, url, "--approve-contract", "--id", "r1", "--asks", "wait")
        needs, sprints = window.sidebar.needs_you, window.inspector.sprints
        assert sprints is not None
        await until(lambda: texts(needs) == ["◆  Write it · its contract waits"])
        needs.setCurrentRow(0)
        await until(lambda: not sprints.buttons.approve.isHidden())
        sprints.buttons.approve.click()
        await until(lambda: texts(needs) == ["◆  Write it · write_file waits"])
        second = await harness(tmp_path, url, "--id", "r2", "--asks", "wait")
        await until(lambda: len(window.waits.calls) == 2)
        seen: list[str] = []
        for _ in range(2):
            window.actions_of_window.bound.actions["next_waiting"].trigger()
            await until(lambda: sprints.waiting.in_hand is not None and sprints.waiting.in_hand.id not in seen)
            assert sprints.waiting.in_hand is not None
            seen.append(sprints.waiting.in_hand.id)
        assert sorted(seen) == sorted(call.request.id for call in window.waits.calls)
        for each in (first, second):
            each.kill()
            await each.wait()

    with_window(qapp, tmp_path, use)


def test_a_place_that_an_evaluator_names_is_shown_and_none_outside_of_the_workspace(
    qapp: QApplication, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    (work / "src").mkdir(parents=True)
    (work / "src" / "app.py").write_text("first = 1\nsecond = 2\nthird = 3\n")
    (tmp_path / "secret.txt").write_text("not this\n")
    (work / "link.txt").symlink_to(tmp_path / "secret.txt")

    async def use(window: MainWindow) -> None:
        sprints = window.inspector.sprints
        assert sprints is not None
        sprints.place_wanted.emit(str(work), "src/app.py", 2)
        await until(lambda: any(view.text.toPlainText() for view in window.findChildren(SourceView)))
        (view,) = window.findChildren(SourceView)
        (mark,) = view.text.extraSelections()
        assert mark.cursor.selectedText() == "second = 2"
        assert view.windowTitle() == "src/app.py, as it is now"
        view.close()
        for file, said in (
            ("../secret.txt", "outside the workspace"),
            ("link.txt", "outside the workspace"),
            ("gone.py", "There is no file 'gone.py'"),
        ):
            sprints.say("")
            sprints.place_wanted.emit(str(work), file, 1)
            await until(lambda said=said: said in sprints.status.text())
        sprints.place_wanted.emit(str(tmp_path / "elsewhere"), "src/app.py", 1)
        await until(lambda: "is not on this machine" in sprints.status.text())
        assert not [each for each in window.findChildren(SourceView) if each.isVisible()]

    with_window(qapp, tmp_path, use)
