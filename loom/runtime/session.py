"""A session: one conversation, its history, and its runs in their order."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from loom.config.session import SessionConfig
from loom.context.ledger import TokenLedger
from loom.errors import ConfigError, SessionClosedError
from loom.runtime.engine import Engine
from loom.runtime.run import Run, finished
from loom.runtime.tasks import TaskOwner
from loom.safety.permissions import PermissionMode
from loom.threads import in_thread
from loom.types.events import RunEvent
from loom.types.knowledge import KnowledgeBundle, KnowledgeQuery
from loom.types.messages import Message
from loom.types.runs import RunContext, RunResult, generate_id


class SessionHost(Protocol):
    """What a session needs of its agent."""

    @property
    def engine(self) -> Engine:
        """The agent's shared parts."""
        ...

    def resolve_knowledge(self, query: KnowledgeQuery) -> KnowledgeBundle:
        """Evidence from the agent's sources."""
        ...


class Session:
    """One conversation with an agent. Later runs see the earlier turns, tool calls and results.

    Runs of one session follow one another in the order of their start; other sessions see none of it.
    `mode` says how much runs without being asked about; it may be changed at any time.
    """

    def __init__(
        self, agent: SessionHost, config: SessionConfig | None = None, history: Sequence[Message] = ()
    ) -> None:
        config = config or SessionConfig()
        self.agent = agent
        self.id = config.id or generate_id()
        self.metadata: dict[str, Any] = config.to_metadata()
        self.history: list[Message] = list(history)
        self.ledger = TokenLedger()
        self.mode = PermissionMode.DEFAULT
        self.last_used = time.monotonic()
        self._runs: dict[str, Run] = {}
        self._tail: Run | None = None
        self._closed = False
        self._tasks = TaskOwner()

    @property
    def engine(self) -> Engine:
        """What all sessions of the agent share."""
        return self.agent.engine

    @property
    def is_closed(self) -> bool:
        """True after `close` or `expire`."""
        return self._closed

    @property
    def is_busy(self) -> bool:
        """True while a run works or waits."""
        return self._tail is not None and not self._tail.state.is_final

    def start(self, prompt: str, context: RunContext | None = None) -> Run:
        """Start a run on the running loop; without one, it starts when it is first waited for.

        Raises SessionClosedError after `close`, ConfigError for a prompt or context of the wrong type.
        """
        if self._closed:
            raise SessionClosedError("Session is closed")
        if not isinstance(prompt, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"prompt must be str, got {type(prompt).__name__}")
        if context is not None and not isinstance(context, RunContext):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"context must be RunContext, got {type(context).__name__}")
        run = Run(self, prompt, context)
        self._runs[run.id] = run
        self.last_used = time.monotonic()
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop()
            self.begin(run)
        return run

    async def run(self, prompt: str, context: RunContext | None = None) -> RunResult:
        """Start a run and wait for its result; cancelling the caller cancels the run."""
        return await finished(self.start(prompt, context))

    async def stream(self, prompt: str, context: RunContext | None = None) -> AsyncIterator[RunEvent]:
        """Start a run and give its events as they happen; leaving early cancels the run."""
        run = self.start(prompt, context)
        try:
            async for event in run.events():
                yield event
        finally:
            run.cancel("its events were no longer wanted")

    def get_run(self, run_id: str) -> Run | None:
        """A run of this session, or None."""
        return self._runs.get(run_id)

    def list_runs(self) -> list[Run]:
        """The runs of this session, oldest first."""
        return list(self._runs.values())

    async def close(self) -> None:
        """End the session: what runs or waits is cancelled, and no further run can be started."""
        self._closed = True
        for run in self._runs.values():
            run.cancel("the session was closed")
        await self._tasks.aclose()

    def expire(self) -> None:
        """End the session without waiting for what runs to stop."""
        self._closed = True
        for run in self._runs.values():
            run.cancel("the session expired")

    async def resolve_knowledge(self, query: KnowledgeQuery) -> KnowledgeBundle:
        """Evidence from the agent's sources, found off the loop: resolvers may block."""
        return await in_thread(self.agent.resolve_knowledge, query)

    def begin(self, run: Run) -> None:
        """Put a run to work, behind the one that was put to work last."""
        before = self._tail
        self._tail = run
        after = before.ended if before is not None and not before.state.is_final else None
        run.attach(self._tasks.start(run.work(after), name=f"run {run.id}"))

    def engine_run_ended(self, run: Run) -> None:
        """Note that a run ended."""
        del run
        self.last_used = time.monotonic()
