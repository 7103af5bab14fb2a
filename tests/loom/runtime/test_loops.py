"""One agent, several event loops: one after the other, in threads at once, and one that was closed too early."""

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from typing import Any

from loom import SessionConfig
from loom.agent import Agent
from loom.config import AgentConfig, ModelRef
from loom.runtime import Run
from loom.types.runs import RunState

LIMIT_S = 20


def talking(**turn: Any) -> Agent:
    return Agent(AgentConfig(model=ModelRef.scripted([], afterwards={"text": "one two three", **turn})))


def in_threads(*works: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for each in threads:
        each.start()
    for each in threads:
        each.join(LIMIT_S)
        assert not each.is_alive()


def test_a_session_that_threads_share_does_their_runs_in_turn() -> None:
    agent = talking(delay_s=0.02)
    session = agent.session(SessionConfig(id="shared"))
    states: list[RunState] = []

    def work() -> None:
        states.append(asyncio.run(session.run("go")).state)

    in_threads(*[work] * 4)
    assert states == [RunState.COMPLETED] * 4
    assert [message.role for message in session.history] == ["user", "assistant"] * 4
    asyncio.run(agent.aclose())


def begun(agent: Agent, then: Callable[[Run], None]) -> None:
    """Start a run on a loop of this thread, have `then` called with it in another, and wait for both."""

    async def main() -> None:
        run = agent.session().start("go")
        other = asyncio.create_task(asyncio.to_thread(then, run))
        await asyncio.wait_for(run.wait(), LIMIT_S)
        await asyncio.wait_for(other, LIMIT_S)
        await agent.aclose()

    asyncio.run(main())


def test_events_are_read_on_another_loop_as_they_happen() -> None:
    found: list[str] = []

    def then(run: Run) -> None:
        async def read() -> None:
            found.extend([event.type async for event in run.events()])
            assert found == [event.type for event in (await run.wait()).events]

        began = time.monotonic()
        asyncio.run(read())
        assert time.monotonic() - began < LIMIT_S / 2

    begun(talking(pace_s=0.02), then)
    assert found[-1] == "run.completed"


def test_another_thread_stops_a_run_that_hears_nothing() -> None:
    began = time.monotonic()

    def then(run: Run) -> None:
        time.sleep(0.1)
        run.cancel("enough")

    begun(talking(delay_s=60), then)
    assert time.monotonic() - began < LIMIT_S / 2


def left_by_a_closed_loop() -> None:
    agent = talking(delay_s=0.02)
    session = agent.session(SessionConfig(id="left"))

    async def start() -> Run:
        run = session.start("first")
        await asyncio.sleep(0)
        return run

    loop = asyncio.new_event_loop()
    left = loop.run_until_complete(start())
    loop.close()

    async def go_on() -> None:
        assert (await asyncio.wait_for(session.run("second"), LIMIT_S)).output == "one two three"
        result = await left.wait()
        assert result.state is RunState.CANCELLED
        assert result.events[-1].payload["reason"] == "its event loop was closed"
        await agent.aclose()

    asyncio.run(go_on())


def test_a_run_whose_loop_was_closed_under_it_holds_nothing_up(error_records: list[str]) -> None:
    left_by_a_closed_loop()
    gc.collect()
    assert all("destroyed but it is pending" in each for each in error_records), "what asyncio says, and no more"
    error_records.clear()
