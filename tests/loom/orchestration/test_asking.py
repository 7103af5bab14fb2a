"""Calls of a harness run that wait for a person: what was allowed for the run, and what never is."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loom.agent import create_agent
from loom.config import AgentConfig, ModelRef, ToolSpec
from loom.errors import ApprovalError
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration.asking import (
    answer_approval,
    asks_by_signal,
    grants_of,
    pending_approvals,
    revoke_grant,
)
from loom.orchestration.durable import DurableEngine, LogEngine
from loom.roles import harness_of
from loom.safety.profile import Profile
from loom.types.approvals import ApprovalRequest, Decision, Verdict
from tests.support.harness_agents import agents_in


def request(arguments: dict[str, object], **other: object) -> ApprovalRequest:
    path = arguments.get("path")
    made = ApprovalRequest(
        id=f"ask-{len(str(arguments))}-{path}",
        run_id="run",
        session_id="r.generate.1",
        call_id="c1",
        tool="write_file",
        arguments=dict(arguments),
        arguments_hash=f"hash of {sorted(arguments.items())}",
        reason="it writes",
        schema_hash="s",
        may_last=True,
        rule_offered=f"write_file({path})",
    )
    return replace(made, **other)


@asynccontextmanager
async def journal(folder: Path) -> AsyncGenerator[LogEngine]:
    store = await asyncio.to_thread(SQLiteStore, folder / "harness.db", fsync=False)
    try:
        yield LogEngine(store)
    finally:
        await asyncio.to_thread(store.close)


async def first_waiting(engine: DurableEngine, run_id: str, number: int = 1) -> list[ApprovalRequest]:
    async with asyncio.timeout(150):
        while len(waiting := await pending_approvals(engine, run_id)) < number:
            await asyncio.sleep(0.02)
    return waiting


@pytest.mark.parametrize("revokes", [False, True])
async def test_what_is_allowed_for_a_run_is_not_asked_about_again_until_it_is_taken_back(
    tmp_path: Path, revokes: bool
) -> None:
    await asyncio.to_thread(agents_in, tmp_path)
    work = tmp_path / "work"
    details = {
        "agent": str(tmp_path / "gen.toml"),
        "evaluator": str(tmp_path / "judge.toml"),
        "workspace": str(work),
        "asks": "wait",
        "max_sprints": 3,
    }
    async with (
        journal(tmp_path) as engine,
        harness_of(engine, details, Profile(tmp_path / "profile"), run_id="r") as harness,
    ):
        working = asyncio.ensure_future(harness.run("Write it", "r", details))
        (asked,) = await first_waiting(engine, "r")
        assert asked.rule_offered == "write_file(it.txt)"
        for_run = Decision.allow_for_session("Ada", rule=asked.rule_offered)
        await answer_approval(engine, "r", asked.id, asked.arguments_hash, for_run)
        (grant,) = await grants_of(engine, "r")
        assert (grant.id, str(grant), grant.by) == (asked.id, "write_file(it.txt)", "Ada")
        if revokes:
            await revoke_grant(engine, "r", grant.id)
            assert await grants_of(engine, "r") == []
            (again,) = await first_waiting(engine, "r")
            assert again.arguments == {"path": "it.txt", "content": "two"}
            await answer_approval(engine, "r", again.id, again.arguments_hash, Decision.allow_once())
            with pytest.raises(ApprovalError, match="not any more"):
                await revoke_grant(engine, "r", grant.id)
        while (waiting := (await first_waiting(engine, "r"))[0]).arguments["path"] != "other.txt":
            assert revokes
        assert (work / "it.txt").read_text() == "two"
        assert not (work / "other.txt").exists()
        await answer_approval(engine, "r", waiting.id, waiting.arguments_hash, Decision.deny("not that"))
        await asyncio.wait_for(working, 150)
        assert not (work / "other.txt").exists()
        # What was allowed for a run ends with it.
        assert await grants_of(engine, "r") == []


async def test_an_answer_for_the_run_lets_the_calls_go_that_wait_beside_it(tmp_path: Path) -> None:
    async with journal(tmp_path) as engine:
        await engine.start("r", {"brief": "b", "max_sprints": 1})
        told: list[str] = []
        ask = asks_by_signal(engine, "r", tmp_path, lambda each: told.append(each.id))
        same = [request({"path": "a.txt", "content": "x" * n}) for n in (1, 2)]
        other = request({"path": "b.txt", "content": "y"})
        work = [asyncio.ensure_future(ask(each)) for each in (*same, other)]
        waiting = await first_waiting(engine, "r", 3)
        assert sorted(told) == sorted(each.id for each in waiting)
        first = same[0]
        for_run = Decision.allow_for_session(rule=first.rule_offered)
        await answer_approval(engine, "r", first.id, first.arguments_hash, for_run)
        answers = await asyncio.wait_for(asyncio.gather(*work[:2]), 150)
        assert [each.verdict for each in answers] == [Verdict.ALLOW_ONCE] * 2
        assert {each.by for each in answers} == {"person, for this run"}
        assert await pending_approvals(engine, "r") == [other]
        assert not work[2].done()
        # Another tool of that name, with another schema, is another tool.
        work.append(asyncio.ensure_future(ask(replace(same[1], id="z", schema_hash="another"))))
        assert [each.id for each in await first_waiting(engine, "r", 2)] == [other.id, "z"]
        for each in work:
            each.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await engine.leave("r")


async def test_a_call_that_is_asked_about_each_time_can_not_be_allowed_for_the_run(tmp_path: Path) -> None:
    async with journal(tmp_path) as engine:
        await engine.start("r", {"brief": "b", "max_sprints": 1})
        ask = asks_by_signal(engine, "r", tmp_path)
        each = request({"path": "a.txt"}, may_last=False, rule_offered="")
        lasting = request({"path": "b.txt"})
        work = [asyncio.ensure_future(ask(one)) for one in (each, lasting)]
        await first_waiting(engine, "r", 2)
        with pytest.raises(ApprovalError, match="asked about each time, because it writes"):
            await answer_approval(engine, "r", each.id, each.arguments_hash, Decision.allow_for_session())
        wide = Decision.allow_for_session(rule="write_file(*)")
        with pytest.raises(ApprovalError, match="not the one that was offered"):
            await answer_approval(engine, "r", lasting.id, lasting.arguments_hash, wide)
        # Whoever writes into the signals by hand gets no more than that.
        said = {"verdict": "allow_session", "reason": "", "by": "x", "rule": "write_file(*)"}
        hashed = {"request_id": lasting.id, "arguments_hash": lasting.arguments_hash}
        await engine.signal("r", "answered", {**hashed, **said})
        assert (await asyncio.wait_for(work[1], 150)).is_allowed
        assert await grants_of(engine, "r") == []
        work[0].cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await engine.leave("r")


async def test_a_call_of_work_that_another_machine_began_again_waits_no_more(tmp_path: Path) -> None:
    async with journal(tmp_path) as engine:
        await engine.start("r", {"brief": "b", "max_sprints": 1})
        ask = asks_by_signal(engine, "r", tmp_path)
        first = asyncio.ensure_future(ask(request({"path": "a.txt"}, id="one", run_id="on the first machine")))
        await first_waiting(engine, "r")
        first.cancel()  # it died there
        again = asyncio.ensure_future(ask(request({"path": "a.txt"}, id="two", run_id="on the second machine")))
        async with asyncio.timeout(150):
            while [each.id for each in await pending_approvals(engine, "r")] != ["two"]:
                await asyncio.sleep(0.02)
        with pytest.raises(ApprovalError, match="No call"):
            await answer_approval(engine, "r", "one", "x", Decision.allow_once())
        again.cancel()
        await asyncio.gather(first, again, return_exceptions=True)
        await engine.leave("r")


@asynccontextmanager
async def worked_on(folder: Path) -> AsyncGenerator[tuple[LogEngine, Profile, asyncio.Future[Any]]]:
    """A run "r" of the agents of `agents_in`, at work with the profile, in `folder`/work."""
    await asyncio.to_thread(agents_in, folder)
    details = {
        "agent": str(folder / "gen.toml"),
        "evaluator": str(folder / "judge.toml"),
        "workspace": str(folder / "work"),
        "asks": "wait",
        "max_sprints": 3,
    }
    profile = Profile(folder / "profile")
    async with (
        journal(folder) as engine,
        harness_of(engine, details, profile, run_id="r") as harness,
    ):
        working = asyncio.ensure_future(harness.run("Write it", "r", details))
        try:
            yield engine, profile, working
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


async def test_edited_arguments_run_byte_for_byte_and_what_would_be_filled_in_is_asked_about_again(
    tmp_path: Path,
) -> None:
    async with worked_on(tmp_path) as (engine, _profile, _working):
        (asked,) = await first_waiting(engine, "r")
        saw = (engine, "r", asked.id, asked.arguments_hash)
        for arguments, problem in (
            ({"path": 7, "content": "x"}, "path"),
            ({"path": "it.txt"}, "content"),
            ({"path": "it.txt", "content": "x", "more": 1}, "more"),
        ):
            with pytest.raises(ApprovalError, match=problem):
                await answer_approval(*saw, Decision.allow_once(arguments=arguments))
        edited = {"content": "zwei \u00a0ü\n", "path": "it.txt"}
        lasting = replace(Decision.allow_for_session(), arguments=edited)
        with pytest.raises(ApprovalError, match="only be allowed once"):
            await answer_approval(*saw, lasting)
        with pytest.raises(ApprovalError, match="about other arguments"):
            await answer_approval(engine, "r", asked.id, "0" * 64, Decision.allow_once(arguments=edited))
        assert await pending_approvals(engine, "r") == [asked]
        await answer_approval(*saw, Decision.allow_once("Ada", arguments=edited))
        (second,) = await first_waiting(engine, "r")
        assert second.arguments["content"] == "two"
        assert (tmp_path / "work" / "it.txt").read_bytes() == "zwei \u00a0ü\n".encode()


async def test_edited_arguments_that_leave_out_a_default_are_asked_about_as_they_would_run(tmp_path: Path) -> None:
    ran: list[tuple[str, str]] = []

    def note(text: str, how: str = "loud") -> str:
        """Note a text.

        Args:
            text: What to note.
            how: How.
        """
        ran.append((text, how))
        return "noted"

    turns = [{"tool": "note", "arguments": {"text": "a"}}, "done"]
    model = ModelRef("scripted", "s", extensions={"turns": turns})
    async with journal(tmp_path) as engine:
        await engine.start("r", {"brief": "b", "max_sprints": 1})
        agent = create_agent(
            AgentConfig(model, tools=[ToolSpec.from_function(note)]), approvals=asks_by_signal(engine, "r")
        )
        session = agent.session()
        run = session.start("note it")
        (asked,) = await first_waiting(engine, "r")
        assert asked.arguments == {"text": "a", "how": "loud"}
        shorter = Decision.allow_once(arguments={"text": "b"})
        await answer_approval(engine, "r", asked.id, asked.arguments_hash, shorter)
        async with asyncio.timeout(150):
            while (again := (await first_waiting(engine, "r"))[0]).id == asked.id:
                await asyncio.sleep(0.02)
        # Nobody approved these bytes yet.
        assert (again.arguments, ran) == ({"text": "b", "how": "loud"}, [])
        await answer_approval(engine, "r", again.id, again.arguments_hash, Decision.allow_once())
        await asyncio.wait_for(run.wait(), 150)
        assert ran == [("b", "loud")]
        await agent.aclose()
        await engine.leave("r")


async def test_an_edited_answer_that_was_changed_on_its_way_is_a_no(tmp_path: Path) -> None:
    async with journal(tmp_path) as engine:
        await engine.start("r", {"brief": "b", "max_sprints": 1})
        one = request({"path": "a.txt", "content": "x"})
        ask = asyncio.ensure_future(asks_by_signal(engine, "r", tmp_path)(one))
        await first_waiting(engine, "r")
        said = {"verdict": "allow_once", "reason": "", "by": "x", "rule": "", "edited": {"path": "b.txt"}}
        hashed = {"request_id": one.id, "arguments_hash": one.arguments_hash, "edited_hash": "0" * 64}
        await engine.signal("r", "answered", {**hashed, **said})
        decision = await asyncio.wait_for(ask, 150)
        assert (decision.verdict, decision.arguments) == (Verdict.DENY, None)
        await engine.leave("r")


async def test_what_is_allowed_from_now_on_is_a_grant_of_the_profile_that_other_processes_see_and_take_back(
    tmp_path: Path,
) -> None:
    async with worked_on(tmp_path) as (engine, _profile, _working):
        elsewhere = Profile(tmp_path / "profile").grants  # as another process has it
        (asked,) = await first_waiting(engine, "r")
        saw = (engine, "r", asked.id, asked.arguments_hash)
        with pytest.raises(ApprovalError, match="does not cover the call"):
            await answer_approval(*saw, Decision.allow_always(rule="write_file(other.txt)"), elsewhere)
        with pytest.raises(ApprovalError, match="another profile"):
            await answer_approval(*saw, Decision.allow_always(rule=asked.rule_offered))
        foreign = Profile(tmp_path / "other").grants
        with pytest.raises(ApprovalError, match="another profile"):
            await answer_approval(*saw, Decision.allow_always(rule=asked.rule_offered), foreign)
        assert not await asyncio.to_thread((tmp_path / "other" / "grants.json").exists)
        assert await pending_approvals(engine, "r") == [asked]
        await answer_approval(*saw, Decision.allow_always("Ada", rule="write_file(*.txt)"), elsewhere)
        # Its like is not asked about again, in this run and in what comes after it.
        async with asyncio.timeout(150):
            while not await asyncio.to_thread((tmp_path / "work" / "other.txt").exists):
                await asyncio.sleep(0.02)
                assert await pending_approvals(engine, "r") == []
        (grant,) = elsewhere.grants
        assert (grant.rule, grant.by, grant.session_id) == ("write_file(*.txt)", "Ada", "")
        assert await grants_of(engine, "r") == []


async def test_a_grant_that_another_process_takes_back_holds_for_nothing_that_has_not_started(tmp_path: Path) -> None:
    async with worked_on(tmp_path) as (engine, _profile, working):
        elsewhere = Profile(tmp_path / "profile").grants
        (asked,) = await first_waiting(engine, "r")
        always = Decision.allow_always(rule=asked.rule_offered)
        await answer_approval(engine, "r", asked.id, asked.arguments_hash, always, elsewhere)
        (grant,) = elsewhere.grants
        await asyncio.to_thread(elsewhere.revoke, grant.id)
        (again,) = await first_waiting(engine, "r")
        assert again.arguments["content"] == "two"
        assert not working.done()


async def test_what_could_not_be_stored_is_not_allowed_and_the_call_still_waits(tmp_path: Path) -> None:
    async with worked_on(tmp_path) as (engine, profile, _working):
        (asked,) = await first_waiting(engine, "r")
        damaged = profile.folder / "grants.json"
        await asyncio.to_thread(damaged.write_text, "{not JSON")
        always = Decision.allow_always(rule=asked.rule_offered)
        with pytest.raises(ApprovalError, match="can't be stored"):
            await answer_approval(engine, "r", asked.id, asked.arguments_hash, always, profile.grants)
        assert await pending_approvals(engine, "r") == [asked]
        assert await asyncio.to_thread(damaged.read_text) == "{not JSON"
        assert not (tmp_path / "work" / "it.txt").exists()
