"""A session's context: what is sent is what is shown, cuts are announced, nothing that must stay goes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.agent import Agent
from loom.config import CompressionPolicy, ContextConfig, MemoryBackend, MemoryConfig, RuntimeConfig, RuntimeLimits
from loom.config.session import SessionConfig
from loom.context import Compression
from loom.errors import ContextError
from loom.threads import in_thread
from loom.types.events import PAYLOADS
from loom.types.messages import WORKING_CONTEXT, Message
from loom.types.runs import RunResult, RunState
from tests.support.agents import AskedProvider, assert_catalogued, call, of_type, requests_of, scripted_agent, types_of


@tool(read_only=True)
def dump(n: int) -> str:
    """Say much."""
    return f"the head of {n}\n" + f"line of {n} and more\n" * 60 + f"the tail of {n}"


def small(*turns: Any, window: int = 3000, policy: CompressionPolicy | None = None, **config: Any) -> Agent:
    context = ContextConfig(policy or CompressionPolicy(), scratchpad=config.pop("scratchpad", False))
    limits = RuntimeLimits(max_context_tokens=window, **config.pop("limits", {}))
    return scripted_agent(*turns, tools=[dump], context=context, runtime=RuntimeConfig(limits=limits), **config)


async def test_the_last_request_is_what_was_sent_with_the_tokens_of_each_part() -> None:
    agent = scripted_agent(
        {"text": "hello", "usage": {"input_tokens": 900, "output_tokens": 10, "cache_read_tokens": 640}},
        instructions="Be brief.",
        tools=[dump],
    )
    session = agent.session()
    run = session.start("hi")
    assert run.last_request is None
    result = await run.wait()
    sent, request = run.last_request, requests_of(agent)[0]
    assert sent is not None
    assert (sent.system, sent.messages, sent.tools) == (request.system, request.messages, request.tools)
    assert sum(sent.tokens.values()) == 900
    assert (sent.cached_tokens, sent.is_estimated) == (640, False)
    (pressure,) = of_type(result, "context.pressure")
    assert sum(pressure["partitions"].values()) == pressure["used_tokens"] == 910
    assert pressure["partitions"]["system"] > pressure["partitions"]["history"], "the tools are counted"
    assert [tool.name for tool in request.tools] == ["dump"]
    assert [message.text for message in request.messages] == ["hi"], "a plain question goes as it is"
    assert_catalogued(result.events)
    assert (await session.run("more")).run_id != run.id or run.last_request is sent


async def test_a_cut_is_announced_a_step_before_it_is_made() -> None:
    agent = small(*(call("dump", n=n) for n in range(34)), "done", window=12_000)
    result = await agent.run("read all")
    kinds = [kind for kind in types_of(result.events) if kind.startswith(("context.comp", "step.started"))]
    planned, cut = kinds.index("context.compression_planned"), kinds.index("context.compressed")
    assert planned < cut
    assert "step.started" in kinds[planned:cut]
    (first, *_) = of_type(result, "context.compressed")
    assert first["strategy"] in ("snip", "micro", "collapse")
    assert first["tokens_after"] < first["tokens_before"]
    assert "cut" in first["detail"] or "summary" in first["detail"]
    assert_catalogued(result.events)
    assert max(step["rho"] for step in of_type(result, "context.pressure")) < 1.0


async def test_a_snoozed_cut_waits_for_a_step() -> None:
    agent = small(*("word " * 100 for _ in range(30)), window=3000)
    session = agent.session()
    first: dict[str, Any] = {}
    for n in range(28):
        result = await session.run(f"question {n}")
        if of_type(result, "context.compression_planned"):
            first = of_type(result, "context.compression_planned")[0]
            break
    assert first["saves_tokens"] > 0
    session.snooze_compression()
    result = await session.run("and now?")
    assert not of_type(result, "context.compressed")
    result = await session.run("and then?")
    assert of_type(result, "context.compressed"), "announced again after the step that was left out"


async def test_what_was_cut_can_be_read_again_also_after_a_restart(tmp_path: Path) -> None:
    store = MemoryConfig(backend=MemoryBackend.sqlite(str(tmp_path / "s.db")))
    agent = small(call("dump", n=1), "I read it.", "more", window=20_000, memory=store)
    session = agent.session(SessionConfig(id="one"))
    await session.run("read")
    await session.run("go on")
    policy = session.context.manager.policy
    session.context.manager.policy = CompressionPolicy(keep_recent=0.0, snip_chars=200, min_gain=policy.min_gain)
    made = await session.compress("snip")
    assert made is not None
    assert made.outputs_cut == 1
    (cut,) = [message.text for message in session.history if message.role == "tool"]
    assert "the head of 1" in cut
    assert "the tail of 1" in cut
    key = next(iter(session.context.manager.cut))
    assert key in cut
    await agent.aclose()

    again = small(call("read_artifact", artifact_id=key), "now I know", window=20_000, memory=store)
    session = again.session(SessionConfig(id="one"))
    result = await session.run("what was in it?")
    (read,) = of_type(result, "tool.completed")
    assert read["content"] == dump(n=1)
    assert "read_artifact" in [each.name for each in requests_of(again)[0].tools]
    await again.aclose()


async def test_reading_what_was_never_cut_is_an_error_that_says_so() -> None:
    agent = small(call("read_artifact", artifact_id="0" * 16), "hm")
    result = await agent.run("go")
    (failed,) = of_type(result, "tool.failed")
    assert "Nothing was cut" in failed["content"]


async def test_pinned_messages_the_goal_and_the_last_words_survive_every_level() -> None:
    agent = small(*("answer " * 200 for _ in range(12)), window=100_000)
    session = agent.session()
    for n in range(12):
        await session.run(f"question {n} " + "filling " * 100)
    pinned = session.history[4]
    await session.pin(pinned)
    session.context.manager.max_tokens = 3000
    for level in ("snip", "micro", "collapse", "auto", "reactive"):
        await session.compress(level)
        assert pinned in session.history
        assert session.history[-2].text.startswith("question 11")
    await session.unpin(pinned)
    session.context.manager.max_tokens = 600
    await session.compress("reactive")
    assert pinned not in session.history
    with pytest.raises(ContextError, match="not in the history"):
        await session.pin(Message("user", "never said"))
    with pytest.raises(ContextError, match="no level"):
        await session.compress("harder")


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Agent]:
    store = MemoryConfig(backend=MemoryBackend.sqlite(str(tmp_path / "s.db")))
    config = AgentConfig(model=ModelRef.scripted(["I decided to use SQLite.", "Fine.", "Good."]), memory=store)
    agent = create_agent(config, provider=AskedProvider(config.model))
    yield agent
    await agent.aclose()


async def test_a_renewal_begins_with_its_handoff_and_the_log_keeps_the_chain(kept: Agent) -> None:
    session = kept.session(SessionConfig(id="one"))
    await session.run("Build the store in src/store.py")
    handoff = await session.renew()
    assert session.last_handoff is handoff
    assert handoff.goal == "Build the store in src/store.py"
    assert handoff.sprint == 1
    assert handoff.decisions == ["I decided to use SQLite."]
    assert handoff.context_snapshot["messages"] == 2
    await session.run("Go on")
    request = requests_of(kept)[-1]
    assert handoff.to_system_prompt() in request.system
    assert request.messages[0].text == "Build the store in src/store.py"
    second = await session.renew()
    assert second.sprint == 2
    assert "I decided to use SQLite." in second.decisions

    await session.close()
    again = kept.session(SessionConfig(id="one"))
    await again.load()
    assert [each.sprint for each in again.handoffs()] == [1, 2]
    assert again.last_handoff == second
    assert again.history == session.history


async def test_going_back_before_a_renewal_takes_its_handoff_and_pins_back(kept: Agent) -> None:
    session = kept.session(SessionConfig(id="one"))
    await session.run("Build it")
    assert session.log is not None
    before = (await in_thread(session.log.read)).last_n
    await session.pin(session.history[0])
    await session.renew()
    await session.rewind(before)
    assert session.handoffs() == []
    assert not session.context.manager.pinned
    assert len(session.history) == 2


async def test_a_full_window_is_begun_anew_and_the_run_goes_on() -> None:
    agent = small(*("answer " * 120 for _ in range(30)), window=1500, policy=CompressionPolicy(1.0, 1.0, 1.0, 1.0))
    session = agent.session()
    results: list[RunResult] = [await session.run(f"question {n}: " + "words " * 40) for n in range(20)]
    renewed = [payload for result in results for payload in of_type(result, "context.renewed")]
    assert renewed
    assert renewed[0]["tokens_after"] < renewed[0]["tokens_before"]
    assert [each["sprint"] for each in renewed] == list(range(1, len(renewed) + 1))
    assert all(result.state is RunState.COMPLETED for result in results)
    for result in results:
        assert_catalogued(result.events)


async def test_one_huge_output_is_cut_and_costs_no_renewal() -> None:
    @tool(read_only=True)
    def huge() -> str:
        return "begin\n" + "something long\n" * 1500 + "end"

    limits = RuntimeConfig(limits=RuntimeLimits(max_context_tokens=3000))
    agent = scripted_agent(call("huge"), "done", tools=[huge], runtime=limits)
    result = await agent.run("read it")
    assert [each["strategy"] for each in of_type(result, "context.compressed")] == ["reactive"]
    assert not of_type(result, "context.renewed")
    assert requests_of(agent)[1].messages[0].text == "read it"
    assert "begin" in requests_of(agent)[1].messages[2].text


async def test_the_plan_and_notes_come_last_in_each_request_and_stay_after_a_renewal() -> None:
    agent = small(
        call("update_plan", steps=["look", "build", "test"]),
        call("note", text="The port is 7311."),
        call("mark_progress", progress="looked", done=[1]),
        "one",
        "two",
        scratchpad=True,
    )
    session = agent.session()
    result = await session.run("build it")
    last = requests_of(agent)[3].messages[-1]
    assert last.name == WORKING_CONTEXT
    assert "1. [x] look\n2. [ ] build" in last.text
    assert "The port is 7311." in last.text
    assert all(message.name != WORKING_CONTEXT for message in session.history)
    assert of_type(result, "context.working")[-1]["progress"] == "looked"
    for payload in of_type(result, "context.working"):
        PAYLOADS["context.working"].model_validate(payload)
    handoff = await session.renew()
    assert handoff.open_tasks == ["build", "test"]
    await session.run("more")
    assert "The port is 7311." in requests_of(agent)[4].messages[-1].text
    assert "update_plan" not in [each.name for each in small("x").tools]


async def test_a_budget_that_nears_its_end_is_told_and_then_ends_the_run() -> None:
    usage = {"input_tokens": 400, "output_tokens": 20}
    turns = [{**call("dump", n=n), "usage": usage} for n in range(4)]
    agent = small(*turns, window=100_000, limits={"max_total_tokens": 1000})
    result = await agent.run("go")
    assert requests_of(agent)[1].messages[-1].name != WORKING_CONTEXT
    assert "840 of 1,000 tokens are used" in requests_of(agent)[2].messages[-1].text
    assert "Wrap up" in requests_of(agent)[2].messages[-1].text
    assert (result.state, result.reason) == (RunState.FAILED, "token_limit")


async def test_compressing_while_the_model_answers_loses_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = small(*("answer " * 400 for _ in range(40)), {"text": "the last words", "pace_s": 0.001}, window=200_000)
    session = agent.session()
    for n in range(40):
        await session.run(f"question {n} " + "filling " * 400)
    run = session.start("one more")
    async for event in run.events():
        if event.type == "text.delta":
            break
    session.context.manager.max_tokens = 20_000
    preview = session.context.preview

    async def until_the_answer_came(level: str | None = None) -> Compression:
        made = await preview(level)
        while session.history[-1].text != "the last words":
            await asyncio.sleep(0.001)
        return made

    monkeypatch.setattr(session.context, "preview", until_the_answer_came)
    made = await session.compress("collapse")
    monkeypatch.undo()
    await run.wait()
    assert made is not None
    assert made.messages_gone > 10
    assert [message.text for message in session.history[-2:]] == ["one more", "the last words"]
    assert (await session.preview_compression("reactive")).tokens_before < 20_000


async def test_a_cut_that_would_gain_too_little_is_neither_announced_nor_made() -> None:
    agent = small(*(call("dump", n=n) for n in range(10)), "done", window=5000, policy=CompressionPolicy(min_gain=0.5))
    result = await agent.run("read all")
    assert max(step["rho"] for step in of_type(result, "context.pressure")) > 0.7
    assert not [kind for kind in types_of(result.events) if kind.startswith("context.comp")]


async def test_the_preview_is_of_what_compressing_would_do() -> None:
    turns = [
        "\n".join(f"Answer {n}.{m}: wall {n * m} was measured, gate {m} is open." for m in range(8)) for n in range(12)
    ]
    limits = RuntimeLimits(max_context_tokens=4_000)
    agent = scripted_agent(*turns, runtime=RuntimeConfig(limits=limits))
    session = agent.session()
    for number in range(12):
        await session.run(f"Question {number} about the wall, the gate and the tide, with some words of its own.")
    seen = await session.preview_compression()
    made = await session.compress()
    assert made is not None
    assert (seen.level, seen.saved_tokens) == (made.level, made.saved_tokens)
    assert seen.level not in ("snip", "micro"), "no tool said anything: these have nothing to cut"
    await agent.aclose()
