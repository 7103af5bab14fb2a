"""A session: one conversation, its history, and its runs in their order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Protocol

from loom.config.session import SessionConfig
from loom.context.compression import LEVELS, Compression
from loom.context.pairs import is_valid, repair
from loom.context.window import ContextManager
from loom.errors import ConfigError, ContextError, LoomError, SessionClosedError, SessionInUseError, StoreError
from loom.memory.alerts import ALERT_KINDS, StoredAlert, alerts_of
from loom.memory.codec import message_to_log
from loom.memory.records import HISTORY_REPLACED, SESSION_CREATED, SESSION_REWOUND, NewRecord
from loom.memory.recovery import end_records
from loom.memory.replay import OpenRun, StoredSession, run_events
from loom.memory.store import Store
from loom.runtime.alert_log import AlertLog
from loom.runtime.engine import Engine
from loom.runtime.keeper import ContextKeeper
from loom.runtime.run import PERSONS_CALL, Run, finished
from loom.runtime.session_log import SessionLog
from loom.runtime.tasks import TaskOwner
from loom.runtime.titles import written_title
from loom.threads import in_thread
from loom.types.content import ContentBlock
from loom.types.events import RunEvent
from loom.types.handoff import HandoffArtifact
from loom.types.ids import generate_id
from loom.types.knowledge import KnowledgeBundle, KnowledgeQuery
from loom.types.messages import Message
from loom.types.permissions import PermissionMode
from loom.types.runs import RunContext, RunResult

if TYPE_CHECKING:
    from loom.runtime.checkpoints import Checkpointer

FOLLOW_EVERY_S = 0.25
KNOWLEDGE_WAIT_S = 2.0
"""How long a message waits for what changed in the agent's sources to be read: it is shown only then."""


class SessionHost(Protocol):
    """What a session needs of its agent."""

    @property
    def engine(self) -> Engine:
        """The agent's shared parts."""
        ...

    def session(self, config: SessionConfig | None = None, history: Sequence[Message] = ()) -> Session:
        """Another session."""
        ...


class Session:
    """One conversation with an agent. Later runs see the earlier turns, tool calls and results.

    Runs of one session follow one another in the order of their start; other sessions see none of it.
    `mode` says how much runs without being asked about; it may be changed at any time.
    """

    def __init__(
        self, agent: SessionHost, config: SessionConfig | None = None, history: Sequence[Message] = ()
    ) -> None:
        self.agent = agent
        self.id = (config.id if config is not None else None) or generate_id()
        self.metadata: dict[str, Any] = config.to_metadata() if config is not None else {}
        self.log: SessionLog | None = None
        self.checkpointer: Checkpointer | None = None
        self.alert_log: AlertLog | None = None
        self.notices: list[str] = []
        self.open_run: OpenRun | None = None
        self._history: list[Message] = list(history)
        self._mended: list[Message] = []
        self._stored_alerts: list[StoredAlert] = []
        self._is_loaded = True
        self._in_use = ""
        configured = agent.engine.config.context
        self.context = ContextKeeper(
            agent.engine,
            ContextManager(
                agent.engine.window_tokens, configured.compression if configured is not None else None, self._history
            ),
        )
        agent.engine.keepers[self.id] = self.context
        self.mode = PermissionMode.DEFAULT
        self.last_used = time.monotonic()
        self.has_begun = False
        """True once a run of it began in this process."""
        self._runs: dict[str, Run] = {}
        self._tail: Run | None = None
        self._closed = False
        self._tasks = TaskOwner()

    @property
    def engine(self) -> Engine:
        """What all sessions of the agent share."""
        return self.agent.engine

    @property
    def history(self) -> list[Message]:
        """What the model gets next. Blocks if the session is in a store and was not loaded yet (see `load`)."""
        if not self._is_loaded:
            self._load()
        return self._history

    @property
    def is_read_only(self) -> bool:
        """True if somebody else writes to the session: it can be read and forked here, not continued."""
        return bool(self._in_use)

    def keep_in(self, store: Callable[[], Store]) -> None:
        """Keep the session in a store, and take up what that holds of it, when that is first asked for."""
        self.log = SessionLog(store, self.id, self._first_records)
        self.context.log = self.log
        heartbeat = self.engine.heartbeat
        if heartbeat is not None:
            self.alert_log = AlertLog(heartbeat, self.id, self.log)
        self._is_loaded = False

    def keep_checkpoints(self, folder: Path) -> None:
        """Look at the files that tools change, and keep in `folder` how they were."""
        workspace = self.engine.workspace
        if workspace is not None:
            from loom.runtime.checkpoints import Checkpointer

            self.checkpointer = Checkpointer(folder, workspace, self.id)

    async def load(self) -> None:
        """Read the session from its store, and become its writer, if nobody else is. Raises StoreError."""
        if not self._is_loaded or self._in_use or (self.log is not None and not self.log.is_open):
            await in_thread(self._load)
        if self.alert_log is not None:
            stored, self._stored_alerts = self._stored_alerts, []
            self.alert_log.take(stored)
            if not self._in_use:
                self.alert_log.open()

    async def load_alerts(self) -> dict[str, StoredAlert]:
        """What the log holds of the agent's heartbeat, by the events' ids; what is not settled is pending again.

        The session is only read: somebody else may write to it. Raises StoreError.
        """
        if self.alert_log is None or self.log is None:
            return {}
        stored = await in_thread(_stored_alerts, self.log)
        self.alert_log.take(stored.values())
        return stored

    @property
    def is_closed(self) -> bool:
        """True after `close` or `expire`."""
        return self._closed

    @property
    def is_busy(self) -> bool:
        """True while a run works or waits."""
        run = self._tail
        while run is not None and run.state.is_final:
            run = run.before
        return run is not None

    def start(self, prompt: str, context: RunContext | None = None) -> Run:
        """Start a run on the running loop; without one, it starts when it is first waited for.

        Raises SessionClosedError after `close`, ConfigError for a prompt or context of the wrong type.
        """
        if self._closed:
            raise SessionClosedError("Session is closed")
        if not isinstance(prompt, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"prompt must be str, got {type(prompt).__name__}")
        if context is not None:
            _check(context)
        return self._started(Run(self, prompt, context))

    def call_tool(self, name: str, arguments: dict[str, Any]) -> Run:
        """Have a tool called for the person, as a run of its own: through the gate, as a model's calls are."""
        call = {"id": generate_id(), "name": name, "arguments": arguments}
        told = f"/tool {name} {json.dumps(arguments, ensure_ascii=False)}"
        return self.start(told, RunContext(extensions={PERSONS_CALL: call}))

    def resume(self) -> Run:
        """Go on with the run that has no end, from its last complete step.

        Calls that never started are asked about again; one that was started is told to the model as "may have
        happened", and is made again only if its tool is idempotent. Blocks if the session was not loaded (see `load`).
        Raises LoomError if there is no such run.
        """
        if self._closed:
            raise SessionClosedError("Session is closed")
        if not self._is_loaded:
            self._load()
        if self.open_run is None or self.is_busy:
            raise LoomError(f"The session {self.id} has no interrupted run to resume")
        run = Run(self, self.open_run.prompt, None, resumes=self.open_run)
        return self._started(run)

    async def settle(self) -> None:
        """End a run that has no end without going on with it: what is not known of its calls is noted as unknown."""
        await self.load()
        self._check_writable()
        if self.log is not None and self.open_run is not None:
            await self.log.write(end_records(self.open_run, self._history))
            await self.reload()

    async def rewind(self, to: int) -> None:
        """Go back to just after record `to` (0: to the beginning); the log keeps what came after.

        Raises LoomError while a run works, StoreError for a session that is in no store.
        """
        await self.load()
        self._check_writable()
        if self.log is None:
            raise StoreError("This session is in no store; give its agent a store, or the session an id")
        if self.is_busy:
            raise LoomError("A run is working: stop it, or wait for its end, before you go back")
        await self.log.write([NewRecord(SESSION_REWOUND, {"to": to})])
        await self.reload()

    async def fork(self, at: int | None = None, new_id: str | None = None) -> Session:
        """A new session of the same agent that begins with what this one held up to record `at` (None: with all of it).

        Raises StoreError for a session that is in no store.
        """
        await self.load()
        if self.log is None:
            raise StoreError("This session is in no store; give its agent a store, or the session an id")
        if self.log.is_open:
            await self.log.barrier()
        made = await in_thread(self.log.store.fork, self.id, at, new_id or generate_id())
        return self.agent.session(SessionConfig(id=made.id))

    async def reload(self) -> None:
        """Read the session again from its store."""
        if self.log is not None:
            self._take(await in_thread(self.log.read))

    async def write_title(self) -> str:
        """Have the model write the title, and keep it; empty if nothing was said yet. Raises ProviderError."""
        await self.load()
        title = await written_title(self.engine, self.history, self.log)
        if title and self.log is not None:
            await in_thread(self.log.store.annotate, self.id, {"title": title, "is_named": True})
        return title

    async def compress(self, level: str | None = None) -> Compression | None:
        """Make the history smaller now, once no tool runs: snip, micro, collapse, auto, or what the pressure asks for.

        None if there was nothing to gain. Raises ContextError for another level, StoreError, SessionInUseError.
        """
        if level is not None and level not in LEVELS:
            raise ContextError(f"{level!r} is no level of compression; there are: {', '.join(LEVELS)}")
        await self._ready_to_change()
        return await self.context.compress(level)

    async def renew(self) -> HandoffArtifact:
        """Begin with an empty window now, once no tool runs; the handoff says what was. Raises StoreError."""
        await self._ready_to_change()
        return await self.context.renew()

    async def preview_compression(self, level: str | None = None) -> Compression:
        """What a level would cut now (None: the next); nothing is changed."""
        await self.load()
        return await self.context.preview(level)

    def snooze_compression(self) -> None:
        """Leave the compression that was announced out for one step; a full window does not wait."""
        self.context.snooze()

    async def pin(self, message: Message) -> None:
        """Keep a message of the history as it is, whatever is compressed. Raises ContextError if it is not in it."""
        await self._ready_to_change()
        if message not in self._history:
            raise ContextError("This message is not in the history any more, so it can't be pinned")
        self.context.pin(message, is_pinned=True)

    async def unpin(self, message: Message) -> None:
        """Let a message be compressed again."""
        await self._ready_to_change()
        self.context.pin(message, is_pinned=False)

    def handoffs(self) -> list[HandoffArtifact]:
        """The documents of the session's renewals, oldest first."""
        return list(self.context.manager.handoffs)

    @property
    def last_handoff(self) -> HandoffArtifact | None:
        """The document that the present window began with; None before the first renewal."""
        return self.context.manager.last_handoff

    async def follow(self, after: int = 0) -> AsyncIterator[RunEvent]:
        """The stored events after record `after`, and then those that come, whoever writes them; never ends."""
        if self.log is None:
            raise StoreError("This session is in no store; give its agent a store, or the session an id")
        while True:
            records = await in_thread(self.log.store.records, self.id, after)
            for event in run_events(records):
                yield event
            if records:
                after = records[-1].n
            else:
                await asyncio.sleep(FOLLOW_EVERY_S)

    async def suspend(self) -> None:
        """Close the session and leave what runs without an end, so that it can be resumed later, elsewhere too."""
        if self.log is not None:
            if self.log.is_open:
                with contextlib.suppress(StoreError):
                    await self.log.barrier()
            self.log.abandon()
        await self.close()

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
        await self._tasks.ended()  # one that ended before may still tell its hooks
        self._stop_keeping()
        if self.log is not None:
            if self.log.is_open:
                with contextlib.suppress(StoreError):
                    await self.log.barrier()
            self.log.close()

    async def discard(self) -> None:
        """End a session that nobody else has: its runs are let go of, so that all of it is freed at once."""
        await self.close()
        self._runs.clear()
        self._tail = None

    def expire(self) -> None:
        """End the session without waiting for what runs to stop."""
        self._closed = True
        for run in self._runs.values():
            run.cancel("the session expired")
        self._stop_keeping()
        if self.log is not None:
            self.log.close()

    async def resolve_knowledge(self, query: KnowledgeQuery) -> KnowledgeBundle:
        """Evidence from the agent's sources, found off the loop; an index that takes long is not waited for."""
        return await self.engine.knowledge.find(query, wait_s=KNOWLEDGE_WAIT_S)

    def begin(self, run: Run) -> None:
        """Put a run to work, behind the one that was put to work last."""
        run.before, self._tail = self._tail, run
        run.attach(self._tasks.start(run.work(), name=f"run {run.id}"))

    async def ready(self, run: Run) -> None:
        """Have the session loaded and writable before a run works on it. Raises StoreError, SessionInUseError."""
        await self.load()
        self._check_writable()
        if self.log is None:
            return
        if self.log.problem is not None:
            await self._try_again()
        self.log.set_busy(is_busy=True)
        if run.resumes is None and self.open_run is not None:
            await self.settle()
        self.open_run = None

    def mend(self) -> None:
        """Make the history one that a provider takes; what was looked at before a run before is not looked at again."""
        history, known = self.history, self._mended
        is_as_it_was = history[: len(known)] == known  # by identity, since messages stay the same objects
        new = history[len(known) :] if is_as_it_was else history
        if not is_valid(new):
            history[:] = repair(history)
        self._mended = history.copy()

    def engine_run_ended(self) -> None:
        """Note that a run ended."""
        self.last_used = time.monotonic()
        if self.log is not None:
            self.log.set_busy(is_busy=self.is_busy)
            if self.log.problem is not None:
                self._is_loaded = False  # what could not be stored did not happen: the log is the truth

    def _stop_keeping(self) -> None:
        if self.alert_log is not None:
            self.alert_log.close()

    def _started(self, run: Run) -> Run:
        self._runs[run.id] = run
        self.last_used = time.monotonic()
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop()
            self.begin(run)
        return run

    def _load(self) -> None:
        """Read what the store holds, as its writer if that can be; blocks."""
        if self.log is None:
            return
        try:
            stored = self.log.open()
            self._in_use = ""
        except SessionInUseError as error:
            stored = self.log.read()
            self._in_use = str(error)
        except StoreError as error:
            if not self.log.store.problem:
                raise
            stored = self.log.read()
            self._in_use = str(error)
        self._take(stored)
        if self.checkpointer is not None:
            from loom.runtime.checkpoints import FILES_CHANGED

            self.checkpointer.take_up(self.log.store.records(self.id, kind=FILES_CHANGED))

    def _take(self, stored: StoredSession) -> None:
        self._history[:] = stored.history
        self.metadata = {**stored.metadata, **self.metadata}
        self.open_run = stored.open_run
        self.notices = stored.faults
        self.context.take(stored)
        self._stored_alerts = stored.alerts
        self._is_loaded = True

    async def _try_again(self) -> None:
        """After a fault of the store: go on if it is over. Raises StoreError."""
        await in_thread(self._load)
        self._check_writable()

    async def _ready_to_change(self) -> None:
        await self.load()
        self._check_writable()

    def _check_writable(self) -> None:
        if self._in_use:
            raise SessionInUseError(self._in_use)

    def _first_records(self) -> list[NewRecord]:
        engine = self.engine
        created = {
            "agent": engine.config.name,
            "workspace": str(engine.workspace or ""),
            "metadata": self.metadata,
        }
        records = [NewRecord(SESSION_CREATED, created)]
        if self._history:
            records.append(NewRecord(HISTORY_REPLACED, {"messages": [message_to_log(m) for m in self._history]}))
        return records


def _check(context: RunContext) -> None:
    """Raise ConfigError, naming the field, for a context that no run can be begun with."""
    if not isinstance(context, RunContext):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"context must be RunContext, got {type(context).__name__}")
    kinds = {"inputs": dict, "extensions": dict, "attachments": list, "knowledge": (KnowledgeBundle, NoneType)}
    for name, kind in kinds.items():
        held = getattr(context, name)
        if not isinstance(held, kind):
            wanted = "KnowledgeBundle or None" if isinstance(kind, tuple) else kind.__name__
            raise ConfigError(f"context.{name} must be {wanted}, got {type(held).__name__}")
    for number, each in enumerate(context.attachments):
        if not isinstance(each, ContentBlock):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"context.attachments[{number}] must be a content block, got {type(each).__name__}")


def _stored_alerts(log: SessionLog) -> dict[str, StoredAlert]:
    """Blocks."""
    return alerts_of(record for kind in ALERT_KINDS for record in log.store.records(log.session_id, kind=kind))
