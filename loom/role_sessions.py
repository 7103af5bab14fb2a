"""The sessions in which the agents of a harness run work: one for each step, which goes on where it was interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from loom.agent import Agent
from loom.config.session import SessionConfig
from loom.memory.records import RUN_ENDS, Record
from loom.orchestration.answers import recover_answers
from loom.orchestration.durable import WORK_STEP
from loom.runtime.session import Session
from loom.threads import in_thread
from loom.types.events import RunEvent
from loom.types.permissions import PermissionMode
from loom.types.runs import RunResult, RunState, Usage

Watch = Callable[[str, RunEvent], None]
"""Is told each event of an agent's runs, with the role of the agent."""

_STATES = {"run.completed": RunState.COMPLETED, "run.failed": RunState.FAILED}


class RoleWorker:
    """An agent whose every piece of work is done in one mode.

    A piece that belongs to a recorded step has a session of its own in the agent's store. Where the process was ended
    in it, the same session goes on: tool calls that are done are not made again, one that was under way is told to the
    model as such, as in any session. A piece that was done, but not recorded as a step, is not done again. `watch` is
    told each event, with the `role`.
    """

    def __init__(self, agent: Agent, mode: PermissionMode, role: str = "", watch: Watch | None = None) -> None:
        self.engine = agent.engine
        self._agent = agent
        self._mode = mode
        self._role = role
        self._watch = watch

    async def run(self, goal: str) -> RunResult:
        """What came of a goal. Cancelled, its session is left as it is, to be gone on with."""
        step = WORK_STEP.get()
        session, ended = (self._agent.session(), None) if not step else await self._resumed(step)
        if ended is not None:
            recover_answers(session.history)
            await session.close()
            return ended
        session.mode = self._mode
        try:
            run = session.resume() if session.open_run is not None else session.start(goal)
            if self._watch is not None:
                async for event in run.events():
                    self._watch(self._role, event)
            result = await run.wait()
        except asyncio.CancelledError:
            await session.suspend()
            raise
        recover_answers(session.history)
        await session.close()
        return result

    async def _resumed(self, step: str) -> tuple[Session, RunResult | None]:
        """The session of a step, and what came of it where that is known."""
        attempt = 1
        while True:
            session = self._agent.session(SessionConfig(id=step if attempt == 1 else f"{step}.{attempt}"))
            await session.load()
            end = None if session.log is None else await in_thread(_last_end, session)
            if end is None or session.open_run is not None:
                return session, None
            if end.type in _STATES:
                return session, _result(end)
            await session.close()  # somebody ended it: it is begun anew
            attempt += 1


def _last_end(session: Session) -> Record | None:
    assert session.log is not None  # noqa: S101
    records = session.log.store.records(session.id)
    return next((each for each in reversed(records) if each.type in RUN_ENDS), None)


def _result(end: Record) -> RunResult:
    data = end.data
    return RunResult(
        end.run_id,
        _STATES[end.type],
        str(data.get("output") or ""),
        error=data.get("error"),
        duration_ms=int(data.get("duration_ms") or 0),
        usage=Usage(**data["usage"]) if data.get("usage") else Usage(),
        reason=str(data.get("reason") or ""),
        iterations=int(data.get("iterations") or 0),
    )
