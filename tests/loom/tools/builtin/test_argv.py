"""run_command with words instead of a line: no shell reads them, and every rule about commands holds for them."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent
from loom.agent import Agent
from loom.config import PermissionRules, PolicyConfig, SafetyEvaluator, SafetyRule
from loom.config.permissions import parse_rule
from loom.runtime import SessionConfig
from loom.safety.argv import without_line
from loom.safety.commands import read_words
from loom.safety.permissions import PermissionMode
from loom.safety.redaction import HIDDEN, redacted
from loom.safety.rules import covers, forbids, offered_rule
from loom.tools.builtin import preview_of, workspace_tools
from loom.types.approvals import ApprovalRequest, Decision
from tests.support.agents import AskedProvider, assert_catalogued, call, of_type, requests_of


def agent_in(root: Path, *turns: Any, approvals: Any = None, **config: Any) -> Agent:
    ref = ModelRef.scripted([*turns, "done"])
    made = AgentConfig(ref, capabilities=["shell"], **config)
    return create_agent(made, workspace=root, provider=AskedProvider(ref), approvals=approvals)


def rules(**lists: list[str]) -> PolicyConfig:
    return PolicyConfig(permissions=PermissionRules(**lists), extensions={"sandbox": "off"})


async def test_words_are_passed_on_as_they_are(tmp_path: Path) -> None:
    odd = ["$HOME", "`id`", "a b", "*", "';rm x;'", "x\ny", ""]
    agent = agent_in(
        tmp_path, call("run_command", argv=["printf", "[%s]", *odd]), policy=rules(allow=["run_command(printf *)"])
    )
    result = await agent.run("go")
    assert_catalogued(result.events)
    assert requests_of(agent)[1].messages[-1].text == "".join(f"[{word}]" for word in odd) + "\n[exit code 0]"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "either 'command'"),
        ({"command": "ls", "argv": ["ls"]}, "either 'command'"),
        ({"argv": []}, "is empty"),
        ({"argv": [""]}, "is empty"),
        ({"argv": ["ls", "a\x00b"]}, "NUL"),
        ({"command": "ls \x00"}, "NUL"),
        ({"argv": ["no-such-program-here"]}, "can't be run"),
        ({"argv": "ls"}, "argv"),
        ({"argv": ["ls", 5]}, "argv"),
    ],
)
async def test_what_can_not_be_run_is_told_in_words(tmp_path: Path, arguments: dict[str, Any], said: str) -> None:
    agent = agent_in(
        tmp_path, call("run_command", **arguments),
        approvals=lambda _: Decision.allow_once(), policy=PolicyConfig(extensions={"sandbox": "off"}),
    )  # fmt: skip
    await agent.run("go")
    assert said in requests_of(agent)[1].messages[-1].text


@pytest.mark.parametrize(
    "argv",
    [
        ["rm", "x"], ["/bin/rm", "x"], ["env", "A=1", "rm", "x"], ["sh", "-c", "cd . && 'r'm x"],
        ["sudo", "-u", "me", "rm"],
        ["timeout", "5", "xargs", "rm"], ["find", ".", "-exec", "rm", "{}", ";"], ["bash", "-lc", "echo $(rm x)"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("rule", ["run_command(rm *)", "run_command(command=rm *)", "run_command(argv=rm *)"])
async def test_a_denial_of_a_command_holds_for_words_and_through_wrappers(
    tmp_path: Path, argv: list[str], rule: str
) -> None:
    (tmp_path / "x").touch()
    agent = agent_in(
        tmp_path, call("run_command", argv=argv), approvals=lambda _: Decision.allow_once(), policy=rules(deny=[rule])
    )
    result = await agent.run("go")
    assert of_type(result, "tool.vetoed")[0]["rule"].startswith("rule: deny")
    assert (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("argv", "denied"),
    [
        (["/lib64/ld-linux-x86-64.so.2", "/bin/rm", "x"], True),
        (["tar", "--checkpoint-action=exec=rm x", "cf", "a"], True),
        (["tar", "-I", "rm x", "-cf", "a"], True), (["perl", "-e", "unlink 'x'"], None),
        (["python3.12", "-c", "import os; os.remove('x')"], None), (["node", "--eval=1"], None),
        (["awk", 'BEGIN{system("r" "m x")}'], None), (["vim", "-c", "!r" "m x"], None), (["vim", "+!date"], None),
        (["awk", "{print $1}", "f"], False), (["python3", "script.py"], False), (["vim", "f"], False),
        (["tar", "tf", "a"], False),
    ],
)  # fmt: skip
def test_programs_that_run_others_are_looked_through_or_asked_about(argv: list[str], denied: bool | None) -> None:
    pattern = parse_rule("run_command(rm *)")
    assert forbids(pattern, "run_command", {"command": None, "argv": argv}, None) is denied
    assert forbids(pattern, "run_command", {"command": shlex.join(argv), "argv": None}, None) is denied


def test_given_both_ways_the_denied_one_counts_and_nothing_is_allowed() -> None:
    both = {"command": "ls", "argv": ["rm", "x"]}
    assert forbids(parse_rule("run_command(rm *)"), "run_command", both, None) is True
    assert not covers(parse_rule("run_command(ls)", allows=True), "run_command", both, None)


@pytest.mark.parametrize(
    ("argv", "allowed"),
    [
        (["git", "status"], True), (["git", "status", "-s"], False), (["git status"], False), (["git", "sta*"], False),
        (["echo", "a;b"], True), (["echo", "a\x1b"], False), (["-echo"], False), (["./echo", "a"], False),
        (["env", "git", "status"], False), (["find", ".", "-exec", "ls", ";"], False),
        (["find", ".", "-name", "*"], True),
    ],
)  # fmt: skip
async def test_a_permission_covers_words_exactly(tmp_path: Path, argv: list[str], allowed: bool) -> None:
    asked: list[ApprovalRequest] = []

    def ask(request: ApprovalRequest) -> Decision:
        asked.append(request)
        return Decision.deny()

    policy = rules(allow=["run_command(git status)", "run_command(echo *)", "run_command(find *)"])
    await agent_in(tmp_path, call("run_command", argv=argv), approvals=ask, policy=policy).run("go")
    assert (not asked) is allowed


@pytest.mark.parametrize(
    "rule",
    [
        SafetyRule.when_argument_contains_any(
            name="r", tool_name="run_command", argument="command", values=["rm -rf /tmp/a*"], reason="no"
        ),
        SafetyRule.when_argument_startswith(
            name="r", tool_name="run_command", argument="command", prefix="rm -rf", reason="no"
        ),
        SafetyRule.when_argument_equals(
            name="r", tool_name="run_command", argument="command", value="rm -rf /tmp/a*", reason="no"
        ),
        SafetyRule.custom(
            name="r", reason="no",
            evaluator=SafetyEvaluator.callable(lambda _tool, given: (given["command"] or "").startswith("rm ")),
        ),
    ],
)  # fmt: skip
async def test_a_veto_of_a_command_holds_for_words(tmp_path: Path, rule: SafetyRule) -> None:
    argv = ["rm", "-rf", "/tmp/a*"]
    agent = agent_in(
        tmp_path, call("run_command", argv=argv), approvals=lambda _: Decision.allow_once(), safety_rules=[rule]
    )
    refused = of_type(await agent.run("go"), "tool.vetoed")
    assert [each["kind"] for each in refused] == ["veto"]


async def test_hooks_for_commands_see_words_as_a_line(tmp_path: Path) -> None:
    seen: list[str] = []

    def look(context: dict[str, Any]) -> dict[str, Any]:
        seen.append(context["tool_input"]["command"])
        return {"decision": "allow", "updatedInput": context["tool_input"]}

    agent = agent_in(tmp_path, call("run_command", argv=["echo", "a b"]), policy=rules())
    agent.hooks.register("PreToolUse", look)
    await agent.run("go")
    assert seen[0] == "echo 'a b'"
    assert without_line({"command": "ls", "argv": ["a"]}, {"command": None, "argv": ["a"]}) == {
        "command": "ls", "argv": None,
    }  # fmt: skip


def test_the_card_and_the_schema_say_which(tmp_path: Path) -> None:
    tool = workspace_tools(tmp_path, ["shell"], "off")[0]
    shown = preview_of(tmp_path, tool, {"argv": ["rm", "-r", "a b"], "command": None})
    assert (shown["text"], shown["form"]) == ("rm -r 'a b'", "Without a shell, 3 words.")
    assert "deletes files recursively" in shown["effect"]
    assert preview_of(tmp_path, tool, {"command": "ls", "argv": None})["form"] == "Read by a shell."
    properties = tool.to_input_schema()["properties"]
    assert "without a shell" in properties["argv"]["description"]
    assert "for sh" in properties["command"]["description"]


def test_the_rule_that_is_offered_for_words_is_about_them(tmp_path: Path) -> None:
    assert offered_rule("run_command", {"command": None, "argv": ["git", "log", "a b"]}, tmp_path) == (
        "run_command(git log 'a b')"
    )
    assert offered_rule("run_command", {"command": None, "argv": ["ls", "*"]}, tmp_path) == ""
    assert read_words(("ls", "\u202e")).unclear


def test_a_secret_among_words_is_hidden() -> None:
    assert redacted(["mysql", "--password", "hunter2222", "db"]) == ["mysql", "--password", HIDDEN, "db"]


async def test_words_run_in_the_sandbox_too(tmp_path: Path) -> None:
    agent = agent_in(tmp_path, call("run_command", argv=["touch", "a b"]))
    session = agent.session(SessionConfig(id="s"))
    session.mode = PermissionMode.AUTO
    await session.run("go")
    assert (tmp_path / "a b").exists()
