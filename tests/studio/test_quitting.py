"""Closing while runs are at work asks: go on in the background, stop after the step, or stay."""

import asyncio
from pathlib import Path

from PySide6.QtWidgets import QApplication, QMessageBox

from loom.config import AgentConfig, ModelRef, ToolSpec
from loom_studio.app import Application
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.services.conversations import Outgoing
from loom_studio.windows import Windows
from tests.support.waiting import until
from tests.support.windows import with_windows


class Work:
    """A tool that ends when it is told to, in a run of two steps."""

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()
        self.began = 0

    def config(self) -> AgentConfig:
        async def wait() -> str:
            """Wait until it is told to go on."""
            self.began += 1
            await self.goes_on.wait()
            return "waited"

        call = {"tool": "wait", "arguments": {}}
        turns = [
            {"text": "First.", **call},
            {"text": "Second.", **call},
            {"text": "All done."},
            {"text": "Again done."},
        ]
        return AgentConfig(
            ModelRef.scripted(turns), name="Worker", tools=[ToolSpec.from_function(wait, read_only=True)]
        )


async def working(windows: Windows) -> tuple[ChatPanel, Work, list[bool]]:
    """A session in which a tool runs, and whether the last window was closed."""
    work, closed = Work(), list[bool]()
    windows.closed.connect(lambda: closed.append(True))
    panel = windows.front.desk.new(work.config(), windows.front.workspace)
    panel.submit(Outgoing("Work"))
    await until(lambda: work.began == 1)
    return panel, work, closed


def box_of(windows: Windows) -> QMessageBox:
    return windows.front.findChildren(QMessageBox)[-1]


def press(windows: Windows, words: str) -> None:
    next(button for button in box_of(windows).buttons() if button.accessibleName() == words).click()


def test_cancel_leaves_everything_as_it_is(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        panel, work, closed = await working(windows)
        windows.front.close()
        assert box_of(windows).text() == "A run is still at work."
        press(windows, "Cancel")
        assert windows.front.isVisible()
        work.goes_on.set()
        await until(lambda: panel.conversation.state == "done")
        assert not closed
        windows.front.close()
        await until(lambda: closed)

    with_windows(qapp, tmp_path, use)


def test_in_the_background_the_run_goes_on_and_the_studio_ends_with_it(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        panel, work, closed = await working(windows)
        window = windows.front
        panel.submit(Outgoing("And again"))  # waits behind the run
        window.close()
        press(windows, "Keep in background")
        assert window.isMinimized() or not window.isVisible()
        assert not closed
        work.goes_on.set()
        await until(lambda: closed)
        assert panel.conversation.state == "done"
        assert sum(row.kind == "user" for row in panel.model.rows) == 2

    with_windows(qapp, tmp_path, use)


def test_closed_while_it_is_hidden_it_comes_back_with_its_sidebar(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        window.hide()  # as into a tray
        window.close()
        assert window.settings.flag("sidebar")

    with_windows(qapp, tmp_path, use)


def test_a_window_that_was_taken_back_stays(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        panel, work, closed = await working(windows)
        window = windows.front
        window.close()
        press(windows, "Keep in background")
        window.showNormal()
        work.goes_on.set()
        await until(lambda: panel.conversation.state == "done")
        assert not closed
        assert window.isVisible()

    with_windows(qapp, tmp_path, use)


def test_stop_after_the_step_lets_the_tool_end_and_begins_no_other(qapp: QApplication, tmp_path: Path) -> None:
    works: list[Work] = []

    async def use(windows: Windows) -> None:
        panel, work, closed = await working(windows)
        works.append(work)
        windows.front.close()
        press(windows, "Stop after this step")
        assert box_of(windows).text() == "Closing after this step …"
        assert not closed
        work.goes_on.set()
        await until(lambda: closed)
        done = [event.type for event in panel.conversation.run.feed.events] if panel.conversation.run else []
        assert done.count("tool.completed") == 1

    with_windows(qapp, tmp_path, use)

    async def again(windows: Windows) -> None:
        await windows.front.open_stored("")
        [session] = windows.services.sessions.summaries.values()
        assert session.state == "interrupted"

    with_windows(qapp, tmp_path, again)


def test_stopping_can_be_taken_back_and_can_be_at_once(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        _, _, closed = await working(windows)
        windows.front.close()
        press(windows, "Stop after this step")
        press(windows, "Do not close")
        assert not closed
        windows.front.close()
        press(windows, "Stop after this step")
        press(windows, "Stop now")
        await until(lambda: closed)

    with_windows(qapp, tmp_path, use)


def test_nothing_is_asked_while_nothing_runs(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        closed: list[bool] = []
        windows.closed.connect(lambda: closed.append(True))
        windows.quit()
        assert closed == [True]
        assert not windows.front.findChildren(QMessageBox)

    with_windows(qapp, tmp_path, use)


def test_the_system_may_ask_the_program_to_quit(qapp: QApplication, tmp_path: Path) -> None:
    """As Cmd+Q does on macOS. Qt's own answer is to end the loop, with all that was about to be done."""

    async def use(windows: Windows) -> None:
        assert isinstance(qapp, Application)
        qapp.quit_asked.connect(windows.quit)
        panel, work, closed = await working(windows)
        qapp.quit()
        press(windows, "Cancel")
        assert not closed
        work.goes_on.set()
        await until(lambda: panel.conversation.state == "done")
        qapp.quit()
        await until(lambda: closed)

    with_windows(qapp, tmp_path, use)


def test_a_run_that_was_to_stop_after_its_step_goes_on_when_nothing_is_closed(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(windows: Windows) -> None:
        panel, work, closed = await working(windows)
        windows.front.close()
        press(windows, "Stop after this step")
        press(windows, "Do not close")
        work.goes_on.set()
        await until(lambda: panel.conversation.state == "done")
        assert work.began == 2
        assert not closed

    with_windows(qapp, tmp_path, use)
