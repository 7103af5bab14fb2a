"""A run that is held ends the step that it is at, and begins no other until it may go on."""

import asyncio

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.config import RuntimeConfig, RuntimeLimits
from loom.runtime.run import Run
from loom.threads import in_thread
from loom.types import RunState
from tests.support.waiting import until

TURNS = [{"tool": "look", "arguments": {}}, {"tool": "look", "arguments": {}}, "done"]


class Work:
    """A run of three steps whose first tool ends when it is told to."""

    def __init__(self, limit_s: float | None = None) -> None:
        self.may_end = asyncio.Event()
        self.looks = 0

        @tool(read_only=True)
        async def look() -> str:
            """Look."""
            self.looks += 1
            await self.may_end.wait()
            return "seen"

        limits = RuntimeLimits(max_wall_time_s=limit_s)
        self.agent = create_agent(AgentConfig(ModelRef.scripted(TURNS), tools=[look], runtime=RuntimeConfig(limits)))
        self.run: Run = self.agent.session().start("Look twice")

    async def stands_after_one_step(self) -> None:
        self.run.begin()
        await until(lambda: self.looks == 1)
        self.run.hold()
        self.may_end.set()
        await until(lambda: self.steps("step.completed") == 1)
        await asyncio.sleep(0.05)  # in which a scripted run would be done ten times over
        assert (self.looks, self.steps("step.started")) == (1, 1)
        assert self.run.state is RunState.RUNNING

    def steps(self, kind: str) -> int:
        return sum(event.type == kind for event in self.run.feed.events)


async def test_a_run_that_is_held_begins_no_step_until_it_may_go_on() -> None:
    work = Work()
    await work.stands_after_one_step()
    work.run.hold()
    work.run.go_on()
    result = await work.run.wait()
    assert (result.state, result.output, work.looks) == (RunState.COMPLETED, "done", 2)


async def test_a_run_goes_on_also_when_another_thread_says_so() -> None:
    work = Work()
    await work.stands_after_one_step()
    await in_thread(work.run.go_on)
    assert (await work.run.wait()).state is RunState.COMPLETED


async def test_a_run_that_is_held_can_be_cancelled() -> None:
    work = Work()
    await work.stands_after_one_step()
    result = await work.run.cancel()
    assert (result.state, work.looks) == (RunState.CANCELLED, 1)
    work.run.go_on()


async def test_the_clock_of_a_run_that_is_held_stands_still() -> None:
    work = Work(limit_s=2.0)
    await work.stands_after_one_step()
    await asyncio.sleep(2.1)
    work.run.go_on()
    assert (await work.run.wait()).state is RunState.COMPLETED


async def test_holding_a_run_that_has_not_begun_or_has_ended_changes_nothing() -> None:
    work = Work()
    work.run.hold()
    work.may_end.set()
    assert (await work.run.wait()).state is RunState.COMPLETED
    work.run.hold()
    work.run.go_on()
