"""Approvals, grants and rules through the gate: what was decided is what runs, and nothing else does."""

import asyncio
import hashlib
import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loom import AgentConfig, Decision, ModelRef, create_agent
from loom.agent import Agent
from loom.config import PermissionRules, PolicyConfig, SafetyRule
from loom.config.matching import fold
from loom.errors import ApprovalError, ConfigError
from loom.safety.permissions import PermissionMode
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.approvals import ApprovalRequest
from loom.types.runs import RunResult, RunState
from loom.types.strict_json import canonical
from tests.support.agents import AskedProvider, assert_catalogued, call, of_type, requests_of, scripted_agent
from tests.support.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.jsonl")


def with_profile(profile: Profile, workspace: Path, *turns: Any, **config: Any) -> Agent:
    ref = ModelRef.scripted(list(turns))
    return create_agent(
        AgentConfig(model=ref, **config), provider=AskedProvider(ref), profile=profile, workspace=workspace
    )


async def run_once(agent: Agent) -> RunResult:
    result = await agent.run("go")
    assert_catalogued(result.events)
    return result


def told(agent: Agent, request: int = 1) -> str:
    return requests_of(agent)[request].messages[-1].text


# -- what a person answers -------------------------------------------------------------------------


async def test_of_two_hundred_that_wait_each_answer_reaches_its_own(ledger: Ledger) -> None:
    calls = [{"name": "note", "arguments": {"text": f"n{number}"}, "id": f"c{number}"} for number in range(200)]
    agent = scripted_agent({"tool_calls": calls}, "ok", tools=[ledger.note(concurrency_safe=True)])
    agent.attach_approver()
    run = agent.session().start("go")
    async with asyncio.timeout(150):
        while len(agent.pending_approvals) < 200:
            await asyncio.sleep(0.01)
    waiting = {request.arguments["text"]: request for request in agent.pending_approvals}
    assert len({request.id for request in waiting.values()}) == 200
    for step in range(200):
        number = step * 73 % 200
        answer = Decision.allow_once() if number % 2 else Decision.deny(f"no {number}")
        run.decide(waiting[f"n{number}"].id, answer)
        with pytest.raises(ApprovalError):
            run.decide(waiting[f"n{number}"].id, Decision.allow_once())
    result = await run.wait()
    assert_catalogued(result.events)
    assert sorted(entry["text"] for entry in ledger.entries()) == sorted(f"n{n}" for n in range(1, 200, 2))
    denied = {each["call_id"]: each["reason"] for each in of_type(result, "tool.vetoed")}
    assert denied == {f"c{n}": f"no {n}" for n in range(0, 200, 2)}
    assert agent.pending_approvals == []


async def test_edited_arguments_are_checked_from_the_start_and_are_what_runs(ledger: Ledger) -> None:
    agent = scripted_agent(call("deploy", env="production"), "ok", tools=[ledger.deploy()])
    agent.attach_approver(lambda _: Decision.allow_once(arguments={"env": "staging"}))
    result = await run_once(agent)
    assert ledger.entries() == [{"tool": "deploy", "env": "staging", "dry": False}]
    assert of_type(result, "tool.started")[0]["arguments"] == {"env": "staging", "dry": False}
    assert of_type(result, "tool.approval_decided")[0]["edited"]


@pytest.mark.parametrize(
    ("edited", "kind"),
    [
        ({"env": 5}, "arguments"),
        ({"env": "x", "more": 1}, "arguments"),
        ({"env": "ＰＲＯＤ"}, "veto"),
    ],
)
async def test_an_edit_that_does_not_fit_or_is_vetoed_never_runs(
    ledger: Ledger, edited: dict[str, Any], kind: str
) -> None:
    rule = SafetyRule.when_argument_equals(
        name="no-prod", tool_name="deploy", argument="env", value="prod", reason="never"
    )
    agent = scripted_agent(call("deploy", env="a"), "ok", tools=[ledger.deploy()], safety_rules=[rule])
    agent.attach_approver(lambda _: Decision.allow_once(arguments=edited))
    result = await run_once(agent)
    assert ledger.entries() == []
    assert of_type(result, "tool.vetoed")[0]["kind"] == kind


async def test_stopping_at_an_approval_ends_the_run(ledger: Ledger) -> None:
    agent = scripted_agent(call("deploy"), "never said", tools=[ledger.deploy()])
    agent.attach_approver(lambda _: Decision.stop("enough"))
    result = await run_once(agent)
    assert result.state is RunState.CANCELLED
    assert ledger.entries() == []


async def test_an_approver_that_fails_or_answers_something_else_is_a_no(ledger: Ledger) -> None:
    def fails(_: ApprovalRequest) -> Decision:
        raise RuntimeError("broken")

    for approver in (fails, lambda _: True, lambda _: None, lambda _: "allow"):
        agent = scripted_agent(call("deploy"), "ok", tools=[ledger.deploy()])
        agent.attach_approver(approver)
        result = await run_once(agent)
        assert of_type(result, "tool.approval_decided")[0]["verdict"] == "deny"
    assert ledger.entries() == []


async def test_of_several_approvers_the_first_answer_holds(ledger: Ledger) -> None:
    async def slow(_: ApprovalRequest) -> Decision:
        await asyncio.sleep(60)
        return Decision.deny("too late")

    agent = scripted_agent(call("deploy"), "ok", tools=[ledger.deploy()])
    agent.attach_approver(slow)
    agent.attach_approver(lambda _: Decision.allow_once(by="second"))
    result = await run_once(agent)
    assert len(ledger.entries()) == 1
    assert of_type(result, "tool.started")[0]["allowed_by"] == "second: allow_once"


async def test_a_request_says_who_asks_why_and_what_it_would_do(tmp_path: Path, ledger: Ledger) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.txt").write_text("one\ntwo\n")
    seen: list[ApprovalRequest] = []
    agent = with_profile(
        Profile(tmp_path / "profile"),
        tmp_path / "work",
        {
            "text": "I must fix the second line.",
            "tool": "edit_file",
            "arguments": {"path": "a.txt", "old_text": "two", "new_text": "2"},
        },
        "ok",
        capabilities=["edit"],
        name="Editor",
    )

    def approve(request: ApprovalRequest) -> Decision:
        seen.append(request)
        return Decision.deny()

    agent.attach_approver(approve)
    await run_once(agent)
    assert seen[0].agent == "Editor"
    assert seen[0].why == "I must fix the second line."
    assert seen[0].preview["kind"] == "diff"
    assert "-two\n+2" in seen[0].preview["text"]
    assert seen[0].rule_offered == "edit_file(a.txt)"
    assert len(seen[0].schema_hash) == 64
    assert (tmp_path / "work" / "a.txt").read_text() == "one\ntwo\n"


async def test_secrets_are_hidden_in_events_but_not_from_the_tool(ledger: Ledger) -> None:
    secret = "sk-" + "a1b2c3d4" * 4
    agent = scripted_agent(call("note", text=f"curl -H 'Bearer {secret}' x"), "ok", tools=[ledger.note()])
    agent.attach_approver(lambda _: Decision.allow_once())
    result = await run_once(agent)
    assert ledger.entries()[0]["text"] == f"curl -H 'Bearer {secret}' x"
    for event_type in ("tool.approval_requested", "tool.started"):
        shown = of_type(result, event_type)[0]["arguments"]["text"]
        assert secret not in shown
        assert shown.startswith("curl -H 'Bearer ")
        assert shown.endswith("' x")


# -- grants ----------------------------------------------------------------------------------------


async def test_a_grant_for_the_session_answers_the_same_call_and_only_in_that_session(ledger: Ledger) -> None:
    turns = [call("deploy", env="a"), call("deploy", env="a"), call("deploy", env="b"), "ok"]
    agent = scripted_agent(*turns, call("deploy", env="a"), "ok", tools=[ledger.deploy()])
    answers = itertools.chain([Decision.allow_for_session()], itertools.repeat(Decision.deny()))
    agent.attach_approver(lambda _: next(answers))
    result = await agent.session().run("go")
    assert [entry["env"] for entry in ledger.entries()] == ["a", "a"]
    assert of_type(result, "tool.started")[1]["allowed_by"].startswith("grant:")
    await agent.session().run("again")
    assert len(ledger.entries()) == 2


async def test_always_lasts_to_the_next_start_in_this_workspace_until_it_is_revoked(
    tmp_path: Path, ledger: Ledger
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()

    async def runs(workspace: Path) -> int:
        before = len(ledger.entries())
        agent = with_profile(Profile(tmp_path / "p"), workspace, call("deploy", env="a"), "ok", tools=[ledger.deploy()])
        await run_once(agent)
        return len(ledger.entries()) - before

    first = with_profile(Profile(tmp_path / "p"), here, call("deploy", env="a"), "ok", tools=[ledger.deploy()])
    first.attach_approver(lambda _: Decision.allow_always())
    await run_once(first)
    assert await runs(here) == 1
    assert await runs(there) == 0
    profile = Profile(tmp_path / "p")
    await in_thread(profile.load)
    await in_thread(profile.grants.revoke, profile.grants.grants[0].id)
    assert await runs(here) == 0
    assert ((tmp_path / "p" / "grants.json").stat().st_mode & 0o077) == 0


async def test_a_grant_ends_with_its_time_and_with_the_tool_that_it_was_for(tmp_path: Path, ledger: Ledger) -> None:
    turns = [call("deploy", env="a"), call("deploy", env="a"), "ok"]
    agent = with_profile(Profile(tmp_path / "p"), tmp_path, *turns, tools=[ledger.deploy()])
    answers = itertools.chain([Decision.allow_always(expires_in_s=-1)], itertools.repeat(Decision.deny()))
    agent.attach_approver(lambda _: next(answers))
    await run_once(agent)
    assert len(ledger.entries()) == 1
    changed = ledger.deploy()
    lasting = with_profile(Profile(tmp_path / "q"), tmp_path, *turns, tools=[ledger.deploy()])
    lasting.attach_approver(lambda _: Decision.allow_always())
    await run_once(lasting)
    assert len(ledger.entries()) == 3
    changed.description = "Something else now."
    other = with_profile(Profile(tmp_path / "q"), tmp_path, *turns, tools=[changed])
    await run_once(other)
    assert len(ledger.entries()) == 3


async def test_a_grant_never_answers_a_rule_that_asks_nor_a_veto(tmp_path: Path, ledger: Ledger) -> None:
    turns = [call("deploy", env="a"), call("deploy", env="a"), "ok"]
    policy = PolicyConfig(permissions=PermissionRules(ask=["deploy"]))
    asked: list[str] = []

    def approve(request: ApprovalRequest) -> Decision:
        asked.append(request.rule)
        return Decision.allow_for_session()

    agent = scripted_agent(*turns, tools=[ledger.deploy()], policy=policy)
    agent.attach_approver(approve)
    await run_once(agent)
    assert len(asked) == 2


async def test_a_rule_that_does_not_cover_the_call_is_not_stored(tmp_path: Path, ledger: Ledger) -> None:
    profile = Profile(tmp_path / "p")
    for rule in ("deploy(env=b)", "note", "other(*)", "de*", "(("):
        agent = with_profile(profile, tmp_path, call("deploy", env="a"), "ok", tools=[ledger.deploy()])
        agent.attach_approver(lambda _, rule=rule: Decision.allow_always(rule=rule))
        result = await run_once(agent)
        assert of_type(result, "tool.approval_decided")[0]["reason"]
    assert profile.grants.grants == []


async def test_damaged_grants_grant_nothing_and_are_kept(tmp_path: Path, ledger: Ledger) -> None:
    file = tmp_path / "p" / "grants.json"
    file.parent.mkdir()
    file.write_text('{"grants": [{"tool": "deploy"')
    profile = Profile(tmp_path / "p")
    agent = with_profile(profile, tmp_path, call("deploy", env="a"), "ok", tools=[ledger.deploy()])
    agent.attach_approver(lambda _: Decision.allow_always())
    result = await run_once(agent)
    assert "can't be stored" in of_type(result, "tool.approval_decided")[0]["reason"]
    assert "damaged" in profile.grants.problem
    assert file.read_text() == '{"grants": [{"tool": "deploy"'


# -- rules -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(PermissionMode))
@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_deny_beats_ask_beats_allow_in_any_order(mode: PermissionMode, data: st.DataObject) -> None:
    from loom.config import ToolHandler, ToolSpec
    from loom.safety.permissions import Access, Permissions, decide
    from loom.safety.rules import sourced

    texts = st.lists(st.sampled_from(["deploy", "deploy(env=prod)", "deploy(env=*)", "note"]), max_size=3)
    rules = PermissionRules(allow=data.draw(texts), ask=data.draw(texts), deny=data.draw(texts))
    shuffled = data.draw(st.permutations(sourced(rules, "test")))
    tool = ToolSpec("deploy", handler=ToolHandler.callable(lambda: None))
    decision = decide(tool, {"env": "prod"}, Permissions(rules=tuple(shuffled)), mode)
    if any(rule.startswith("deploy") for rule in rules.deny) or mode is PermissionMode.PLAN:
        assert decision.access is Access.DENY
    elif any(rule.startswith("deploy") for rule in rules.ask):
        assert decision.access is Access.ASK
    elif any(rule.startswith("deploy") for rule in rules.allow) or mode is PermissionMode.AUTO:
        assert decision.access is Access.ALLOW
    else:
        assert decision.access is Access.ASK


@pytest.mark.parametrize("text", ["", "run_command(", "a b(c)", "()", "de ploy", "d)e("])
def test_a_rule_that_cannot_be_read_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match=r"PermissionRules\.deny"):
        PermissionRules(deny=[text])


def test_a_rule_that_allows_names_its_tool() -> None:
    PermissionRules(allow=["mcp__git__*"], deny=["*"], ask=["mcp__*"])
    with pytest.raises(ConfigError, match="name the tool"):
        PermissionRules(allow=["run_*"])


async def test_rules_about_paths_see_through_spellings(tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "src").mkdir(parents=True)
    (work / "src" / "a.py").write_text("a")
    (work / "link.py").symlink_to(work / "src" / "a.py")
    rules = PermissionRules(deny=["write_file(src/**)"], allow=["write_file(docs/*.md)"])
    targets = ["src/a.py", "./src/../src/a.py", str(work / "src" / "a.py"), "link.py", "docs/x.md", "docs/deep/x.md"]
    agent = with_profile(
        Profile(tmp_path / "p"),
        work,
        *[call("write_file", path=target, content="b") for target in targets],
        "ok",
        capabilities=["edit"],
        policy=PolicyConfig(permissions=rules),
    )
    result = await run_once(agent)
    assert [payload["kind"] for payload in of_type(result, "tool.vetoed")] == ["policy"] * 4 + ["no_approver"]
    assert (work / "src" / "a.py").read_text() == "a"
    assert (work / "docs" / "x.md").read_text() == "b"


async def test_a_protected_path_asks_in_every_mode_whatever_allows_it(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    for mode, rules in (
        (PermissionMode.AUTO, PermissionRules()),
        (PermissionMode.ACCEPT_EDITS, PermissionRules()),
        (PermissionMode.DEFAULT, PermissionRules(allow=["write_file(**)"])),
    ):
        agent = with_profile(
            Profile(tmp_path / "p"),
            work,
            call("write_file", path=".git/hooks/pre-commit", content="x"),
            "ok",
            capabilities=["edit"],
            policy=PolicyConfig(permissions=rules),
        )
        session = agent.session()
        session.mode = mode
        result = await session.run("go")
        assert of_type(result, "tool.vetoed")[0]["rule"] == "protected_path"
    assert not (work / ".git").exists()


async def test_a_look_alike_is_asked_about_even_where_the_mode_allows(ledger: Ledger) -> None:
    agent = scripted_agent(call("deploy", env="рroduction"), call("deploy", env="größe"), "ok", tools=[ledger.deploy()])
    session = agent.session()
    session.mode = PermissionMode.AUTO
    result = await session.run("go")
    assert of_type(result, "tool.vetoed")[0]["rule"] == "odd_text"
    assert [entry["env"] for entry in ledger.entries()] == ["größe"]


# -- a person's own files --------------------------------------------------------------------------


async def test_a_typo_in_the_rules_names_file_and_line_and_stops_every_tool(tmp_path: Path, ledger: Ledger) -> None:
    for text, line in (
        ("allow = ['note'\n", "line"),
        ("allow = []\ndenny = ['x']\n", "line 2"),
        ("deny = [\n 'ok',\n 'bad rule(',\n]\n", "line 3"),
        ("allow = 5\n", "allow"),
    ):
        folder = tmp_path / line.replace(" ", "")
        folder.mkdir()
        (folder / "permissions.toml").write_text(text)
        agent = with_profile(
            Profile(folder), tmp_path, call("note", text="x"), "ok", tools=[ledger.note(read_only=True)]
        )
        await run_once(agent)
        assert "permissions.toml" in told(agent)
        assert line in told(agent)
    assert ledger.entries() == []


async def test_a_workspace_only_tightens_until_it_is_trusted_as_it_is(tmp_path: Path, ledger: Ledger) -> None:
    work = tmp_path / "work"
    (work / ".loom").mkdir(parents=True)
    rules = work / ".loom" / "permissions.toml"
    rules.write_text("allow = ['deploy']\ndeny = ['note']\n")
    profile = Profile(tmp_path / "p")

    async def ran() -> list[str]:
        before = len(ledger.entries())
        agent = with_profile(
            Profile(tmp_path / "p"),
            work,
            call("deploy"),
            call("note", text="x"),
            "ok",
            tools=[ledger.deploy(), ledger.note(read_only=True)],
        )
        await run_once(agent)
        return [entry["tool"] for entry in ledger.entries()[before:]]

    assert await ran() == []
    assert await in_thread(profile.wishes, work) == ["deploy"]
    await in_thread(profile.trust, work)
    assert await ran() == ["deploy"]
    rules.write_text("allow = ['deploy', 'note']\n")
    assert await ran() == ["note"]  # reads need no rule; the changed file allows nothing


# -- audit -----------------------------------------------------------------------------------------


async def test_every_decision_is_recorded_and_what_can_not_be_recorded_does_not_run(
    tmp_path: Path, ledger: Ledger
) -> None:
    profile = Profile(tmp_path / "p")
    agent = with_profile(
        profile,
        tmp_path,
        call("note", text="a"),
        call("deploy"),
        "ok",
        tools=[ledger.note(read_only=True), ledger.deploy()],
    )
    await run_once(agent)
    entries = [entry.record for entry in reversed(await in_thread(profile.audit.entries))]
    assert [(record.what, record.tool) for record in entries] == [
        ("allowed", "note"),
        ("completed", "note"),
        ("refused", "deploy"),
    ]
    assert await in_thread(profile.audit.verify) == 3
    profile.audit.close()
    broken = Profile(tmp_path / "q")
    broken.audit.file.parent.mkdir()
    broken.audit.file.write_bytes(b"this is no database" * 100)
    shut = with_profile(broken, tmp_path, call("note", text="b"), "ok", tools=[ledger.note(read_only=True)])
    await run_once(shut)
    assert "audit" in told(shut)
    assert len(ledger.entries()) == 1


@pytest.mark.parametrize("text", ["a\x1b[2K b", "a\x08b", "a\x7f", "a\x0c", "a\u202eb"])
async def test_control_characters_are_asked_about_in_every_mode(ledger: Ledger, text: str) -> None:
    agent = scripted_agent(call("note", text=text), "ok", tools=[ledger.note()])
    session = agent.session()
    session.mode = PermissionMode.AUTO
    result = await session.run("go")
    assert of_type(result, "tool.vetoed")[0]["rule"] == "odd_text"
    assert ledger.entries() == []


ENVIRONMENTS = st.sampled_from(["dev", "staging", "prod", "PROD", "ｐｒｏｄ", "pro\u200bd", " prod ", "prоd", 5, None])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=ENVIRONMENTS,
    rewritten=st.none() | ENVIRONMENTS,
    edited=st.lists(ENVIRONMENTS, max_size=2),
    allows=st.booleans(),
)
def test_whatever_rewrites_the_arguments_they_are_checked_and_the_hash_approved_is_the_hash_run(
    tmp_path: Path, asked: Any, rewritten: Any, edited: list[Any], allows: bool
) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    before = len(ledger.entries())
    approved: set[str] = set()
    answers = list(edited)

    def answer(request: ApprovalRequest) -> Decision:
        if not allows:
            return Decision.deny()
        if not answers:
            approved.add(request.arguments_hash)
            return Decision.allow_once()
        wanted = {"env": answers.pop(), "dry": False}
        approved.add(hashlib.sha256(canonical(wanted)).hexdigest())
        return Decision.allow_once(arguments=wanted)

    async def main() -> RunResult:
        rule = SafetyRule.when_argument_equals(
            name="no-prod", tool_name="deploy", argument="env", value="prod", reason="never"
        )
        agent = scripted_agent(call("deploy", env=asked), "ok", tools=[ledger.deploy()], safety_rules=[rule])
        agent.attach_approver(answer)
        if rewritten is not None:
            agent.hooks.register("PreToolUse", lambda _: {"updatedInput": {"env": rewritten, "dry": False}})
        return await run_once(agent)

    result = asyncio.run(main())
    started = of_type(result, "tool.started")
    assert all(each["arguments_hash"] in approved for each in started)
    ran = ledger.entries()[before:]
    assert len(ran) == len(started) <= 1
    assert all(isinstance(each["env"], str) and fold(each["env"]) != "prod" for each in ran)
