"""The sessions of this start: each with its agent, its runs, and what waits for a person."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, Signal

from loom.errors import LoomError, SessionClosedError, SessionInUseError, ToolArgumentError
from loom.providers.keys import KEY_VARIABLES
from loom.threads import in_thread
from loom.types.ids import generate_id
from loom.types.permissions import PermissionMode
from loom_studio.runtime_words import said_of
from loom_studio.services.attachments import Attachment
from loom_studio.services.budget import Budget, BudgetName
from loom_studio.services.context import ContextService
from loom_studio.services.keys import Keys
from loom_studio.services.loading import load_runtime
from loom_studio.services.mcp import McpService
from loom_studio.services.server_offers import ServerOffers
from loom_studio.services.sessions import SessionsService
from loom_studio.services.triggers import TriggerService
from loom_studio.texts import marked, tr

# The window is shown before the runtime is imported: in a thread, or before what first needs it.
if TYPE_CHECKING:
    from loom.agent import Agent
    from loom.config import AgentConfig, ModelRef, TriggerConfig
    from loom.heartbeat.events import HeartbeatEvent
    from loom.heartbeat.heartbeat import Heartbeat, PendingEvent
    from loom.memory.in_memory import InMemoryStore
    from loom.memory.records import SessionSummary
    from loom.runtime import Run, Session
    from loom.safety.approvals import ApproverHandle
    from loom.safety.profile import Profile
    from loom.types.approvals import ApprovalRequest, Decision
    from loom.types.events import RunEvent

NEW_TITLE = marked("New session")
"""What a session without a title goes by; shown, and compared with, as it is in the person's language."""
TITLE_CHARS = 48
URGENT = ("high", "critical")
MUTE_S = 3600.0
STATES = {
    "idle": "idle",
    "running": "running",
    "waiting": "needs you",
    "done": "done",
    "failed": "failed",
    "interrupted": "interrupted",
}
"""The words of the Studio for the states that a stored session may be in."""


class Outgoing(NamedTuple):
    """A message that the person wrote: its text, what is attached, and the record of the log whose place it takes.

    That is 0 for a new message.
    """

    text: str
    attachments: tuple[Attachment, ...] = ()
    before: int = 0

    @property
    def prompt(self) -> str:
        """The text as the model gets it: the names of what is attached are part of it."""
        if not self.attachments:
            return self.text
        names = ", ".join(each.name for each in self.attachments)
        return f"{self.text}\n\nAttached: {names}" if self.text else f"Attached: {names}"


class Conversation(QObject):
    """One session as the Studio holds it, new or stored.

    `state` is idle, running, needs you, failed, done, or interrupted: its run has no end, and can be resumed. `owner`
    names another program that writes to the session: then it can only be read here. `changed_files` says in a line what
    the session changed in files, as far as that was looked at. `told` is the step at which the model was told of each
    heartbeat event, `interrupted` are those that interrupted a tool. `ran_at` is when its last run ended here (seconds
    since 1970), 0 for none.
    """

    changed = Signal()
    files_changed = Signal()
    alerted = Signal(str)
    """Something urgent was noticed, in a sentence."""
    noticed = Signal()
    """What is noticed, or became of it, is another."""
    said = Signal(object)
    """An event that belongs to no run."""
    run_began = Signal(object)
    """A run, which works from now on."""
    rewound = Signal()
    """The log counts up to another place: what is shown of it is to be read again."""

    def __init__(
        self,
        config: AgentConfig | None,
        workspace: Path,
        keys: Keys | None = None,
        profile: Profile | None = None,
        parent: QObject | None = None,
        sessions: SessionsService | None = None,
        stored: SessionSummary | None = None,
        mcp: McpService | None = None,
    ) -> None:
        super().__init__(parent)
        self._mcp = mcp
        self.id = stored.id if stored is not None else generate_id()
        self.workspace = workspace
        self.title = (stored.title if stored is not None else "") or tr(NEW_TITLE)
        self.state = STATES[stored.state] if stored is not None else "idle"
        self.is_stored = stored is not None
        self.owner = self.changed_files = ""
        self.sessions = sessions
        self._config = config
        self._next: AgentConfig | None = None
        self.shape: Callable[[AgentConfig], AgentConfig] | None = None
        """What the person's settings add to an agent where its file says nothing."""
        self._has_config = asyncio.Event()
        if config is not None:
            self._has_config.set()
        self.queued: deque[Outgoing] = deque()
        self.pending: list[RunEvent] = []
        self.asked: set[str] = set()
        """The questions of tool servers that wait for the person, by their ids."""
        self.context = ContextService(self._opened, lambda: self._session, self._say)
        self.tokens = 0
        self.steps = 0
        self.cost_usd: float | None = None
        self.run: Run | None = None
        self._noted = 0
        self.told: dict[str, int] = {}
        self.interrupted: set[str] = set()
        self.ran_at = 0.0
        self.triggers = TriggerService()
        self.offers = ServerOffers(self._made_agent, lambda: self._agent, self._has_servers)
        self._keys = keys or Keys()
        self._profile = profile
        self._mode = PermissionMode.DEFAULT
        self._memory: InMemoryStore | None = None
        self._agent: Agent | None = None
        self._session: Session | None = None
        self._handle: ApproverHandle | None = None
        self._making = asyncio.Lock()
        self._is_closed = False

    @property
    def config(self) -> AgentConfig:
        """The agent. Raises LoomError until the library has been read."""
        if self._config is None:
            raise LoomError(tr("The agents are still being read: try again in a moment"))
        return self._config

    @property
    def has_config(self) -> bool:
        """False until the library has been read."""
        return self._config is not None

    def give(self, config: AgentConfig) -> None:
        """The agent of a session that was opened before the library was read; one that has its own keeps it."""
        if self._config is None:
            self._config = config
            self._has_config.set()
            self.changed.emit()

    @property
    def heartbeat(self) -> Heartbeat | None:
        """What the agent watches with, once it was made; None if it watches nothing."""
        return self._agent.heartbeat if self._agent is not None else None

    @property
    def profile(self) -> Profile | None:
        """The person's profile."""
        return self._profile

    @property
    def tool_names(self) -> list[str]:
        """The agent's tools, once it was made."""
        return sorted(tool.name for tool in self._agent.tools) if self._agent is not None else []

    @property
    def is_running(self) -> bool:
        """True while a run works."""
        return self.run is not None and not self.run.state.is_final

    @property
    def mode(self) -> PermissionMode:
        """How much runs without being asked about."""
        return self._mode

    def set_mode(self, mode: PermissionMode) -> None:
        """Change the mode, from the next decision on."""
        self._mode = mode
        if self._session is not None:
            self._session.mode = mode

    def problem(self) -> str:
        """That the model's key is missing, in a sentence; nothing if it is there or none is needed."""
        if self.config.model.provider not in KEY_VARIABLES:
            return ""
        from loom.providers.resolve import find_key

        try:
            find_key(self.config.model, self._keys.environment)
        except LoomError as error:
            return said_of(error)
        return ""

    async def use(self, config: AgentConfig) -> None:
        """Go on with another agent; the conversation so far goes with it. Raises LoomError while a run works."""
        if self.is_running:
            self.changed.emit()  # what was chosen goes back to what is
            raise LoomError(tr("A run is working: stop it, or wait for its end, before you change its agent or model"))
        await self._release()
        self._config, self._next = config, None
        self.changed.emit()
        await self.begin_to_watch()

    async def use_when_idle(self, config: AgentConfig) -> None:
        """Go on with another agent: at once, or, while a run works, from the next message on."""
        if self.is_running:
            self._next = config
        else:
            await self.use(config)

    async def use_model(self, model: ModelRef) -> None:
        """Go on with another model."""
        await self.use(replace(self.config, model=model))

    async def start(self, message: Outgoing) -> Run:
        """Start a run. Raises ConfigError when the agent can't be made, SessionInUseError where another works."""
        if self._next is not None and not self.is_running:
            config, self._next = self._next, None
            await self.use(config)
        session = await self._opened()
        from loom.memory.summary import first_words
        from loom.types.runs import RunContext

        if self.title == tr(NEW_TITLE):
            self.title = first_words(message.prompt, TITLE_CHARS) or tr(NEW_TITLE)
        context = RunContext(attachments=[each.block for each in message.attachments])
        if self.triggers.cause is not None:
            context.extensions["cause"] = self.triggers.cause
        return self._begun(session.start(await self.offers.expanded(message.prompt), context))

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> Run:
        """Have a tool called for the person. Raises LoomError while a run works."""
        if self.is_running:
            raise LoomError(tr("A run is working: stop it, or wait for its end, before you call a tool"))
        session = await self._opened()
        return self._begun(session.call_tool(name, arguments))

    async def resume(self) -> Run:
        """Go on with the interrupted run. Raises LoomError if there is none, or it can't be."""
        session = await self._opened()
        return self._begun(session.resume())

    def _begun(self, run: Run) -> Run:
        self.run, self._noted = run, 0
        self._become("running")
        self.run_began.emit(run)
        return run

    async def settle(self) -> None:
        """Mark an interrupted run as done: it ends where it was."""
        await (await self._opened()).settle()
        self._become("idle")
        self.rewound.emit()

    async def discard(self) -> None:
        """Take an interrupted run back, with the message that began it. The log keeps it."""
        session = await self._opened()
        if session.open_run is not None:
            await session.rewind(session.open_run.began_n - 1)
        self._become("idle")
        self.rewound.emit()

    async def rewind(self, before: int) -> None:
        """Go back to before record `before`. Raises LoomError while a run works."""
        await (await self._opened()).rewind(before - 1)
        self._become("idle")
        self.rewound.emit()

    async def rename(self, title: str) -> None:
        """Give the session a title of the person's own."""
        self.title = title.strip() or tr(NEW_TITLE)
        self.changed.emit()
        if self.sessions is not None and self.is_stored:
            await self.sessions.change(self.id, title=self.title, is_named=True)

    async def write_title(self) -> None:
        """Have the model write the title. Raises LoomError."""
        title = await (await self._opened()).write_title()
        if title:
            self.title = title
            self.changed.emit()

    async def begin_to_watch(self) -> None:
        """Have the agent watch, if it has a heartbeat, before the first message. Raises LoomError."""
        await self._has_config.wait()
        if self.config.heartbeat is None or self._is_closed:
            return
        session = await self._made()
        if session is self._session and self.heartbeat is not None:
            self.heartbeat.start()
            self.changed.emit()

    async def dismiss(self, event_id: str) -> None:
        """Settle an alert; in the log too, where the session is stored and nobody else writes to it."""
        await self._opened_if_stored()
        if self.heartbeat is not None and any(each.event.id == event_id for each in self.heartbeat.pending()):
            self.heartbeat.dispose(event_id, "dismissed")

    async def _opened_if_stored(self) -> None:
        """Become the writer of a stored session's log, where nobody else is: what is decided is kept there."""
        if self.is_stored:
            with suppress(SessionInUseError):
                await self._opened()

    def noticed_event(self, event_id: str) -> HeartbeatEvent | None:
        """An event that is kept, settled or not; None if it is none."""
        if self.heartbeat is None:
            return None
        kept = [*self.heartbeat.pending(), *self.heartbeat.disposed]
        return next((each.event for each in kept if each.event.id == event_id), None)

    def use_triggers(self, triggers: list[TriggerConfig]) -> None:
        """Carry out these triggers from now on. Raises ConfigError for one that can't be."""
        if self.config.heartbeat is not None:
            self.triggers.use(triggers)
            self._config = replace(self.config, heartbeat=replace(self.config.heartbeat, triggers=triggers))
            self.noticed.emit()

    async def mute(self, event_id: str, seconds: float) -> None:
        """Pass nothing on that is of an event's source and kind for so long; 0 ends that."""
        event = self.noticed_event(event_id)
        if event is None or self.heartbeat is None:
            return
        await self._opened_if_stored()
        self.heartbeat.mute(event.source, event.kind, seconds)
        self.noticed.emit()

    async def _made(self) -> Session:
        """The session with its agent; what its log holds of the agent's alerts is pending again."""
        await self._has_config.wait()
        async with self._making:
            if self._is_closed:
                raise SessionClosedError(tr("The session was closed"))
            if self._session is None:
                self._session = await self._make()
        return self._session

    async def _made_agent(self) -> Agent:
        await self._made()
        if self._agent is None:
            raise SessionClosedError(tr("The session was closed"))
        return self._agent

    async def _has_servers(self) -> bool:
        """Whether agent, workspace or profile name a tool server."""
        await self._has_config.wait()
        if self._mcp is None:
            return bool(self.config.mcp_servers)
        return bool((await self._mcp.rows(self.workspace, self.config))[0])

    async def _make(self) -> Session:
        await load_runtime()
        if self.config.knowledge:
            await in_thread(importlib.import_module, "loom.knowledge.reader")
        from loom.agent import create_agent
        from loom.config.session import SessionConfig

        store = await self.sessions.store() if self.sessions is not None else self._own_store()
        agent = create_agent(
            self.shape(self.config) if self.shape is not None else self.config,
            workspace=self.workspace,
            environment=self._keys.environment,
            profile=self._profile,
            store=store,
            checkpoints=self._profile.folder / "checkpoints" if self._profile is not None else None,
            mcp=await self._mcp.load() if self._mcp is not None else None,
        )
        self.triggers.begin(agent, self.workspace)
        session = agent.session(SessionConfig(id=self.id))
        session.mode = self._mode
        if agent.heartbeat is not None:
            alerts = await session.load_alerts()
            self.told |= {event_id: alert.told_step for event_id, alert in alerts.items() if alert.told_step}
            self._listen(agent.heartbeat)
        self._agent, self._handle = agent, agent.attach_approver()
        return session

    def _listen(self, heartbeat: Heartbeat) -> None:
        from loom.heartbeat.heartbeat import Listener

        def on_event(pending: PendingEvent) -> None:
            self.noticed.emit()
            if pending.event.urgency in URGENT and self.triggers.is_in_charge():
                self.alerted.emit(pending.event.summary)

        heartbeat.listen(Listener(on_event, lambda _disposed: self.noticed.emit()))

    async def _opened(self) -> Session:
        """The session with its agent, loaded, and this the one that writes to it."""
        session = await self._made()
        await session.load()
        if session.is_read_only and self.sessions is not None:
            self.owner = await self.sessions.owner_elsewhere(self.id)
            owner = self.owner or tr("another program")
            raise SessionInUseError(tr("This session is open in {owner}: here it can be read, or forked", owner=owner))
        self.owner = ""
        if not self.is_stored and self.sessions is not None:
            self.is_stored = True
            if self.title != tr(NEW_TITLE):  # it was given before there was anything to store
                await self.sessions.change(self.id, title=self.title, is_named=True)
        return session

    def _own_store(self) -> InMemoryStore:
        """Where a session without stored ones beside it is kept, over a change of its agent too."""
        from loom.memory.in_memory import InMemoryStore

        self._memory = self._memory or InMemoryStore()
        return self._memory

    def budgets(self) -> list[Budget]:
        """What the run may use, for each limit there is."""
        if self._config is None or self._config.runtime is None:
            return []
        limits = self._config.runtime.limits
        cost = self.cost_usd if self.cost_usd is not None or self.tokens else 0.0
        elapsed_s = self.run.elapsed_s if self.run is not None else 0.0
        each: tuple[tuple[BudgetName, float | None, float | None], ...] = (
            ("steps", self.steps, limits.max_iterations),
            ("tokens", self.tokens, limits.max_total_tokens),
            ("cost", cost, limits.max_cost_usd),
            ("time", elapsed_s, limits.max_wall_time_s),
        )
        return [Budget(name, spent, limit) for name, spent, limit in each if limit is not None]

    async def watch(self, run: Run) -> AsyncIterator[RunEvent]:
        """The run's events; what they mean for this conversation is noted on the way, once for each."""
        number = 0
        async for event in run.events():
            number += 1
            if number > self._noted:
                self._noted = number
                self._note(event)
            yield event

    def decide(self, request_id: str, decision: Decision) -> None:
        """Answer a call that waits. Raises ApprovalError if it no longer does."""
        if self.run is not None:
            self.run.decide(request_id, decision)

    def request(self, request_id: str) -> ApprovalRequest | None:
        """A call that waits, with its real arguments (the event's have no secrets); None if it no longer does."""
        waiting = self._agent.pending_approvals if self._agent is not None else []
        return next((request for request in waiting if request.id == request_id), None)

    def fault_in(self, request_id: str, text: str) -> str:
        """Why `text` can't be the arguments of a call that waits, in a sentence; nothing if it can."""
        from loom.tools.arguments import read_arguments
        from loom.types.messages import ToolCall
        from loom.types.strict_json import parse_object

        request = self.request(request_id)
        if request is None or self._agent is None:
            return tr("This call no longer waits for an answer.")
        tool = next(tool for tool in self._agent.tools if tool.name == request.tool)
        try:
            read_arguments(tool, ToolCall(request.call_id, tool.name, parse_object(text)))
        except (ToolArgumentError, ValueError) as error:
            return said_of(error)
        return ""

    async def try_rule(self, request_id: str, rule: str) -> tuple[str, bool]:
        """What a rule that allows would have covered of the last calls, in a sentence, and whether it can be stored."""
        from loom_studio.services.waiting_calls import tried_rule

        request = self.request(request_id)
        if request is None:
            return tr("This call no longer waits for an answer."), False
        return await tried_rule(request, rule, self._profile, self.workspace)

    def stop(self) -> list[Outgoing]:
        """Stop the run; returns the messages that were queued, which will not be sent."""
        queued = list(self.queued)
        self.queued.clear()
        if self.run is not None:
            self.run.cancel("stopped by the person")
        self.changed.emit()
        return queued

    async def aclose(self) -> None:
        """Let go of the session and its agent. What runs is left without an end, to be resumed."""
        self._is_closed = True
        if self._session is not None:
            await self._session.suspend()
        await self._release()

    async def _release(self) -> None:
        async with self._making:
            await self.triggers.aclose()
            if self._agent is not None:
                await self._agent.aclose()
            if self._handle is not None:
                self._handle.detach()
            self._agent = self._session = self._handle = None
        self.noticed.emit()

    def _say(self, event: RunEvent) -> None:
        """Take in, and pass on, what happened outside a run."""
        self._note(event)
        self.said.emit(event)

    def _note(self, event: RunEvent) -> None:
        payload = event.payload
        notes = {"context": self._note_context, "heartbeat": self._note_alert, "mcp": self._note_question}
        note = notes.get(event.type.partition(".")[0])
        if note is not None:
            note(event)
            return
        match event.type:
            case "tool.approval_requested":
                self.pending.append(event)
                self._become("needs you")
            case "tool.approval_decided" | "tool.vetoed" | "tool.unknown":
                self.pending = [e for e in self.pending if e.payload["call_id"] != payload["call_id"]]
                self._become_waiting()
            case "run.started":
                self.steps = self.tokens = 0
                self.cost_usd = None
                self._become("running")
            case "step.started":
                self.steps = payload["step"]
                self.changed.emit()
            case "files.changed":
                self.files_changed.emit()
            case "usage.updated":
                self.tokens = payload["total"]["input_tokens"] + payload["total"]["output_tokens"]
                self.cost_usd = payload["total"]["cost_usd"]
                self.changed.emit()
            case "run.completed" | "run.failed" | "run.cancelled":
                self.pending.clear()
                self.asked.clear()
                self.ran_at = time.time()
                self._become({"run.completed": "done", "run.failed": "failed"}.get(event.type, "idle"))
            case _:
                pass

    def _note_context(self, event: RunEvent) -> None:
        self.context.state.fold(event)
        self.changed.emit()

    def _note_question(self, event: RunEvent) -> None:
        if event.type == "mcp.asked":
            self.asked.add(event.payload["ask_id"])
            self._become_waiting()
        elif event.type == "mcp.answered":
            self.asked.discard(event.payload["ask_id"])
            self._become_waiting()

    def _note_alert(self, event: RunEvent) -> None:
        payload = event.payload
        if event.type == "heartbeat.interrupt" and payload["call_ids"]:
            self.interrupted.add(payload["event_id"])
        elif event.type == "heartbeat.told":
            self.told |= dict.fromkeys(payload["event_ids"], payload["step"])
            self.noticed.emit()

    def _become_waiting(self) -> None:
        self._become("needs you" if self.pending or self.asked else "running")

    def _become(self, state: str) -> None:
        self.state = state
        self.changed.emit()
