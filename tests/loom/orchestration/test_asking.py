"""Calls of a harness run that wait for a person: what was allowed for the run, and what never is."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

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
    async with asyncio.timeout(30):
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
        await asyncio.wait_for(working, 30)
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
        answers = await asyncio.wait_for(asyncio.gather(*work[:2]), 10)
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
        assert (await asyncio.wait_for(work[1], 10)).is_allowed
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
        async with asyncio.timeout(10):
            while [each.id for each in await pending_approvals(engine, "r")] != ["two"]:
                await asyncio.sleep(0.02)
        with pytest.raises(ApprovalError, match="No call"):
            await answer_approval(engine, "r", "one", "x", Decision.allow_once())
        again.cancel()
        await asyncio.gather(first, again, return_exceptions=True)
        await engine.leave("r")
