"""Hooks through the gate: functions and programs of a person's own, and whatever goes wrong with one is a no."""

import asyncio
import itertools
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.agent import Agent
from loom.config import HookSpec, PermissionRules, PolicyConfig, SafetyRule, ToolAccessPolicy, ToolPolicy
from loom.errors import ConfigError
from loom.safety.hooks import HookDecision, HookOutcome, combine
from loom.threads import in_thread
from loom.types.runs import RunResult, RunState
from tests.support.agents import assert_catalogued, call, of_type, requests_of, scripted_agent
from tests.support.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.jsonl")


async def run_once(agent: Agent) -> RunResult:
    result = await agent.run("go")
    assert_catalogued(result.events)
    return result


def told(agent: Agent, request: int = 1) -> str:
    return requests_of(agent)[request].messages[-1].text


@given(st.lists(st.sampled_from(list(HookDecision)), max_size=6))
def test_the_strongest_hook_wins_in_any_order(decisions: list[HookDecision]) -> None:
    outcome = combine([HookOutcome(decision) for decision in decisions])
    for strongest in (HookDecision.DENY, HookDecision.ASK, HookDecision.ALLOW):
        if strongest in decisions:
            assert outcome.decision is strongest
            return
    assert outcome.decision is HookDecision.NEUTRAL


@pytest.mark.parametrize(
    "answer",
    [None, False, True, "deny", ("deny", "x"), 5, [], {"decision": "perhaps"}, {"decision": 1}, {"decision": ["deny"]}],
)
async def test_a_hook_that_answers_no_decision_is_a_no(ledger: Ledger, answer: Any) -> None:
    agent = scripted_agent(call("note", text="x"), "ok", tools=[ledger.note(read_only=True)])
    agent.hooks.register("PreToolUse", lambda _: answer)
    result = await run_once(agent)
    assert ledger.entries() == []
    assert of_type(result, "tool.vetoed")[0]["kind"] == "hook"


async def test_a_hook_that_fails_or_hangs_is_a_no(ledger: Ledger) -> None:
    def fails(_: dict[str, Any]) -> HookDecision:
        raise KeyError("broken")

    async def hangs(_: dict[str, Any]) -> HookDecision:
        await asyncio.sleep(60)
        return HookDecision.ALLOW

    for hook in (fails, hangs):
        agent = scripted_agent(call("note", text="x"), "ok", tools=[ledger.note(read_only=True)])
        agent.hooks.register("PreToolUse", hook, timeout_s=0.2)
        await run_once(agent)
    assert ledger.entries() == []


async def test_a_hook_skips_a_question_but_no_rule_that_asks_and_no_denial(ledger: Ledger) -> None:
    for policy, runs in (
        (None, 1),
        (PolicyConfig(permissions=PermissionRules(ask=["deploy"])), 0),
        (PolicyConfig(permissions=PermissionRules(deny=["deploy"])), 0),
        (PolicyConfig(tools=ToolPolicy(access=ToolAccessPolicy(deny=["deploy"]))), 0),
    ):
        before = len(ledger.entries())
        agent = scripted_agent(call("deploy"), "ok", tools=[ledger.deploy()], policy=policy)
        agent.hooks.register("PreToolUse", lambda _: HookDecision.ALLOW)
        await run_once(agent)
        assert len(ledger.entries()) - before == runs


async def test_arguments_that_a_hook_wants_are_checked_and_are_what_runs(ledger: Ledger) -> None:
    rule = SafetyRule.when_argument_equals(name="r", tool_name="deploy", argument="env", value="prod", reason="never")

    def rewrites(env: Any) -> Any:
        return lambda _: {"hookSpecificOutput": {"permissionDecision": "allow", "updatedInput": {"env": env}}}

    for env, runs in (("staging", True), ("PROD", False), (5, False)):
        before = len(ledger.entries())
        agent = scripted_agent(call("deploy", env="a"), "ok", tools=[ledger.deploy()], safety_rules=[rule])
        agent.hooks.register("PreToolUse", rewrites(env))
        await run_once(agent)
        assert (len(ledger.entries()) > before) is runs
    assert ledger.entries()[-1]["env"] == "staging"


async def test_hooks_that_rewrite_for_ever_or_disagree_are_a_no(ledger: Ledger) -> None:
    numbers = itertools.count()
    agent = scripted_agent(call("note", text="x"), "ok", tools=[ledger.note(read_only=True)])
    agent.hooks.register(
        "PreToolUse", lambda _: HookOutcome(context_updates={"arguments": {"text": str(next(numbers))}})
    )
    await run_once(agent)
    other = scripted_agent(call("note", text="x"), "ok", tools=[ledger.note(read_only=True)])
    for text in ("a", "b"):
        other.hooks.register(
            "PreToolUse", lambda _, text=text: HookOutcome(context_updates={"arguments": {"text": text}})
        )
    await run_once(other)
    assert ledger.entries() == []


PROGRAM = "import json, sys; given = json.load(sys.stdin); "


@pytest.mark.parametrize(
    ("program", "runs", "said"),
    [
        ("pass", True, ""),
        ("print(json.dumps({'decision': 'allow'}))", True, ""),
        ("sys.exit(2 if given['tool_input']['text'] == 'x' else 0)", False, "denied by the hook"),
        ("print('not so', file=sys.stderr); sys.exit(2)", False, "not so"),
        ("print(json.dumps({'decision': 'block', 'reason': 'house rule'}))", False, "house rule"),
        ("print(json.dumps({'hookSpecificOutput': {'permissionDecision': 'deny'}}))", False, "denied"),
        ("print(json.dumps({'continue': False, 'stopReason': 'stop it'}))", False, "stop it"),
        ("sys.exit(1)", False, "ended with code 1"),
        ("print('deny')", False, "can't be read"),
        ('print(\'{"decision": "allow", "decision": "deny"}\')', False, "stands twice"),
        ("print('x' * 2_000_000)", False, "more than"),
        ("import time; time.sleep(60)", False, "did not answer"),
    ],
)
async def test_a_program_decides_by_exit_code_or_json_and_fails_closed(
    ledger: Ledger, program: str, runs: bool, said: str
) -> None:
    limit_s = 2 if "sleep" in program else 50
    hook = HookSpec("PreToolUse", [sys.executable, "-c", PROGRAM + program], matcher="note|other", timeout_s=limit_s)
    agent = scripted_agent(call("note", text="x"), "ok", tools=[ledger.note(read_only=True)], hooks=[hook])
    result = await run_once(agent)
    assert bool(ledger.entries()) is runs
    if not runs:
        assert said in of_type(result, "tool.vetoed")[0]["message"]


async def test_a_program_that_is_not_there_is_a_no_and_another_tool_is_not_its_business(ledger: Ledger) -> None:
    hook = HookSpec("PreToolUse", ["/no/such/program"], matcher="deploy")
    tools = [ledger.note(read_only=True), ledger.deploy(read_only=True)]
    agent = scripted_agent(call("note", text="x"), call("deploy"), "ok", tools=tools, hooks=[hook])
    await run_once(agent)
    assert [entry["tool"] for entry in ledger.entries()] == ["note"]


async def test_hooks_see_the_other_moments_too(ledger: Ledger) -> None:
    seen: list[str] = []

    def note(name: str, decision: HookDecision = HookDecision.NEUTRAL, message: str = "") -> Any:
        def hook(context: dict[str, Any]) -> tuple[HookDecision, str]:
            seen.append(context["hook_event_name"])
            return decision, message

        hook.__name__ = name
        return hook

    agent = scripted_agent(call("note", text="x"), "done?", "done!", tools=[ledger.note(read_only=True)])
    agent.hooks.register("UserPromptSubmit", note("prompt"))
    agent.hooks.register("PostToolUse", note("after", HookDecision.DENY, "run the linter"))
    agent.hooks.register("RunEnd", lambda context: (seen.append(f"RunEnd {context['state']}"), HookDecision.NEUTRAL)[1])
    held = itertools.chain([HookDecision.DENY], itertools.repeat(HookDecision.NEUTRAL))
    agent.hooks.register("Stop", lambda context: (seen.append(context["hook_event_name"]), (next(held), "go on"))[1])
    result = await run_once(agent)
    await agent.aclose()
    assert seen == ["UserPromptSubmit", "PostToolUse", "Stop", "Stop", "RunEnd completed"]
    assert "run the linter" in told(agent)
    assert told(agent, 2) == "go on"
    assert result.output == "done!"


async def test_closing_right_after_a_run_lets_its_hooks_hear_of_the_end() -> None:
    heard: list[str] = []

    async def slowly(context: dict[str, Any]) -> tuple[HookDecision, str]:
        await asyncio.sleep(0.05)
        heard.append(context["state"])
        return HookDecision.NEUTRAL, ""

    agent = scripted_agent("done")
    agent.hooks.register("RunEnd", slowly)
    assert (await run_once(agent)).state is RunState.COMPLETED
    await agent.aclose()
    assert heard == ["completed"]


async def test_a_hook_can_refuse_a_message(ledger: Ledger) -> None:
    agent = scripted_agent("never")
    agent.hooks.register("UserPromptSubmit", lambda _: (HookDecision.DENY, "no secrets in prompts"))
    result = await run_once(agent)
    assert result.state is RunState.FAILED
    assert result.error is not None
    assert "no secrets in prompts" in result.error["message"]
    assert requests_of(agent) == []


def test_hooks_are_found_wrong_where_they_are_written() -> None:
    with pytest.raises(ConfigError, match="PreToolUse"):
        HookSpec("BeforeTool", ["x"])
    with pytest.raises(ConfigError, match="program"):
        HookSpec("Stop", [])
    with pytest.raises(ConfigError, match="no hook event"):
        scripted_agent("x").hooks.register("Nope", lambda _: None)


def test_hooks_can_be_asked_synchronously_and_fail_closed_there_too() -> None:
    async def later(_: dict[str, Any]) -> HookDecision:
        return HookDecision.ALLOW

    hooks = scripted_agent("x").hooks
    assert hooks.evaluate("PreToolUse", {}).decision is HookDecision.NEUTRAL
    hooks.register("PreToolUse", lambda context: (HookDecision.ASK, context["tool_name"]), matcher="note")
    assert hooks.trigger("PreToolUse", {"tool_name": "note"}) == (HookDecision.ASK, "note")
    assert hooks.trigger("PreToolUse", {"tool_name": "other"}) == (HookDecision.NEUTRAL, "")
    hooks.register("PreToolUse", later)
    assert hooks.trigger("PreToolUse", {"tool_name": "note"})[0] is HookDecision.DENY


async def test_what_hooks_know_at_the_start_of_a_session_goes_with_its_first_message(tmp_path: Path) -> None:
    program = tmp_path / "start.sh"
    program.write_text("#!/bin/sh\ncat > given.json\necho 'The build is <red> today.'\n")
    program.chmod(0o755)
    words = HookSpec("SessionStart", [str(program)], "startup|clear")
    other = HookSpec("SessionStart", ["false"], "compact")
    answer = {"hookSpecificOutput": {"hookEventName": "UserPromptSubmit", "additionalContext": "It is late."}}
    agent = scripted_agent("one", "two", hooks=[words, other])
    agent.engine.workspace = tmp_path
    agent.hooks.register("UserPromptSubmit", lambda context: answer if context["prompt"] == "First" else {})
    session = agent.session()
    first = await session.run("First")
    await session.run("Second")
    sent = [request.messages[-1].text for request in requests_of(agent)]
    assert sent[0] == (
        'First\n\n<hook_context event="SessionStart">\nThe build is &lt;red&gt; today.\n</hook_context>\n\n'
        '<hook_context event="UserPromptSubmit">\nIt is late.\n</hook_context>'
    )
    assert sent[1] == "Second"
    assert [event.type for event in first.events][:2] == ["run.started", "ecosystem.notice"]
    assert "It is late." in first.events[1].payload["text"], "the person sees what the model is told"
    seen = json.loads(await in_thread((tmp_path / "given.json").read_text))
    assert (seen["hook_event_name"], seen["source"]) == ("SessionStart", "startup")
    await agent.aclose()
