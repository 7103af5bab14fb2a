"""The Trace tab over a real store: exact bytes, replay, forks, what another program writes, and ten thousand steps."""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from loom import SessionConfig, create_agent, tool
from loom.config import AgentConfig, DelegationConfig, MemoryBackend, MemoryConfig, ModelRef
from loom.interchange.trace import har_of, trace_of
from loom.memory.sqlite_store import SQLiteStore
from loom.threads import in_thread
from loom_studio.loop import run
from loom_studio.panels.trace.panel import TracePanel
from loom_studio.services.conversations import Conversation
from loom_studio.services.sessions import SessionsService
from tests.support import wire_openai as wire
from tests.support.many_steps import fill_steps
from tests.support.waiting import until
from tests.support.wire_server import WireServer

CONFIG = AgentConfig(ModelRef.scripted(["ok"]), name="Test")


@tool(read_only=True)
def look(thing: str) -> str:
    """Look."""
    return f"{thing} stands, its key is password=hunter2hunter2"


def with_tab(
    qapp: QApplication,
    folder: Path,
    use: Callable[[TracePanel, SessionsService], Coroutine[Any, Any, None]],
) -> None:
    async def main() -> int:
        sessions = SessionsService(folder / "loom.db")
        tab = TracePanel(sessions)
        tab.resize(560, 860)
        tab.show()
        try:
            await use(tab, sessions)
        finally:
            await tab.aclose()
            await sessions.aclose()
            tab.deleteLater()
        return 0

    assert run(qapp, main) == 0


async def show(tab: TracePanel, sessions: SessionsService, session_id: str) -> Conversation:
    await sessions.refresh()
    conversation = Conversation(CONFIG, Path(), sessions=sessions, stored=sessions.summaries[session_id])
    tab.show_conversation(conversation)
    return conversation


async def converse(url: str, path: Path, *prompts: str) -> None:
    """Run an agent on a model behind a wire, as the command line does: in the same store, in its own session."""
    ref = ModelRef.openai("m", api_base=url, api_key_env="", extensions={"api": "chat"})
    memory = MemoryConfig(backend=MemoryBackend.sqlite(path))
    agent = create_agent(AgentConfig(ref, name="Mason", instructions="Lay bricks.", tools=[look], memory=memory))
    for prompt in prompts:
        await agent.session(SessionConfig(id="s")).run(prompt)
    await agent.aclose()


def test_a_step_shows_the_bytes_that_the_server_received_and_what_it_answered(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(tab: TracePanel, sessions: SessionsService) -> None:
        async with WireServer(wire.tool_call("look", thing="wall"), wire.text("It stands.")) as server:
            await converse(server.url, tmp_path / "loom.db", "How is the wall?")
            sent = [request.body for request in server.requests]
        conversation = await show(tab, sessions, "s")
        await until(lambda: tab.place.maximum() == 1)
        assert [row.kind for row in tab.table.trace.rows] == ["run", "step", "tool", "step"]
        tab.form.setCurrentText("Exact bytes")
        tab.form.activated.emit(1)
        for place, body in enumerate(sent):
            tab.steps.selectRow(tab.table.trace.steps[place])
            await until(lambda body=body: tab.request.text == body.decode())
        assert "── text ──\nIt stands." in tab.response.text
        assert '"input_tokens": 10' in tab.response.text
        assert "How is the wall?" in tab.state.text
        assert tab.state.text.rstrip().endswith("It stands.")
        tab.steps.selectRow(tab.table.trace.steps[0])
        await until(lambda: "→ look" in tab.response.text or "look {" in tab.response.text)
        assert "It stands." not in tab.state.text, "the state is that of the step"
        await conversation.aclose()

    with_tab(qapp, tmp_path, use)


async def give_work_away(url: str, folder: Path) -> None:
    """Run an agent that gives a part of its work to a copy of itself, then have the session's title written."""
    ref = ModelRef.openai("m", api_base=url, api_key_env="", extensions={"api": "chat"})
    memory = MemoryConfig(backend=MemoryBackend.sqlite(folder / "loom.db"))
    config = AgentConfig(ref, name="Mason", tools=[look], memory=memory, delegation=DelegationConfig())
    agent = create_agent(config)
    session = agent.session(SessionConfig(id="s"))
    await session.run("Look at the wall")
    await session.write_title()
    await agent.aclose()


def test_what_sub_agents_did_and_what_was_asked_beside_the_steps_have_rows_and_requests_of_their_own(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(tab: TracePanel, sessions: SessionsService) -> None:
        turns = [wire.tool_call("delegate", goal="Measure it"), wire.tool_call("look", thing="wall")]
        turns += [wire.text(each) for each in ("It leans by 3 m.", "Done: 3 m.", "A leaning wall")]
        async with WireServer(*turns) as server:
            await give_work_away(server.url, tmp_path)
            sent = [request.body.decode() for request in server.requests]
        conversation = await show(tab, sessions, "s")
        await until(lambda: tab.place.maximum() == 4)
        rows = tab.table.trace.rows
        assert [(row.kind, row.depth) for row in rows] == [
            *(("run", 0), ("step", 1), ("agent", 2), ("below", 3), ("step", 4), ("tool", 5), ("step", 4)),
            *(("step", 1), ("beside", 2)),
        ]
        assert rows[3].title == "Mason: Measure it"
        assert all(row.end is not None and not row.state for row in rows)
        assert rows[3].tokens_in == 20, "what its two requests used"
        assert tab.summary.text().startswith("2 steps")
        tab.form.setCurrentText("Exact bytes")
        tab.form.activated.emit(1)
        for place, body in zip((1, 4, 6, 7, 8), sent, strict=True):
            tab.steps.selectRow(place)
            await until(lambda body=body: tab.request.text == body)
            assert tab.fork.isEnabled() == (place in (1, 7)), "only what the session itself did can be gone on from"
        assert "A leaning wall" in tab.response.text
        tab.steps.selectRow(6)
        await until(lambda: "It leans by 3 m." in tab.response.text)
        assert "Measure it" in tab.state.text
        tab.steps.selectRow(3)
        await until(lambda: tab.request.text == sent[1])
        await conversation.aclose()

    with_tab(qapp, tmp_path, use)


def test_replay_walks_through_the_steps_and_a_fork_begins_after_the_one_in_view(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(tab: TracePanel, sessions: SessionsService) -> None:
        await in_thread(fill_store, tmp_path, 6)
        conversation = await show(tab, sessions, "s")
        await until(lambda: tab.place.maximum() == 5)
        tab.forth.click()
        seen: list[str] = []
        for number in range(1, 6):
            await until(lambda number=number: f'lay {{"brick": {number}}}' in tab.state.text)
            seen.append(tab.at.text())
            tab.forth.click() if number < 5 else tab.back.click()
        assert seen == ["2 of 6", "3 of 6", "4 of 6", "5 of 6", "6 of 6"]
        assert tab.at.text() == "5 of 6"
        forked: list[tuple[str, int]] = []
        tab.fork_wanted.connect(lambda session, at: forked.append((session, at)))
        tab.fork.click()
        ((session, at),) = forked
        store = await sessions.store()
        copy = await in_thread(store.fork, session, at, "copy")
        kept = await in_thread(store.records, "copy", kind="step.completed")
        assert len(kept) == 5
        assert copy.parent_id == "s"
        await conversation.aclose()

    with_tab(qapp, tmp_path, use)


def fill_store(folder: Path, steps: int) -> None:
    store = SQLiteStore(folder / "loom.db", fsync=False)
    fill_steps(store, "s", steps)
    store.close()


def test_what_another_program_runs_appears_while_it_runs(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: TracePanel, sessions: SessionsService) -> None:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.other_process", str(tmp_path / "loom.db"), "s", "Lay a wall"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        assert child.stdin is not None
        await child.stdout.readline()
        await child.stdout.readline()
        await sessions.open()
        conversation = await show(tab, sessions, "s")
        sessions.changed.connect(lambda: tab.show_conversation(conversation))
        await until(lambda: len(tab.table.trace.steps) == 1)
        child.stdin.write(b"And another\n")
        await until(lambda: len(tab.table.trace.steps) == 2)
        assert [row.title for row in tab.table.trace.rows if row.kind == "run"] == ["Lay a wall", "And another"]
        child.stdin.write(b"\n")
        await child.wait()
        await conversation.aclose()

    with_tab(qapp, tmp_path, use)


def test_ten_thousand_steps_open_without_holding_up_the_window(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: TracePanel, sessions: SessionsService) -> None:
        await in_thread(fill_store, tmp_path, 10_000)
        shown: list[float] = []
        grown = tab.table.grown

        def timed(first: int) -> None:
            began = time.thread_time()
            grown(first)
            shown.append(time.thread_time() - began)

        tab.table.grown = timed
        conversation = await show(tab, sessions, "s")
        await until(lambda: len(tab.table.trace.steps) > 0)
        assert len(tab.table.trace.steps) < 2_000, "the first steps are shown before the last are read"
        await until(lambda: tab.table.rowCount() == 20_200)
        assert len(tab.table.trace.steps) == 10_000
        assert max(shown) < 0.05
        tab._go(9_999)
        began = time.thread_time()
        tab.steps.viewport().grab()
        assert time.thread_time() - began < 0.25, "only what is in view is painted"
        await conversation.aclose()

    with_tab(qapp, tmp_path, use)


def test_an_exported_trace_has_every_request_and_no_secret(qapp: QApplication, tmp_path: Path) -> None:
    async def use(tab: TracePanel, sessions: SessionsService) -> None:
        async with WireServer(wire.tool_call("look", thing="wall"), wire.text("Done.")) as server:
            await converse(server.url, tmp_path / "loom.db", "My key is sk-ant-api03-" + "a1B2" * 20)
            sent = [request.json for request in server.requests]
        store = await sessions.store()
        trace = await in_thread(trace_of, store, "s")
        har = await in_thread(har_of, store, "s")
        told = json.dumps([trace, har])
        assert "a1B2a1B2" not in told
        first, second = trace["exchanges"]
        assert [each["role"] for each in second["request"]["messages"]] == [
            each["role"] for each in sent[1]["messages"]
        ]
        assert (first["messages_kept"], second["messages_kept"]) == (0, 1)
        assert second["answer"]["content"] == "Done."
        assert second["usage"]["input_tokens"] == 10
        assert len(har["log"]["entries"]) == 2
        assert json.loads(har["log"]["entries"][0]["request"]["postData"]["text"])["model"] == "m"
        await tab.service.export("s", tmp_path / "trace.json")
        assert "exchanges" in (await in_thread((tmp_path / "trace.json").read_text))

    with_tab(qapp, tmp_path, use)
