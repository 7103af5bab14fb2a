"""Delegation as tools: the model gives a part of its work to agents that work in contexts of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from loom.config.delegation import DelegationConfig
from loom.config.tools import ToolSpec
from loom.context.window import ContextManager
from loom.errors import ToolExecutionError
from loom.memory.below import record_below
from loom.memory.in_memory import InMemoryStore
from loom.memory.records import NewRecord
from loom.orchestration.subagent import MAX_DEPTH_EXCEEDED, SubAgentManager
from loom.runtime.session import Session
from loom.tools.caller import IN_TOOL, Ceiling
from loom.types.permissions import PermissionMode
from loom.types.results import SubAgentResult
from loom.types.runs import RunContext, RunResult

DELEGATE, DELEGATE_MANY = "delegate", "delegate_many"
LONGEST_S = 86_400.0
MOST_GOALS = 50


class Delegate(Protocol):
    """What delegation needs of an agent."""

    def session(self) -> Session:
        """A new session."""
        ...

    async def aclose(self) -> None:
        """Close it."""
        ...


class Delegation:
    """The tools of one agent by which its model gives work away.

    `make` gives the agent of a file, or a copy of the agent itself for an empty name; `knows` what is known of a
    session, for the brief that its sub-agents inherit.
    """

    def __init__(
        self,
        config: DelegationConfig,
        make: Callable[[str], Awaitable[Delegate]],
        knows: Callable[[str], ContextManager | None],
    ) -> None:
        self.config = config
        self._make = make
        self._knows = knows
        self._files = {each.name: each.agent for each in config.agents}
        self._made: dict[str, Delegate] = {}

    def specs(self) -> list[ToolSpec]:
        """The tools. They change nothing themselves: what a sub-agent does is decided about call by call."""
        told = "".join(f"\n- {each.name}: {each.description}" for each in self.config.agents)
        who = f"\n\nAgents:{told}" if told else "\n\nThe agent is a copy of you, without what you have read so far."
        limit_s = LONGEST_S if self.config.timeout_s is None else self.config.timeout_s + 5
        return [
            ToolSpec.from_function(
                function,
                description=f"{(function.__doc__ or '').partition('Args:')[0].strip()}{who}",
                read_only=True,
                concurrency_safe=True,
                timeout_s=limit_s,
            )
            for function in (self.delegate, self.delegate_many)
        ]

    async def delegate(self, goal: str, context: RunContext, agent: str = "") -> str:
        """Give a part of the work to an agent with a context of its own; you get its answer, not what it read.

        Args:
            goal: what it shall do, with all that it must know: it has not read what you have
            context: the run
            agent: the agent's name
        """
        result = await (await self._manager(agent, context)).spawn(goal)
        if not result.success:
            raise ToolExecutionError(self._why(result), tool=DELEGATE)
        return str(result.output)

    async def delegate_many(self, goals: list[str], context: RunContext, agent: str = "") -> str:
        """Give several independent parts of the work away at once; you get all answers, in the order of the goals.

        Args:
            goals: what each shall do, with all that it must know
            context: the run
            agent: the agents' name
        """
        if not 0 < len(goals) <= MOST_GOALS:
            raise ToolExecutionError(f"Give from 1 to {MOST_GOALS} goals, not {len(goals)}", tool=DELEGATE_MANY)
        results = await (await self._manager(agent, context)).spawn_many(goals)
        parts = [
            f"{number}. {'done' if each.success else 'failed'}: {each.output if each.success else self._why(each)}"
            for number, each in enumerate(results, 1)
        ]
        return "\n\n".join(parts)

    async def aclose(self) -> None:
        """Close the agents that were made."""
        made, self._made = list(self._made.values()), {}
        for agent in made:
            await agent.aclose()

    async def _manager(self, name: str, context: RunContext) -> SubAgentManager:
        if self._files and name not in self._files:
            if name or len(self._files) > 1:
                known = ", ".join(self._files)
                raise ToolExecutionError(
                    f"There is no agent {name!r} to give work to; there are: {known}", tool=DELEGATE
                )
            name = next(iter(self._files))
        if name and not self._files:
            raise ToolExecutionError(f"There is no agent {name!r}: leave the name out for a copy of you", tool=DELEGATE)
        agent = self._made.get(name)
        if agent is None:
            agent = self._made[name] = await self._make(self._files.get(name, ""))
        config = self.config
        return SubAgentManager(
            _Child(agent),
            config.max_depth,
            max_parallel=config.max_parallel,
            timeout_s=config.timeout_s,
            brief=lambda: brief_of(self._knows(context.session_id)),
            budget_share=config.budget_share,
        )

    def _why(self, result: SubAgentResult) -> str:
        if result.error == MAX_DEPTH_EXCEEDED:
            return f"Sub-agents may be {self.config.max_depth} deep, and this one is: do it yourself"
        said = f"; it had said: {result.output}" if result.output else ""
        return f"The agent did not finish: {result.error}{said}"


async def worked_on(
    goal: str, make: Callable[[], Awaitable[Delegate]], config: DelegationConfig, mode: PermissionMode | None = None
) -> SubAgentResult:
    """What a new agent made of a piece of work; it is closed afterwards, and inherits nothing but the goal."""
    agent = await make()
    try:
        child = _Child(agent, mode)
        manager = SubAgentManager(child, config.max_depth, timeout_s=config.timeout_s, budget_share=config.budget_share)
        return await manager.spawn(goal, inherit_context=False)
    finally:
        await agent.aclose()


class _Child:
    """An agent whose runs have the mode of the run whose tool begins them, or the one that is given."""

    def __init__(self, agent: Delegate, mode: PermissionMode | None = None) -> None:
        self._agent = agent
        self._mode = mode

    async def run(self, goal: str) -> RunResult:
        session = self._agent.session()
        above = IN_TOOL.get()
        if above is not None:
            session.mode = above.caller.mode()
            _tell_above(session, above)
        if self._mode is not None:
            session.mode = self._mode
        try:
            return await session.run(goal)
        finally:
            await session.close()


def _tell_above(session: Session, above: Ceiling) -> None:
    """Have what a new session's runs do in the log of the run above, where there is one."""
    keep = above.caller.log
    if keep is None:
        return
    if session.log is None:
        session.keep_in(InMemoryStore)
    assert session.log is not None  # noqa: S101  it has just got one
    agent, of = session.engine.config.name, above.caller.session_id
    whose = {"session": session.id, "agent": agent, "above": of, "call_id": above.call_id}

    def tell(record: NewRecord) -> None:
        told = record_below(record, whose, above.caller.run_id)
        if told is not None:
            keep(told)

    session.log.told = tell


def brief_of(manager: ContextManager | None) -> str:
    """What an agent knows of its work, for those that it gives a part of it: goal, plan, progress and notes."""
    if manager is None:
        return ""
    working, parts = manager.working, list[str]()
    if manager.goal is not None:
        parts.append(f"The whole goal: {manager.goal.text}")
    if working.progress:
        parts.append(f"Progress: {working.progress}")
    listed: list[tuple[str, list[Any]]] = [("Open steps", working.open_steps), ("Notes", working.notes)]
    parts += [f"{title}:\n" + "\n".join(f"- {each}" for each in held) for title, held in listed if held]
    return "\n".join(parts)
