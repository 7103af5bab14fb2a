"""The gate: nothing runs that was not allowed, and what was allowed is what runs."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from loom import Decision, tool
from loom.agent import Agent
from loom.config import (
    PolicyConfig,
    RuntimeConfig,
    RuntimeFeatures,
    SafetyEvaluator,
    SafetyRule,
    ToolAccessPolicy,
    ToolHandler,
    ToolParameterSpec,
    ToolPolicy,
    ToolRateLimitPolicy,
    ToolSpec,
)
from loom.errors import ApprovalError
from loom.runtime import Run
from loom.safety.permissions import PermissionMode
from loom.types.runs import RunResult
from tests.support.agents import assert_catalogued, call, of_type, requests_of, scripted_agent
from tests.support.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.jsonl")


def policy(*, per_minute: int = 60, **access: Any) -> PolicyConfig:
    return PolicyConfig(
        tools=ToolPolicy(
            access=ToolAccessPolicy(**access), rate_limits=ToolRateLimitPolicy(max_calls_per_minute=per_minute)
        )
    )


def told(agent: Agent, request: int = 1) -> str:
    """What the model was told of the last tool call."""
    message = requests_of(agent)[request].messages[-1]
    assert message.role == "tool"
    return message.text


async def run_once(agent: Agent) -> RunResult:
    result = await agent.run("go")
    assert_catalogued(result.events)
    return result


# -- permission ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nature", "access", "runs"),
    [
        ({"read_only": True}, {}, True),
        ({}, {}, False),
        ({"destructive": True}, {}, False),
        ({"read_only": True, "destructive": True}, {}, False),
        ({"read_only": True, "requires_permission": True}, {}, False),
        ({"read_only": True}, {"allow": []}, False),
        ({}, {"allow": ["deploy"]}, True),
        ({"read_only": True}, {"allow": ["other"]}, False),
        ({"destructive": True}, {"allow": ["deploy"]}, False),
        ({"destructive": True}, {"allow": ["deploy"], "allow_destructive": True}, True),
        ({"destructive": True}, {"allow_destructive": True}, False),
        ({"read_only": True, "destructive": True}, {"allow": ["deploy"]}, False),
        ({"read_only": True}, {"deny": ["dep*"]}, False),
        ({}, {"allow": ["deploy"], "deny": ["DEPLOY"]}, False),
        ({"read_only": True}, {"read_only_only": True}, True),
        ({}, {"allow": ["deploy"], "read_only_only": True}, False),
        (
            {"read_only": True, "destructive": True},
            {"allow": ["deploy"], "allow_destructive": True, "read_only_only": True},
            False,
        ),
    ],
)
async def test_a_tool_runs_only_where_the_policy_permits_it(
    ledger: Ledger, nature: dict[str, bool], access: dict[str, Any], runs: bool
) -> None:
    agent = scripted_agent(
        call("deploy", env="staging"), "ok", tools=[ledger.deploy(**nature)], policy=policy(**access)
    )
    await run_once(agent)
    assert bool(ledger.entries()) is runs
    assert requests_of(agent)[1].messages[-1].is_error is not runs


async def test_a_name_with_brackets_is_denied_by_itself() -> None:
    """Though as a glob it would mean another name."""
    odd = tool(name="of[x]", read_only=True)(lambda: "ran")
    agent = scripted_agent(call("of[x]"), "ok", tools=[odd], policy=policy(deny=["of[x]"]))
    await run_once(agent)
    assert told(agent) == "Permission denied: 'of[x]' is denied by the policy (of[x])"


async def test_a_refusal_says_how_to_allow_it(ledger: Ledger) -> None:
    agent = scripted_agent(call("deploy"), "ok", tools=[ledger.deploy(destructive=True)])
    await run_once(agent)
    assert "policy.tools.access.allow" in told(agent)
    assert "allow_destructive=True" in told(agent)
    assert "attach_approver" in told(agent)


async def test_plan_mode_only_reads(ledger: Ledger) -> None:
    agent = scripted_agent(call("deploy"), "ok", tools=[ledger.deploy()], policy=policy(allow=["deploy"]))
    session = agent.session()
    session.mode = PermissionMode.PLAN
    await session.run("go")
    assert ledger.entries() == []
    assert "Plan mode" in told(agent)


async def test_auto_mode_runs_what_no_rule_denies_and_accept_edits_only_edits(ledger: Ledger) -> None:
    edit = ledger.note()
    edit.extensions["edits"] = True
    agent = scripted_agent(
        call("note", text="edit"), call("deploy"), "ok", call("deploy"), "ok", tools=[edit, ledger.deploy()]
    )
    session = agent.session()
    session.mode = PermissionMode.ACCEPT_EDITS
    await session.run("go")
    assert [entry["tool"] for entry in ledger.entries()] == ["note"]
    session.mode = PermissionMode.AUTO
    await session.run("go")
    assert [entry["tool"] for entry in ledger.entries()] == ["note", "deploy"]


async def test_an_unknown_tool_is_told_with_the_names_there_are(ledger: Ledger) -> None:
    agent = scripted_agent(call("depoly"), "ok", tools=[ledger.deploy()])
    result = await run_once(agent)
    assert told(agent).startswith("Tool not found: 'depoly'. The tools are: deploy")
    assert of_type(result, "tool.vetoed")[0]["kind"] == "unknown_tool"


# -- vetoes ----------------------------------------------------------------------------------------

NO_PROD = SafetyRule.when_argument_equals(
    name="no_prod", reason="Production is blocked", tool_name="deploy", argument="env", value="production"
)


@pytest.mark.parametrize(
    "arguments",
    [
        {"env": "production"},
        {},  # the tool's own default is the forbidden value
        {"env": "Production"},
        {"env": " production"},
        {"env": "production\n"},
        {"env": "prod\u200buction"},
        {"env": "ｐｒｏｄｕｃｔｉｏｎ"},
        {"env": "pro\u00adduction"},
    ],
)
async def test_a_vetoed_call_never_runs_however_it_is_spelled(ledger: Ledger, arguments: dict[str, Any]) -> None:
    agent = scripted_agent(
        call("deploy", **arguments),
        "ok",
        tools=[ledger.deploy()],
        policy=policy(allow=["deploy"]),
        safety_rules=[NO_PROD],
    )
    result = await run_once(agent)
    assert ledger.entries() == []
    assert told(agent) == "'deploy' was vetoed by rule 'no_prod': Production is blocked"
    assert of_type(result, "tool.vetoed")[0]["rule"] == "no_prod"


async def test_what_a_rule_does_not_forbid_runs(ledger: Ledger) -> None:
    agent = scripted_agent(
        call("deploy", env="staging"),
        "ok",
        tools=[ledger.deploy()],
        policy=policy(allow=["deploy"]),
        safety_rules=[NO_PROD],
    )
    await run_once(agent)
    assert ledger.entries() == [{"tool": "deploy", "env": "staging", "dry": False}]


async def hangs(_tool: str, _arguments: dict[str, Any]) -> bool:
    await asyncio.sleep(60)
    return False


def raises(_tool: str, _arguments: dict[str, Any]) -> bool:
    raise ValueError("boom")


async def says_yes(_tool: str, _arguments: dict[str, Any]) -> bool:
    return True


@pytest.mark.parametrize(
    ("evaluator", "said"),
    [
        (raises, "its evaluator failed: ValueError: boom"),
        (lambda _t, _a: None, "answered None"),
        (lambda _t, _a: 1, "answered 1"),
        (lambda _t, _a: "no", "answered 'no'"),
        (says_yes, "Production is blocked"),
        (hangs, "no answer in 0.05 s"),
    ],
)
async def test_an_evaluator_that_is_not_a_clear_no_is_a_veto(
    ledger: Ledger, evaluator: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if evaluator is hangs:
        monkeypatch.setattr("loom.safety.veto.EVALUATOR_TIMEOUT_S", 0.05)
    rule = SafetyRule.custom(name="r", reason="Production is blocked", evaluator=SafetyEvaluator.callable(evaluator))
    agent = scripted_agent(
        call("deploy"), "ok", tools=[ledger.deploy()], policy=policy(allow=["deploy"]), safety_rules=[rule]
    )
    await run_once(agent)
    assert ledger.entries() == []
    assert said in told(agent)


async def test_an_evaluator_that_says_false_lets_the_call_pass(ledger: Ledger) -> None:
    seen: list[dict[str, Any]] = []

    def evaluate(_tool: str, arguments: dict[str, Any]) -> bool:
        seen.append(dict(arguments))
        arguments["env"] = "changed by the rule"
        return False

    rule = SafetyRule.custom(name="r", reason="x", evaluator=SafetyEvaluator.callable(evaluate))
    agent = scripted_agent(
        call("deploy", env="staging"),
        "ok",
        tools=[ledger.deploy()],
        policy=policy(allow=["deploy"]),
        safety_rules=[rule],
    )
    await run_once(agent)
    assert ledger.entries() == [{"tool": "deploy", "env": "staging", "dry": False}], "a rule can't change what runs"
    assert seen[0] == {"env": "staging", "dry": False}, "rules see defaults"


async def test_rules_are_off_only_when_safety_is_switched_off(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    agent = scripted_agent(
        call("deploy"),
        "ok",
        tools=[ledger.deploy()],
        policy=policy(allow=["deploy"]),
        safety_rules=[NO_PROD],
        runtime=RuntimeConfig(features=RuntimeFeatures(enable_safety=False)),
    )
    await run_once(agent)
    assert len(ledger.entries()) == 1
    assert "not applied" in caplog.text


# -- arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"env": 3}, "env must be a valid string, got int 3"),
        ({"dry": "true"}, "dry must be a valid boolean, got str 'true'"),
        ({"dry": 1}, "dry must be a valid boolean"),
        ({"envv": "x"}, "envv is not a known field"),
        ('{"env": "a", "env": "production"}', "not a JSON object"),
        ("[]", "not a JSON object"),
        ('{"env": NaN}', "not a JSON object"),
        ('{"env": "a"', "not a JSON object"),
    ],
)
async def test_arguments_that_do_not_fit_never_run(ledger: Ledger, arguments: Any, said: str) -> None:
    turn = {"tool": "deploy", "arguments": arguments}
    agent = scripted_agent(turn, "ok", tools=[ledger.deploy()], policy=policy(allow=["deploy"]))
    result = await run_once(agent)
    assert ledger.entries() == []
    assert said in told(agent)
    assert of_type(result, "tool.vetoed")[0]["kind"] == "arguments"


async def test_a_hand_made_schema_is_checked_too(ledger: Ledger) -> None:
    def body(**arguments: Any) -> str:
        ledger.write(**arguments)
        return "ok"

    spec = ToolSpec(
        "raw",
        parameters=[
            ToolParameterSpec("n", "integer"),
            ToolParameterSpec("mode", "string", required=False, default="safe"),
        ],
        requires_permission=False,
        handler=ToolHandler.callable(body),
    )
    agent = scripted_agent(call("raw", n="1"), call("raw", x=1), call("raw", n=2), "ok", tools=[spec])
    await run_once(agent)
    assert ledger.entries() == [{"n": 2, "mode": "safe"}]


# -- rate ------------------------------------------------------------------------------------------


async def test_the_rate_limit_is_per_agent_over_all_sessions_and_counts_attempts(ledger: Ledger) -> None:
    turns = [
        call("deploy", env="a"),
        call("deploy", env=5),
        call("deploy", env="c"),
        "ok",
        call("deploy", env="d"),
        "ok",
    ]
    agent = scripted_agent(*turns, tools=[ledger.deploy()], policy=policy(allow=["deploy"], per_minute=3))
    await agent.session().run("one")
    result = await agent.session().run("two")
    assert [entry["env"] for entry in ledger.entries()] == ["a", "c"]
    assert of_type(result, "tool.vetoed")[0]["kind"] == "rate_limit"
    assert "more than 3 tool calls in a minute" in told(agent, 5)


async def test_calls_made_at_once_cannot_share_a_slot(ledger: Ledger) -> None:
    turn = {"tool_calls": [{"name": "note", "arguments": {"text": str(n)}} for n in range(10)]}
    agent = scripted_agent(
        turn, "ok", tools=[ledger.note(concurrency_safe=True)], policy=policy(allow=["note"], per_minute=4)
    )
    await run_once(agent)
    assert len(ledger.entries()) == 4


# -- approval --------------------------------------------------------------------------------------


async def answered(run: Run, decision: Decision) -> RunResult:
    async for event in run.events():
        if event.type == "tool.approval_requested":
            await run.decide(event.payload["request_id"], decision)
    return await run.wait()


async def test_an_approved_call_runs_with_exactly_what_was_shown(ledger: Ledger) -> None:
    agent = scripted_agent(call("deploy", env="stägi\u200bng"), "ok", tools=[ledger.deploy(destructive=True)])
    agent.attach_approver()
    result = await answered(agent.session().start("go"), Decision.allow_once())
    asked, started = of_type(result, "tool.approval_requested")[0], of_type(result, "tool.started")[0]
    assert asked["arguments"] == started["arguments"] == {"env": "stägi\u200bng", "dry": False}
    assert asked["arguments_hash"] == started["arguments_hash"]
    assert asked["risk"] == "destructive"
    assert ledger.entries() == [{"tool": "deploy", "env": "stägi\u200bng", "dry": False}]
    assert_catalogued(result.events)


async def test_a_denied_call_never_runs_and_the_model_is_told_why(ledger: Ledger) -> None:
    agent = scripted_agent(call("deploy"), "ok", tools=[ledger.deploy()])
    agent.attach_approver()
    result = await answered(agent.session().start("go"), Decision.deny("not on a Friday"))
    assert ledger.entries() == []
    assert told(agent) == "The person denied 'deploy': not on a Friday"
    assert of_type(result, "tool.approval_decided")[0]["verdict"] == "deny"
    assert_catalogued(result.events)


async def test_a_decision_counts_once_and_only_for_its_run(ledger: Ledger) -> None:
    agent = scripted_agent(call("deploy"), "ok", tools=[ledger.deploy()])
    agent.attach_approver()
    run = agent.session().start("go")
    other = agent.session().start("x")
    async for event in run.events():
        if event.type == "tool.approval_requested":
            request_id = event.payload["request_id"]
            with pytest.raises(ApprovalError, match="No call waits"):
                other.decide(request_id, Decision.allow_once())
            run.decide(request_id, Decision.deny())
            with pytest.raises(ApprovalError, match="decided already"):
                run.decide(request_id, Decision.allow_once())
    with pytest.raises(ApprovalError):
        run.decide("nothing", Decision.allow_once())
    assert ledger.entries() == []
    await other.wait()


async def test_when_the_last_approver_leaves_what_waits_is_refused(ledger: Ledger) -> None:
    agent = scripted_agent(call("deploy"), "ok", tools=[ledger.deploy()])
    handle = agent.attach_approver()
    run = agent.session().start("go")
    async for event in run.events():
        if event.type == "tool.approval_requested":
            handle.detach()
    assert ledger.entries() == []
    assert "nobody is there" in told(agent)


async def test_waiting_for_a_person_is_not_counted_as_work(ledger: Ledger) -> None:
    from loom.config import RuntimeLimits

    agent = scripted_agent(
        call("deploy"), "ok", tools=[ledger.deploy()], runtime=RuntimeConfig(limits=RuntimeLimits(max_wall_time_s=3.0))
    )
    agent.attach_approver()
    run = agent.session().start("go")
    async for event in run.events():
        if event.type == "tool.approval_requested":
            await asyncio.sleep(3.2)
            run.decide(event.payload["request_id"], Decision.allow_once())
    assert (await run.wait()).output == "ok"
    assert len(ledger.entries()) == 1


async def test_a_policy_that_tightens_while_the_person_thinks_wins(ledger: Ledger) -> None:
    agent = scripted_agent(call("deploy"), "ok", tools=[ledger.deploy()])
    agent.attach_approver()
    session = agent.session()
    run = session.start("go")
    async for event in run.events():
        if event.type == "tool.approval_requested":
            session.mode = PermissionMode.PLAN
            run.decide(event.payload["request_id"], Decision.allow_once())
    assert ledger.entries() == []


async def test_cancelling_while_a_person_is_asked_runs_nothing(ledger: Ledger) -> None:
    agent = scripted_agent(call("deploy"), "ok", tools=[ledger.deploy()])
    agent.attach_approver()
    run = agent.session().start("go")
    async for event in run.events():
        if event.type == "tool.approval_requested":
            run.cancel()
    assert ledger.entries() == []
    assert agent.engine.gate.desk.pending == []


# -- bodies ----------------------------------------------------------------------------------------


async def test_a_failing_tool_is_told_to_the_model_and_the_run_goes_on() -> None:
    @tool(read_only=True)
    def broken() -> str:
        raise KeyError("nope")

    @tool(read_only=True)
    async def cancels_itself() -> str:
        raise asyncio.CancelledError

    agent = scripted_agent(call("broken"), call("cancels_itself"), "went on", tools=[broken, cancels_itself])
    result = await run_once(agent)
    assert result.output == "went on"
    assert told(agent, 1) == "Error: KeyError: 'nope'"
    assert "cancelled itself" in told(agent, 2)


async def test_a_group_of_tasks_that_failed_in_a_tool_is_no_cancellation_of_the_run() -> None:
    """Before Python 3.13 a task goes on to count what its own group cancelled."""

    async def fails() -> None:
        raise ValueError("one of them")

    @tool(read_only=True)
    async def gathers() -> str:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fails())
                await asyncio.sleep(60)
        except* ValueError:
            pass
        return "caught"

    @tool(read_only=True)
    async def cancels_itself() -> str:
        raise asyncio.CancelledError

    agent = scripted_agent(call("gathers"), call("cancels_itself"), "went on", tools=[gathers, cancels_itself])
    result = await run_once(agent)
    assert result.output == "went on"
    assert told(agent, 1) == "caught"
    assert "cancelled itself" in told(agent, 2)


async def test_a_gate_that_fails_is_shut(ledger: Ledger) -> None:
    class Strange(SafetyRule):
        def conditions_match(self, tool_name: str, arguments: dict[str, Any]) -> bool | None:
            raise RuntimeError("rule store is gone")

    agent = scripted_agent(
        call("deploy"), "ok", tools=[ledger.deploy()], policy=policy(allow=["deploy"]), safety_rules=[Strange("s", "r")]
    )
    result = await run_once(agent)
    assert ledger.entries() == []
    assert of_type(result, "tool.vetoed")[0]["kind"] == "gate_error"
