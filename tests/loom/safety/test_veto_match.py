"""A refusal says which rule, and which part of which argument it is about."""

import time
from pathlib import Path
from typing import Any

import pytest

from loom import tool
from loom.config import PermissionRules, PolicyConfig, SafetyEvaluator, SafetyRule, ToolAccessPolicy, ToolPolicy
from loom.safety.redaction import HIDDEN
from loom.safety.veto_match import AROUND_CHARS, match_of_veto
from tests.support.agents import assert_catalogued, call, of_type, scripted_agent
from tests.support.ledger import Ledger


def contains(*values: str, argument: str = "command") -> SafetyRule:
    return SafetyRule.when_argument_contains_any(
        name="r", tool_name="t", argument=argument, values=list(values), reason="no"
    )


@pytest.mark.parametrize(
    ("rule", "arguments", "argument", "matched"),
    [
        (contains("x", "rm -rf"), {"command": "cd a && rm -rf b"}, "command", "rm -rf"),
        (contains("rm -rf"), {"command": "cd ａ; RM\u200b  -r\u00adf b"}, "command", "RM\u200b  -r\u00adf"),
        (contains("rm"), {"command": ["ls", "\U0001f600 rm x"]}, "command[1]", "rm"),
        (contains("rm -rf"), {"command": ["rm", "-rf", "x"]}, "command", "rm -rf"),
        (contains("deep"), {"command": {"a": {"b": "so deep"}}}, "command.a.b", "deep"),
        (
            SafetyRule.when_argument_startswith(name="r", tool_name="t", argument="p", prefix="/etc", reason="no"),
            {"p": "/usr/../etc/passwd"}, "p", "/usr/../etc",
        ),
        (
            SafetyRule.when_argument_equals(name="r", tool_name="t", argument="p", value="Prod", reason="no"),
            {"p": " PROD "}, "p", "PROD",
        ),
        (
            SafetyRule.when_argument_equals(name="r", tool_name="t", argument="on", value=True, reason="no"),
            {"on": True}, "on", "true",
        ),
    ],
)  # fmt: skip
def test_the_shortest_piece_that_matches_is_found(
    rule: SafetyRule, arguments: dict[str, Any], argument: str, matched: str
) -> None:
    found = match_of_veto(rule, arguments)
    assert found is not None
    assert found.argument == argument
    assert found.matched.strip() == matched


def test_a_match_brings_little_around_it_and_no_secret() -> None:
    found = match_of_veto(
        contains("forbidden"), {"command": "a" * 5000 + " API_KEY=abcd1234efgh forbidden " + "b" * 500}
    )
    assert found is not None
    assert len(found.text) < 2 * AROUND_CHARS + 40
    assert HIDDEN in found.text
    assert "abcd1234" not in found.text
    hidden = match_of_veto(contains("abcd1234efgh"), {"command": "API_KEY=abcd1234efgh"})
    assert hidden is None or "abcd" not in hidden.text


def test_what_no_text_decided_has_no_match() -> None:
    assert match_of_veto(SafetyRule.block_tool(name="r", tool_names=["t"], reason="no"), {"a": "b"}) is None
    evaluator = SafetyEvaluator.callable(lambda _tool, _arguments: True)
    assert match_of_veto(SafetyRule.custom(name="r", reason="no", evaluator=evaluator), {"a": "b"}) is None


def test_a_long_argument_does_not_take_long() -> None:
    began = time.process_time()
    match_of_veto(contains("nothing", "at the end"), {"command": "ä́ " * 1_000_000 + "at the end"})
    assert time.process_time() - began < 10, "some 0.5 s, in proportion to the length"


async def test_a_veto_tells_its_rule_and_what_matched(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")

    @tool(read_only=True)
    def t(command: str = "deploy to prod") -> str:
        """Do it."""
        ledger.write(ran="t")
        return "done"

    agent = scripted_agent(call("t"), "ok", tools=[t], safety_rules=[contains("to prod")])
    result = await agent.run("go")
    assert_catalogued(result.events)
    vetoed = of_type(result, "tool.vetoed")[0]
    assert vetoed["rule"] == "r"
    assert ledger.entries() == []
    assert vetoed["match"] == {"argument": "command", "text": "deploy to prod", "start": 7, "end": 14}


async def test_a_denying_rule_tells_what_it_denies() -> None:
    @tool(read_only=True)
    def t(command: str) -> str:
        """Do it."""
        return "done"

    policy = PolicyConfig(
        tools=ToolPolicy(access=ToolAccessPolicy(allow=["t"])), permissions=PermissionRules(deny=["t(rm *)"])
    )
    agent = scripted_agent(
        call("t", command="ls; sudo rm x"), call("t", command="'r'm x"), "ok", tools=[t], policy=policy
    )
    result = await agent.run("go")
    first, second = (refused["match"] for refused in of_type(result, "tool.vetoed"))
    assert first["text"][first["start"] : first["end"]] == "rm"
    assert second["text"][second["start"] : second["end"]] == "'r'm x"  # not as the rule writes it: all of it
