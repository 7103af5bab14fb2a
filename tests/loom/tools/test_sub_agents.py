"""A run that a tool begins may do no more than the run whose tool it is: parent ∩ child, however deep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from loom import Agent, AgentConfig, ModelRef, RunContext, SessionConfig, create_agent, tool
from loom.config import PolicyConfig, SafetyRule, ToolAccessPolicy, ToolPolicy, ToolRateLimitPolicy, ToolSpec
from loom.safety.hooks import HookDecision, HookOutcome
from loom.safety.permissions import PermissionMode
from loom.types.approvals import ApprovalRequest, Decision

ALL = ToolAccessPolicy(allow=["write", "delegate"], allow_destructive=True)


class Family:
    """A child that writes, and what it wrote; parents that give it work."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.told: list[str] = []

    def child(self, access: ToolAccessPolicy | None = ALL) -> Agent:
        """An agent that writes once."""

        @tool(name="write", destructive=True)
        def write(text: str) -> str:
            """Write a text."""
            self.written.append(text)
            return "written"

        turns = [{"tool": "write", "arguments": {"text": "hello"}}, self._tell] * 2
        return agent("child", turns, [write], access)

    def parent(
        self,
        child: Agent,
        access: ToolAccessPolicy | None = ALL,
        name: str = "parent",
        approvals: Callable[[ApprovalRequest], Any] | None = None,
        **config: Any,
    ) -> Agent:
        """An agent that gives its work to `child`."""

        @tool(name="delegate", read_only=True)
        async def delegate(goal: str) -> str:
            """Give work to another agent."""
            return (await child.run(goal)).output

        turns = [{"tool": "delegate", "arguments": {"goal": "write hello"}}, "done"]
        return agent(name, turns, [delegate], access, approvals, **config)

    def _tell(self, request: Any) -> str:
        self.told.append(request.messages[-1].text)
        return "I wrote" if self.written else "I could not"


def agent(
    name: str,
    turns: list[Any],
    tools: list[ToolSpec],
    access: ToolAccessPolicy | None,
    approvals: Any = None,
    calls: int = 100,
    **config: Any,
) -> Agent:
    policy = ToolPolicy(access=access or ToolAccessPolicy(), rate_limits=ToolRateLimitPolicy(calls))
    made = AgentConfig(ModelRef.scripted(turns), name=name, tools=tools, policy=PolicyConfig(tools=policy), **config)
    return create_agent(made, approvals=approvals)


async def run(parent: Agent, mode: PermissionMode | None = None) -> None:
    session = parent.session(SessionConfig(id="s"))
    if mode is not None:
        session.mode = mode
    result = await session.run("go", RunContext())
    assert result.state.value == "completed", result.error


async def test_what_both_allow_runs() -> None:
    family = Family()
    await run(family.parent(family.child()))
    assert family.written == ["hello"]


NO_WRITING: list[tuple[dict[str, Any], str]] = [
    ({"access": ToolAccessPolicy(deny=["wr*"])}, "denied by the policy (wr*)"),
    ({"access": ToolAccessPolicy(allow=["delegate"])}, "not in the policy's allow list"),
    ({"access": ToolAccessPolicy(allow=["delegate", "write"])}, "needs permission"),
    ({"access": ToolAccessPolicy(read_only_only=True)}, "allows only reading"),
    ({"access": ToolAccessPolicy()}, "nobody is attached"),
    ({"safety_rules": [SafetyRule.block_tool(name="no", tool_names=["write"], reason="not today")]}, "not today"),
    ({"calls": 1}, "Rate limit: more than 1 tool calls"),
]


@pytest.mark.parametrize(("parent", "why"), NO_WRITING, ids=[why for _, why in NO_WRITING])
async def test_what_the_parent_may_not_do_its_sub_agent_may_not(parent: dict[str, Any], why: str) -> None:
    family = Family()
    await run(family.parent(family.child(), **parent))
    assert family.written == []
    assert why in family.told[0]


async def test_in_plan_mode_sub_agents_only_read() -> None:
    family = Family()
    await run(family.parent(family.child()), PermissionMode.PLAN)
    assert family.written == []
    assert "Plan mode only reads" in family.told[0]
    assert "'parent', which gave this work" in family.told[0]


async def test_auto_mode_of_the_parent_allows_nothing_that_the_child_must_ask_for() -> None:
    family = Family()
    await run(family.parent(family.child(None)), PermissionMode.AUTO)
    assert family.written == []
    assert "nobody is attached" in family.told[0]


async def test_who_answers_for_the_parent_is_asked_for_its_sub_agent() -> None:
    family = Family()
    asked: list[ApprovalRequest] = []

    def answer(request: ApprovalRequest) -> Decision:
        asked.append(request)
        return Decision.allow_once()

    await run(family.parent(family.child(), ToolAccessPolicy(), approvals=answer))
    assert [(request.tool, request.agent, request.arguments) for request in asked] == [
        ("write", "child", {"text": "hello"})
    ]
    assert family.written == ["hello"]


@pytest.mark.parametrize("decision", [HookDecision.DENY, HookDecision.ASK])
async def test_a_hook_of_the_parent_stops_its_sub_agent(decision: HookDecision) -> None:
    family = Family()
    parent = family.parent(family.child())

    def no_writing(context: dict[str, Any]) -> HookOutcome:
        return HookOutcome(decision if context["tool_name"] == "write" else HookDecision.ALLOW, "hands off")

    parent.hooks.register("PreToolUse", no_writing)
    await run(parent)
    assert family.written == []
    assert "hands off" in family.told[0]


async def test_it_holds_however_deep() -> None:
    family = Family()
    middle = family.parent(family.child(), name="middle")
    await run(family.parent(middle, ToolAccessPolicy(deny=["write"])))
    assert family.written == []
    assert "denied by the policy" in family.told[0]


async def test_an_agent_by_itself_is_held_by_nobody_after_it_worked_for_another() -> None:
    family = Family()
    child = family.child()
    await run(family.parent(child, ToolAccessPolicy(deny=["write"])))
    assert family.written == []
    await child.run("write hello")
    assert family.written == ["hello"]
