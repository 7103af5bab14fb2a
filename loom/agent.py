"""The agent: wires configuration, model, tools and gate together, and hands out sessions."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, overload

from loom.config.agent import AgentConfig
from loom.config.delegation import DelegationConfig
from loom.config.ecosystem import EcosystemConfig
from loom.config.heartbeat import HeartbeatConfig
from loom.config.memory import MemoryBackend, MemoryConfig
from loom.config.model import ModelRef
from loom.config.permissions import parse_rule
from loom.config.runtime import RuntimeFeatures
from loom.config.session import SessionConfig
from loom.config.tools import ToolSpec
from loom.context.compression.task import READ_ARTIFACT
from loom.errors import ConfigError
from loom.knowledge.base import KnowledgeBase
from loom.memory.backends import open_store
from loom.memory.store import Store
from loom.providers.base import Provider
from loom.providers.prices import PRICES_FILE
from loom.runtime.context_tools import SCRATCHPAD, ContextTools
from loom.runtime.engine import Engine
from loom.runtime.knowledge_tools import SEARCH_KNOWLEDGE, knowledge_tools
from loom.runtime.run import finished
from loom.runtime.session import Session
from loom.safety.approvals import ApprovalCallback, ApprovalDesk, ApproverHandle
from loom.safety.grants import GrantBook
from loom.safety.hooks import HookManager
from loom.safety.permissions import Permissions
from loom.safety.rate import RateWindow
from loom.safety.rules import SourcedRule, sourced
from loom.telemetry import make_tracing
from loom.threads import in_thread
from loom.tools.builtin import changes_protected_path, preview_of, workspace_tools
from loom.tools.builtin.choices import sandbox_of, tells_secrets, web_hosts
from loom.tools.gate import ToolGate
from loom.tools.offering import ALWAYS, FIND_TOOLS
from loom.types.approvals import ApprovalRequest
from loom.types.checked import owned
from loom.types.events import RunEvent
from loom.types.knowledge import KnowledgeBundle, KnowledgeQuery
from loom.types.messages import Message
from loom.types.permissions import PermissionMode
from loom.types.results import SubAgentResult
from loom.types.runs import RunContext, RunResult

if TYPE_CHECKING:
    from loom.context.window import ContextManager
    from loom.ecosystem.agent_side import Ecosystem
    from loom.ecosystem.mcp.agent_servers import AgentServers
    from loom.ecosystem.mcp.pool import ServerPool
    from loom.heartbeat.heartbeat import Heartbeat
    from loom.memory.files.remembered import Remembered
    from loom.orchestration.delegation import Delegation
    from loom.runtime.consumers import EventConsumer
    from loom.safety.profile import Profile

log = logging.getLogger(__name__)

SESSION_TTL_HOURS = 24.0
DISPOSE = "dispose_event"
ANSWER_TOOLS = ("propose_criteria", "record_verdict")
"""The tools of `loom.orchestration.answers`, which do nothing but answer."""
OWN_ACCESS = (READ_ARTIFACT, FIND_TOOLS, "activate_skill", "read_skill_file")
DELEGATE, DELEGATE_MANY = "delegate", "delegate_many"


@dataclass(eq=False)
class Agent:
    """An agent, configured once, for any number of sessions.

    `workspace` is the folder that built-in tools work in (`capabilities` of the configuration). `provider` replaces
    the one that the configured model would have. `environment` is where provider keys are looked for, instead of the
    process's variables. `approvals` answers approval requests (ApprovalRequest → Decision, sync or async). `profile`
    brings a person's own rules, grants and audit. `store` keeps the sessions, instead of the one that the configuration
    asks for; it stays open when the agent is closed. `checkpoints` is a folder outside the workspace: files that tools
    change are kept there as they were before. `mcp` shares tool servers with other agents, and stays open; without it
    the agent has its own. With a profile only servers are started that the person agreed to.
    """

    config: AgentConfig
    workspace: Path | str | None = None
    provider: Provider | None = None
    environment: Mapping[str, str] | None = field(default=None, repr=False)
    approvals: ApprovalCallback | None = field(default=None, repr=False)
    profile: Profile | None = field(default=None, repr=False)
    given_store: Store | None = field(default=None, repr=False)
    checkpoints: Path | None = None
    mcp: ServerPool | None = None
    engine: Engine = field(init=False, repr=False)
    ecosystem: Ecosystem | None = field(init=False, repr=False, default=None)
    _sessions: dict[str, Session] = field(init=False, repr=False, default_factory=dict[str, Session])
    _unnamed: list[Session] = field(init=False, repr=False, default_factory=list[Session])
    _own_store: Store | None = field(init=False, repr=False, default=None)
    _delegation: Delegation | None = field(init=False, repr=False, default=None)
    _opening: Lock = field(init=False, repr=False, default_factory=Lock)

    def __post_init__(self) -> None:
        """Check the configuration and put the parts together."""
        if not isinstance(self.config, AgentConfig):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"config must be AgentConfig, got {type(self.config).__name__}")
        self.config = owned(self.config)
        self.workspace = _folder(self.workspace)
        gate = _gate(self.config, self.workspace, self.profile)
        if self.approvals is not None:
            gate.desk.attach(self.approvals)
        knowledge = KnowledgeBase.of(self.config, self.workspace, self.environment)
        self.engine = Engine(self.config, gate, self.workspace, self.provider, self.environment, knowledge=knowledge)
        for own in knowledge_tools(self.engine):
            gate.tools.setdefault(own.name, own)
        own_tools = (READ_ARTIFACT, *(SCRATCHPAD if _scratchpad(self.config) else ()))
        for own in ContextTools(self.engine.keepers).specs(*own_tools):
            gate.tools.setdefault(own.name, own)
        self._remember(gate, self.workspace)
        if self.config.delegation is not None:
            self._delegation = _delegation(self, self.config.delegation)
            for own in self._delegation.specs():
                gate.tools.setdefault(own.name, own)
        if self.config.heartbeat is not None:
            self.engine.heartbeat = _heartbeat(self.config.heartbeat, self.workspace, gate)
        _mark_own(gate, self.config, self.profile)
        self.engine.consumers += _consumers(self.config, self.engine.runtime.features, self.profile)
        self.engine.servers = _servers(self.engine, self.mcp, self.profile)
        if self.profile is not None:
            self.ecosystem = _ecosystem(self, self.profile)
            self.engine.read_permissions = partial(_permissions, self.config, self.workspace, self.profile)
            self.engine.prices_file = self.profile.folder / PRICES_FILE

    @property
    def model(self) -> ModelRef:
        """The configured model."""
        return self.config.model

    @property
    def tools(self) -> list[ToolSpec]:
        """Every tool of the agent: the configured ones, those of its capabilities, and those for its own context."""
        return list(self.engine.tools.values())

    @property
    def hooks(self) -> HookManager:
        """The hooks of this agent; `register` adds a Python function."""
        return self.engine.gate.hooks

    @property
    def heartbeat(self) -> Heartbeat | None:
        """The agent's watches; None if none are configured. They run from the first run until `aclose`."""
        return self.engine.heartbeat

    @property
    def servers(self) -> AgentServers | None:
        """The agent's tool servers (MCP); None if it can have none. They are connected from the first run on."""
        return self.engine.servers  # pyright: ignore[reportReturnType]  the only kind there is

    @property
    def pending_approvals(self) -> list[ApprovalRequest]:
        """The calls that wait for a person, oldest first."""
        return self.engine.gate.desk.pending

    @property
    def store(self) -> Store:
        """Where sessions are kept; opened when it is first asked for, which blocks. Raises StoreError."""
        if self.given_store is not None:
            return self.given_store
        with self._opening:
            if self._own_store is None:
                self._own_store = open_store(self.config.memory)
            return self._own_store

    async def run(self, prompt: str, context: RunContext | None = None) -> RunResult:
        """One run in a session of its own; cancelling the caller cancels it."""
        session = self._new_session(None, ())
        try:
            return await finished(session.start(prompt, context))
        finally:
            await session.discard()

    async def stream(self, prompt: str, context: RunContext | None = None) -> AsyncIterator[RunEvent]:
        """One run in a session of its own, as events as they happen; leaving early cancels it."""
        session = self._new_session(None, ())
        try:
            async for event in session.stream(prompt, context):
                yield event
        finally:
            await session.discard()

    def session(self, config: SessionConfig | None = None, history: Sequence[Message] = ()) -> Session:
        """A session: the same one for the same `config.id`, else a new one, which begins with `history`.

        With a store, a session that it knows goes on where it was, also one of an earlier process. Metadata given for a
        session that exists is merged into its own. Sessions without a run for 24 hours
        (`runtime.extensions["session_ttl_hours"]`) are let go of. Raises ConfigError for anything but a SessionConfig.
        """
        if config is not None and not isinstance(config, SessionConfig):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"config must be SessionConfig, got {type(config).__name__}")
        self._forget_idle()
        if config is None or config.id is None:
            session = self._new_session(config, history)
            self._unnamed.append(session)
            return session
        known = self._sessions.get(config.id)
        if known is not None and not known.is_closed:
            known.metadata.update(config.to_metadata())
            return known
        self._sessions[config.id] = session = self._new_session(config, history)
        return session

    def resolve_knowledge(self, query: KnowledgeQuery) -> KnowledgeBundle:
        """Evidence for a query from the agent's knowledge sources, best first, at most `query.top_k` items.

        Blocks until files and pages that are sources are read; a session asks without blocking. Raises ConfigError for
        a source name that the agent does not have, and KnowledgeError where nothing could be asked.
        """
        if not isinstance(query, KnowledgeQuery):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"query must be KnowledgeQuery, got {type(query).__name__}")
        return self.engine.knowledge.resolve(query)

    def attach_approver(self, callback: ApprovalCallback | None = None) -> ApproverHandle:
        """Say that somebody answers approval requests (`Run.decide`, or `callback`), until the handle's `detach`.

        Any number may be attached; the first answer to a request holds. Without anybody, a call that needs permission
        is refused.
        """
        return self.engine.gate.desk.attach(callback)

    async def aclose(self) -> None:
        """Close every session and release the model's provider."""
        for session in [*self._sessions.values(), *self._unnamed]:
            await session.close()
        self._sessions.clear()
        self._unnamed.clear()
        if self._delegation is not None:
            await self._delegation.aclose()
        store, self._own_store = self._own_store, None
        if store is not None:
            await in_thread(store.close)
        await self.engine.aclose()

    def _new_session(self, config: SessionConfig | None, history: Sequence[Message]) -> Session:
        session = Session(self, config, history)
        named = config is not None and config.id is not None
        if self._keeps_for_good or (named and self._keeps_at_all):
            session.keep_in(lambda: self.store)
            if self.checkpoints is not None:
                session.keep_checkpoints(self.checkpoints)
        return session

    def _remember(self, gate: ToolGate, workspace: Path | None) -> None:
        """Put the memory together, with its tools, if it is wanted. Raises ConfigError without a place for it."""
        if "memory" not in self.config.capabilities:
            return
        from loom.runtime.memory_tools import MemoryTools, made_memory

        remembered = made_memory(self.config.memory, workspace, self.profile, self.environment)
        self.engine.remembered = remembered
        for own in MemoryTools(self.engine, remembered).specs():
            gate.tools.setdefault(own.name, own)
        gate.preview = partial(_preview, remembered, gate.preview)

    @property
    def _keeps_at_all(self) -> bool:
        memory = self.config.memory
        return self.given_store is not None or memory is None or memory.enabled

    @property
    def _keeps_for_good(self) -> bool:
        """Whether sessions are kept that nobody gave a name to: in memory these would only be a leak."""
        if self.given_store is not None:
            return self.given_store.is_durable
        memory = self.config.memory
        return memory is not None and memory.enabled and memory.backend.name != "in_memory"

    def _forget_idle(self) -> None:
        ttl_s = _session_ttl_hours(self.config) * 3600
        now = time.monotonic()
        for key, session in list(self._sessions.items()):
            if not session.is_busy and now - session.last_used > ttl_s:
                session.expire()
                del self._sessions[key]
                if self._own_store is not None and not self._own_store.is_durable:
                    self._own_store.delete(key)
        for session in self._unnamed:
            if not session.is_busy and session.log is not None:
                session.log.close()  # a later run opens it again
        self._unnamed = [session for session in self._unnamed if session.is_busy]


def create_agent(
    config: AgentConfig,
    *,
    workspace: Path | str | None = None,
    provider: Provider | None = None,
    environment: Mapping[str, str] | None = None,
    approvals: ApprovalCallback | None = None,
    profile: Profile | None = None,
    store: Store | None = None,
    checkpoints: Path | None = None,
    mcp: ServerPool | None = None,
) -> Agent:
    """Make an agent. Raises ConfigError for a configuration that can't be, naming the field."""
    return Agent(config, workspace, provider, environment, approvals, profile, store, checkpoints, mcp)


@overload
def tool(func: Callable[..., Any], /) -> ToolSpec: ...
@overload
def tool(
    func: None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    read_only: bool = False,
    destructive: bool = False,
    concurrency_safe: bool = False,
    requires_permission: bool | None = None,
    timeout_s: float | None = None,
    idempotent: bool = False,
) -> Callable[[Callable[..., Any]], ToolSpec]: ...
def tool(
    func: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    read_only: bool = False,
    destructive: bool = False,
    concurrency_safe: bool = False,
    requires_permission: bool | None = None,
    timeout_s: float | None = None,
    idempotent: bool = False,
) -> ToolSpec | Callable[[Callable[..., Any]], ToolSpec]:
    """Make a function a tool: schema from its annotations, descriptions from its docstring; bare or with options.

    `requires_permission` is, by default, True unless the tool is read-only. `timeout_s` bounds one call, in seconds.
    `idempotent` says that a call may be made again after an interruption, with the same `RunContext.idempotency_key`.
    Raises ConfigError when a parameter has no JSON Schema.
    """

    def make(function: Callable[..., Any]) -> ToolSpec:
        return ToolSpec.from_function(
            function,
            name=name,
            description=description,
            read_only=read_only,
            destructive=destructive,
            concurrency_safe=concurrency_safe,
            requires_permission=requires_permission,
            timeout_s=timeout_s,
            idempotent=idempotent,
        )

    return make if func is None else make(func)


def _folder(workspace: Path | str | None) -> Path | None:
    if workspace is None:
        return None
    folder = Path(workspace).expanduser().resolve()
    if not folder.is_dir():
        raise ConfigError(f"The workspace {folder} is not a folder")
    return folder


def _gate(config: AgentConfig, workspace: Path | None, profile: Profile | None) -> ToolGate:
    tools = {spec.name: spec for spec in [*config.tools, *_package_tools(config, profile)]}
    key = config.model.api_key_env or ""
    for spec in workspace_tools(workspace, config.capabilities, sandbox_of(config), web_hosts(config), key):
        tools.setdefault(spec.name, spec)
    safety = config.runtime is None or config.runtime.features.enable_safety
    if config.safety_rules and not safety:
        log.warning("Safety rules are configured, but runtime.features.enable_safety is False: they are not applied")
    policy = config.policy.tools if config.policy is not None else None
    limits = config.runtime.limits if config.runtime is not None else None
    return ToolGate(
        tools=tools,
        permissions=_own_permissions(config, workspace),
        rules=tuple(config.safety_rules or ()) if safety else (),
        rate=RateWindow(policy.rate_limits.max_calls_per_minute if policy is not None else None),
        desk=ApprovalDesk(),
        hooks=HookManager(config.hooks, runs_programs=profile is None or not profile.is_safe),
        grants=profile.grants if profile is not None else GrantBook(),
        audit=profile.audit if profile is not None else None,
        agent_name=config.name,
        timeout_s=limits.tool_timeout_s if limits is not None else 600.0,
        protects=partial(changes_protected_path, workspace),
        preview=partial(preview_of, workspace),
        tells_secrets=tells_secrets(config),
    )


def _heartbeat(config: HeartbeatConfig, workspace: Path | None, gate: ToolGate) -> Heartbeat:
    """The watches, with the tool that settles their events; the gate tells them what the agent writes itself."""
    from loom.heartbeat.heartbeat import Heartbeat
    from loom.heartbeat.telling import dispose_tool, own_write

    heartbeat = Heartbeat(config, workspace)
    dispose = dispose_tool(heartbeat)
    gate.tools.setdefault(dispose.name, dispose)
    gate.writing = partial(own_write, heartbeat)
    return heartbeat


def _servers(engine: Engine, given: ServerPool | None, profile: Profile | None) -> AgentServers | None:
    if profile.is_safe if profile is not None else not engine.config.mcp_servers and given is None:
        return None
    from loom.ecosystem.mcp.agent_servers import AgentServers
    from loom.ecosystem.mcp.pool import ServerPool

    pool = given or ServerPool(profile.folder if profile is not None else None, engine.environment)
    return AgentServers(engine, pool, owns_pool=given is None)


def _ecosystem(agent: Agent, profile: Profile) -> Ecosystem:
    from loom.ecosystem.agent_side import Ecosystem

    async def fork(
        goal: str,
        config: AgentConfig | None,
        model: ModelRef,
        bind: Callable[[HookManager], None],
        mode: PermissionMode | None,
    ) -> SubAgentResult:
        from loom.orchestration.delegation import worked_on

        def made() -> Agent:
            child = _below(
                agent, replace(config or _copy(agent.config), model=model), agent.provider if config is None else None
            )
            bind(child.hooks)
            return child

        return await worked_on(goal, partial(in_thread, made), agent.config.delegation or DelegationConfig(), mode)

    return Ecosystem(agent.engine, profile, agent.engine.workspace, agent.config.ecosystem or EcosystemConfig(), fork)


def _package_tools(config: AgentConfig, profile: Profile | None) -> list[ToolSpec]:
    """The tools of installed packages that the agent names. Raises ConfigError for one that can't be used."""
    is_safe = profile is not None and profile.is_safe
    names = config.ecosystem.tools if config.ecosystem is not None else ()
    if not names or is_safe:
        return []
    from loom.ecosystem.package_tools import tools_of

    return [spec for name in names for spec in tools_of(name)]


def _mark_own(gate: ToolGate, config: AgentConfig, profile: Profile | None) -> None:
    """Have the model always told of the tools that are ours, however many others there are."""
    others = {spec.name for spec in [*config.tools, *_package_tools(config, profile)]}
    for name, spec in gate.tools.items():
        if name not in others and not spec.extensions.get(ALWAYS):
            gate.tools[name] = replace(spec, extensions={**spec.extensions, ALWAYS: True})


def _copy(config: AgentConfig) -> AgentConfig:
    """The same agent, to work for it: nothing of it watches, and its sessions are kept nowhere."""
    return replace(config, heartbeat=None, memory=_own_memory(config))


def _below(agent: Agent, config: AgentConfig, provider: Provider | None = None) -> Agent:
    """An agent that works for another: in its workspace, with its profile and servers."""
    return Agent(
        config,
        agent.engine.workspace,
        provider,
        agent.environment,
        profile=agent.profile,
        checkpoints=agent.checkpoints,
        mcp=agent.servers.pool if agent.servers is not None else None,
    )


def _own_memory(config: AgentConfig) -> MemoryConfig | None:
    """How an agent that works for this one remembers: its sessions not, what it writes down as this one does."""
    memory = config.memory
    return replace(memory, enabled=True, backend=MemoryBackend.in_memory()) if memory is not None else None


def _consumers(config: AgentConfig, features: RuntimeFeatures, profile: Profile | None) -> list[EventConsumer]:
    """Who takes in the events of its runs: what makes spans of them, what keeps in the profile how tools did."""
    found: list[EventConsumer] = []
    if features.open_telemetry:
        found.append(make_tracing(config, with_content=features.open_telemetry_content))
    if profile is not None and features.insights:
        from loom.evolution.ledger import InsightsLedger
        from loom.evolution.recorder import Recorder

        found.append(Recorder(InsightsLedger(profile.folder), config.name or config.model.identifier))
    return found


def _preview(
    remembered: Remembered,
    others: Callable[[ToolSpec, dict[str, Any]], dict[str, str]],
    tool: ToolSpec,
    given: dict[str, Any],
) -> dict[str, str]:
    """A call as a person reads it, a change of the memory as well."""
    from loom.runtime.memory_tools import MEMORY, memory_preview

    return memory_preview(remembered.memories, given) if tool.extensions.get(MEMORY) else others(tool, given)


def _delegation(agent: Agent, config: DelegationConfig) -> Delegation:
    """The tools by which the agent's model gives work to other agents, which are made when they first get some."""
    from loom.config.loading import load_agent
    from loom.orchestration.delegation import Delegation

    def made(file: str) -> Agent:
        return _below(agent, load_agent(file)) if file else _below(agent, _copy(agent.config), agent.provider)

    def knows(session_id: str) -> ContextManager | None:
        keeper = agent.engine.keepers.get(session_id)
        return keeper.manager if keeper is not None else None

    return Delegation(config, partial(in_thread, made), knows)


def _scratchpad(config: AgentConfig) -> tuple[str, ...]:
    return SCRATCHPAD if config.context is not None and config.context.scratchpad else ()


def _own_permissions(config: AgentConfig, workspace: Path | None) -> Permissions:
    """The policy and rules of the agent file. Reading what it remembers itself is always allowed an agent."""
    reads = (SourcedRule("allow", parse_rule("memory(view)"), "memory"),) if "memory" in config.capabilities else ()
    if config.policy is None:
        return Permissions(rules=reads, workspace=workspace)
    rules = (*sourced(config.policy.permissions, "agent file"), *reads)
    access = config.policy.tools.access
    if access.allow is not None:  # an agent may settle what its watches say, and read and write its own context
        own = [*OWN_ACCESS, *([DISPOSE] if config.heartbeat is not None else []), *_scratchpad(config), *ANSWER_TOOLS]
        own += [DELEGATE, DELEGATE_MANY] if config.delegation is not None else []
        own += [SEARCH_KNOWLEDGE] if config.knowledge else []
        access = replace(access, allow=[*access.allow, *own])
    return Permissions(access, rules, workspace)


def _permissions(config: AgentConfig, workspace: Path | None, profile: Profile) -> Permissions:
    """The policy and rules of agent file, person and workspace; blocks. A file that can't be read stops every tool."""
    profile.load()
    own = _own_permissions(config, workspace)
    try:
        return replace(own, rules=(*own.rules, *profile.rules_for(workspace)), problem=profile.problem)
    except ConfigError as error:
        return replace(own, problem=profile.problem or str(error))


def _session_ttl_hours(config: AgentConfig) -> float:
    hours = (config.runtime.extensions if config.runtime is not None else {}).get(
        "session_ttl_hours", SESSION_TTL_HOURS
    )
    if isinstance(hours, (int, float)) and not isinstance(hours, bool) and hours > 0:
        return float(hours)
    log.warning(
        "runtime.extensions['session_ttl_hours'] is %r, not a number above 0; taking %g", hours, SESSION_TTL_HOURS
    )
    return SESSION_TTL_HOURS
