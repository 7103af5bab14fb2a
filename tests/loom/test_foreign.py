"""Functions of others beside the tools: whatever an evaluator, an approver or a hook does, the call is refused."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from loom import tool
from loom.config import SafetyEvaluator, SafetyRule
from tests.support.agents import call, of_type, scripted_agent


def look() -> str:
    return "seen"


def quits(*_: Any) -> NoReturn:
    sys.exit(3)


def interrupts(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def cancels(*_: Any) -> NoReturn:
    raise asyncio.CancelledError


async def quits_too(*_: Any) -> NoReturn:
    sys.exit(3)


async def cancels_too(*_: Any) -> NoReturn:
    raise asyncio.CancelledError


class WordlessError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def wordless(*_: Any) -> NoReturn:
    raise WordlessError


ODD = [quits, interrupts, cancels, quits_too, cancels_too, wordless]


@pytest.mark.parametrize("odd", ODD)
async def test_an_evaluator_that_ends_oddly_forbids(odd: Callable[..., Any]) -> None:
    rule = SafetyRule.custom(name="odd", reason="because", evaluator=SafetyEvaluator.callable(odd))
    agent = scripted_agent(
        call("look"), "went on", tools=[tool(name="look", read_only=True)(look)], safety_rules=[rule]
    )
    result = await agent.run("go")
    assert result.output == "went on"
    (vetoed,) = of_type(result, "tool.vetoed")
    assert vetoed["rule"] == "odd"
    assert vetoed["reason"].startswith("because (its evaluator failed: ForeignError: ")


async def test_a_time_limit_of_an_evaluators_own_is_not_ours() -> None:
    async def late(*_: Any) -> bool:
        raise TimeoutError("the service is slow")

    rule = SafetyRule.custom(name="odd", reason="because", evaluator=SafetyEvaluator.callable(late))
    agent = scripted_agent(
        call("look"), "went on", tools=[tool(name="look", read_only=True)(look)], safety_rules=[rule]
    )
    (vetoed,) = of_type(await agent.run("go"), "tool.vetoed")
    assert "TimeoutError: the service is slow" in vetoed["reason"]


@pytest.mark.parametrize("odd", ODD)
async def test_an_approver_that_ends_oddly_says_no(odd: Callable[..., Any]) -> None:
    agent = scripted_agent(call("write"), "went on", tools=[tool(name="write")(look)])
    agent.attach_approver(odd)
    result = await agent.run("go")
    assert result.output == "went on"
    (decided,) = of_type(result, "tool.approval_decided")
    assert decided["verdict"] == "deny"
    assert decided["reason"].startswith("the approver failed: ForeignError: ")


@pytest.mark.parametrize("odd", ODD)
async def test_a_hook_that_ends_oddly_denies(odd: Callable[..., Any]) -> None:
    agent = scripted_agent(call("look"), "went on", tools=[tool(name="look", read_only=True)(look)])
    agent.hooks.register("PreToolUse", odd)
    result = await agent.run("go")
    assert result.output == "went on"
    (vetoed,) = of_type(result, "tool.vetoed")
    assert vetoed["kind"] == "hook"
    assert "it failed: ForeignError: " in vetoed["reason"]
