"""Several windows of one process: over the same services, each with what it shows, and closed each by itself."""

import asyncio
from pathlib import Path

from PySide6.QtWidgets import QApplication

from loom.config import AgentConfig, ModelRef, ToolSpec
from loom.types.approvals import Decision
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.services.conversations import Outgoing
from loom_studio.services.settings import Settings
from loom_studio.window import MainWindow
from loom_studio.windows import Windows
from tests.support.waiting import until
from tests.support.windows import with_windows


async def second(windows: Windows, session_id: str = "") -> MainWindow:
    first = windows.front
    first.window_wanted.emit(session_id)
    await until(lambda: len(windows.windows) == 2)
    window = windows.windows[1]
    await until(lambda: window.isVisible() and (not session_id or window.panel.conversation.id == session_id))
    return window


def talker(*turns: object, **more: object) -> AgentConfig:
    return AgentConfig(ModelRef.scripted(list(turns)), name="Talker", **more)  # type: ignore[arg-type]


def said(panel: ChatPanel) -> list[str]:
    return [row.text for row in panel.model.rows if row.kind in ("user", "assistant")]


def test_a_second_window_is_of_the_same_services_and_closing_it_leaves_the_first(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(windows: Windows) -> None:
        first = windows.front
        closed: list[bool] = []
        windows.closed.connect(lambda: closed.append(True))
        other = await second(windows)
        assert other.services is first.services
        assert [entry.name for entry in other.entries] == [entry.name for entry in first.entries]
        assert other.sidebar.agents.count() == first.sidebar.agents.count()
        assert len(other.desk.items()) == len(first.desk.items()) == 1  # what nobody wrote in is only shown where it is
        other.close()
        await until(lambda: windows.windows == [first])
        assert not closed
        assert first.isVisible()
        windows.services.shortcuts.use("find", "Ctrl+Alt+F")  # nothing of the closed window is told any more
        first.close()
        assert closed == [True]

    with_windows(qapp, tmp_path, use)


def test_one_session_is_shown_in_two_windows_and_each_can_write(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        first = windows.front
        panel = first.desk.new(talker({"text": "One."}, {"text": "Two."}, {"text": "Three."}), first.workspace)
        panel.submit(Outgoing("a"))
        await until(lambda: panel.conversation.state == "done")
        other = await second(windows, panel.conversation.id)
        assert other.panel.conversation is panel.conversation
        await until(lambda: said(other.panel) == ["a", "One."])
        other.panel.submit(Outgoing("b"))
        await until(lambda: said(panel) == ["a", "One.", "b", "Two."] == said(other.panel))
        panel.submit(Outgoing("c"))
        await until(lambda: said(panel)[-1] == "Three." == said(other.panel)[-1])
        assert said(panel) == said(other.panel)
        row = next(row for row in panel.model.rows if row.text == "c")
        await panel.rewind(row.n)
        await until(lambda: said(other.panel) == ["a", "One.", "b", "Two."] == said(panel))

    with_windows(qapp, tmp_path, use)


def test_a_run_is_followed_from_the_middle_and_a_call_is_answered_in_either_window(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(windows: Windows) -> None:
        def note(text: str) -> str:
            """Note something."""
            return f"noted {text}"

        turns = {"text": "First.", "tool": "note", "arguments": {"text": "x"}}, {"text": "Last."}
        first = windows.front
        panel = first.desk.new(talker(*turns, tools=[ToolSpec.from_function(note)]), first.workspace)
        panel.submit(Outgoing("go"))
        await until(lambda: panel.conversation.pending)
        other = await second(windows, panel.conversation.id)
        await until(lambda: said(other.panel) == ["go", "First."])
        assert other.panel.card.isVisible()
        request = panel.conversation.pending[0].payload["request_id"]
        other.panel._decide(request, Decision.allow_once())
        await until(lambda: said(panel) == ["go", "First.", "Last."] == said(other.panel))
        assert not panel.card.isVisible()
        tools = [[row.state for row in each.model.rows if row.kind == "tool"] for each in (panel, other.panel)]
        assert tools[0] == tools[1]
        assert len(tools[0]) == 1

    with_windows(qapp, tmp_path, use)


def waiting_tool(goes_on: asyncio.Event) -> ToolSpec:
    async def wait() -> str:
        """Wait until it is told to go on."""
        await goes_on.wait()
        return "waited"

    return ToolSpec.from_function(wait, read_only=True)


def test_what_runs_in_a_window_that_is_closed_goes_on_in_the_other(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        goes_on = asyncio.Event()
        turns = {"text": "First.", "tool": "wait", "arguments": {}}, {"text": "Last."}, {"text": "And more."}
        first = windows.front
        other = await second(windows)
        panel = other.desk.new(talker(*turns, tools=[waiting_tool(goes_on)]), other.workspace)
        conversation = panel.conversation
        panel.submit(Outgoing("go"))
        await until(lambda: said(panel) == ["go", "First."])
        panel.submit(Outgoing("and then"))  # waits
        other.close()
        await until(lambda: windows.windows == [first])
        assert conversation in first.desk.conversations
        assert first.panel.conversation is not conversation  # what was in view there stays
        goes_on.set()
        adopted = next(each for each in first.panels if each.conversation is conversation)
        await until(lambda: said(adopted) == ["go", "First.", "Last.", "and then", "And more."])
        await until(lambda: conversation.state == "done")

    with_windows(qapp, tmp_path, use)


def test_the_window_that_began_a_run_closes_and_the_one_that_followed_goes_on(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(windows: Windows) -> None:
        goes_on = asyncio.Event()
        turns = {"text": "First.", "tool": "wait", "arguments": {}}, {"text": "Last."}
        first = windows.front
        panel = first.desk.new(talker(*turns, tools=[waiting_tool(goes_on)]), first.workspace)
        panel.submit(Outgoing("go"))
        await until(lambda: said(panel) == ["go", "First."])
        other = await second(windows, panel.conversation.id)
        await until(lambda: said(other.panel) == ["go", "First."])
        first.close()
        await until(lambda: windows.windows == [other])
        goes_on.set()
        await until(lambda: other.panel.conversation.state == "done")
        assert said(other.panel) == ["go", "First.", "Last."]

    with_windows(qapp, tmp_path, use)


def test_a_session_that_is_deleted_goes_from_every_window(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        first = windows.front
        panel = first.desk.new(talker({"text": "One."}), first.workspace)
        panel.submit(Outgoing("a"))
        await until(lambda: panel.conversation.state == "done")
        session_id = panel.conversation.id
        other = await second(windows, session_id)
        await first.desk.delete(session_id)
        shown = [each.conversation.id for window in (first, other) for each in window.panels]
        assert session_id not in shown
        assert session_id not in windows.services.sessions.summaries

    with_windows(qapp, tmp_path, use)


def test_the_question_for_a_model_that_is_open_at_the_end_is_asked_again(qapp: QApplication, tmp_path: Path) -> None:
    kept: list[Settings] = []

    async def use(windows: Windows) -> None:
        windows.front.dialogs.open_welcome()
        kept.append(windows.front.settings)

    with_windows(qapp, tmp_path, use)  # deletes the window, and the question with it
    assert not kept[0].flag("welcomed")
