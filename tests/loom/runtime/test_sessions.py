"""Sessions: they remember, they keep apart, their runs queue."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from loom import Decision, RunContext, SessionConfig, tool
from loom.config import KnowledgeDocument, KnowledgeQuery, KnowledgeSource, MemoryBackend, MemoryConfig
from loom.errors import ConfigError, ContextOverflowError
from loom.types.messages import Message
from loom.types.runs import RunState
from tests.support.agents import assert_catalogued, call, of_type, requests_of, scripted_agent


@tool(read_only=True)
def look(thing: str) -> str:
    return f"saw {thing}"


async def test_later_runs_carry_turns_tool_calls_and_results() -> None:
    agent = scripted_agent(call("look", thing="sea"), "It is blue.", "As I said, blue.", tools=[look])
    session = agent.session(SessionConfig(id="demo"))
    await session.run("Colour?")
    await session.run("Again?")

    told = requests_of(agent)[-1].messages
    assert [(m.role, m.text) for m in told] == [
        ("user", "Colour?"),
        ("assistant", ""),
        ("tool", "saw sea"),
        ("assistant", "It is blue."),
        ("user", "Again?"),
    ]
    assert told[1].tool_calls[0].arguments == {"thing": "sea"}


async def test_sessions_never_see_each_other() -> None:
    agent = scripted_agent("a", "b")
    await agent.session(SessionConfig(id="one")).run("secret of one")
    await agent.session(SessionConfig(id="two")).run("hello")
    assert [m.text for m in requests_of(agent)[1].messages] == ["hello"]


async def test_the_same_id_is_the_same_session_and_metadata_is_merged() -> None:
    agent = scripted_agent()
    first = agent.session(SessionConfig(id="x", metadata={"a": 1}))
    second = agent.session(SessionConfig(id="x", metadata={"b": 2}, extensions={"c": 3}))
    assert first is second
    assert first.metadata == {"a": 1, "b": 2, "c": 3}
    assert agent.session() is not agent.session()


async def test_two_runs_started_in_one_session_queue_in_order() -> None:
    agent = scripted_agent({"text": "first", "delay_s": 0.03}, "second")
    session = agent.session()
    one, two = session.start("one"), session.start("two")
    assert (await two.wait()).output == "second"
    assert one.state is RunState.COMPLETED
    assert [m.text for m in session.history] == ["one", "first", "two", "second"]
    assert session.list_runs() == [one, two]
    assert session.get_run(one.id) is one


async def test_a_run_cancelled_in_the_queue_lets_none_behind_it_past_those_before() -> None:
    agent = scripted_agent({"text": "first", "delay_s": 0.05}, "third", "fourth")
    session = agent.session()
    one, two, three = (session.start(text) for text in ("one", "two", "three"))
    await asyncio.sleep(0)
    two.cancel()
    three.cancel()
    four = session.start("four")
    assert session.is_busy

    assert (await four.wait()).output == "third"
    assert one.output == "first"
    assert [m.text for m in session.history] == ["one", "first", "four", "third"]
    assert not session.is_busy
    assert (await session.run("five")).output == "fourth"


def test_a_session_goes_on_in_the_next_loop_where_one_was_left_in_the_middle(tmp_path: Path) -> None:
    memory = MemoryConfig(backend=MemoryBackend.sqlite(str(tmp_path / "s.db")))
    agent = scripted_agent("first", {"text": "never", "delay_s": 60}, "third", memory=memory)
    session = agent.session(SessionConfig(id="kept"))

    async def leave() -> None:
        run = session.start("two")
        while not requests_of(agent)[1:]:
            await asyncio.sleep(0.001)
        assert not run.state.is_final

    assert asyncio.run(session.run("one")).output == "first"
    asyncio.run(leave())
    assert asyncio.run(asyncio.wait_for(session.run("three"), 5)).output == "third"
    assert [run.state.value for run in session.list_runs()] == ["completed", "cancelled", "completed"]
    asyncio.run(agent.aclose())


async def test_sessions_work_at_the_same_time() -> None:
    all_there = asyncio.Barrier(20)

    @tool(read_only=True)
    async def meet() -> None:
        await all_there.wait()

    agent = scripted_agent(*[call("meet")] * 20, *["ok"] * 20, tools=[meet])
    results = await asyncio.wait_for(asyncio.gather(*(agent.session().run(str(n)) for n in range(20))), 20)
    assert {result.output for result in results} == {"ok"}


async def test_a_closed_session_starts_nothing_and_cancels_what_runs() -> None:
    session = scripted_agent({"text": "never", "delay_s": 60}).session()
    run = session.start("go")
    await asyncio.sleep(0)
    await session.close()
    assert run.state is RunState.CANCELLED
    with pytest.raises(RuntimeError, match="Session is closed"):
        session.start("more")


async def test_a_wrong_type_is_a_clear_error() -> None:
    agent = scripted_agent()
    with pytest.raises(TypeError, match="config must be SessionConfig, got str"):
        agent.session("x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="context must be RunContext, got dict"):
        agent.session().start("hi", {"a": 1})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="prompt must be str, got int"):
        agent.session().start(3)  # type: ignore[arg-type]


async def test_inputs_reach_the_model() -> None:
    agent = scripted_agent("ok")
    await agent.run("Summarize", context=RunContext(inputs={"previous_answer": "Simplicity. Naïveté."}))
    assert "Simplicity. Naïveté." in requests_of(agent)[0].messages[0].text


async def test_a_session_can_begin_with_a_history_that_needs_repair() -> None:
    agent = scripted_agent("ok")
    broken = [Message("tool", "orphan", [], "nobody"), Message("user", "hi"), Message("assistant", "")]
    await agent.session(history=broken).run("go on")
    assert [m.text for m in requests_of(agent)[0].messages] == ["hi", "go on"]


async def test_a_history_that_was_broken_between_two_runs_is_repaired_wherever_it_was() -> None:
    """Also where an earlier run had found it in order."""
    agent = scripted_agent(call("look", thing="sea"), "blue", "ok", "still", "here", tools=[look])
    session = agent.session()
    await session.run("Colour?")
    await session.run("Thanks.")

    del session.history[2]  # the result of the call
    await session.run("And now?")
    repaired = requests_of(agent)[-1].messages[2]
    assert (repaired.role, repaired.is_error) == ("tool", True)

    session.history.append(Message("tool", "orphan", [], "nobody"))
    await session.run("Well?")
    assert all(message.text != "orphan" for message in requests_of(agent)[-1].messages)
    assert requests_of(agent)[-1].messages[2] is repaired


async def test_knowledge_is_found_by_the_words_of_the_question_and_cited() -> None:
    docs = [
        KnowledgeDocument("Cats are mammals.", title="Cats"),
        KnowledgeDocument("Production deploys require approval.", title="Production", uri="doc://prod"),
    ]
    agent = scripted_agent("ok", "ok", knowledge=[KnowledgeSource.inline("ops", docs)])

    bundle = agent.resolve_knowledge(KnowledgeQuery("What do production deploys need?", top_k=3))

    assert [item.title for item in bundle.items] == ["Production"]
    assert bundle.citations[0].uri == "doc://prod"
    assert bundle.citations[0].snippet
    session = agent.session()
    result = await session.run("What do production deploys need?")
    question, working = requests_of(agent)[0].messages
    assert question.text == "What do production deploys need?"
    assert "[1] ops · Production · doc://prod\nProduction deploys require approval." in working.text
    assert "Question: What do production deploys need?" in working.text
    assert "Cats" not in working.text
    assert of_type(result, "context.working")[-1]["citations"] == ["[1] ops · Production · doc://prod"]
    assert (await session.renew()).citations == ["[1] ops · Production · doc://prod"]


async def test_an_overflow_compacts_once_and_goes_on() -> None:
    long = "word " * 20_000

    @tool(read_only=True)
    def dump() -> str:
        return long

    agent = scripted_agent(call("dump"), "read it", ContextOverflowError("too long"), "after compaction", tools=[dump])
    session = agent.session()
    await session.run("read")
    result = await session.run("and now?")
    assert result.output == "after compaction"
    assert (
        of_type(result, "context.compressed")[0]["tokens_after"]
        < of_type(result, "context.compressed")[0]["tokens_before"]
    )
    assert requests_of(agent)[-1].messages[-1].text == "and now?"
    assert_catalogued(result.events)


async def test_a_second_overflow_ends_the_run() -> None:
    agent = scripted_agent("x " * 9000, ContextOverflowError("too long"), ContextOverflowError("still too long"))
    session = agent.session()
    await session.run("a")
    result = await session.run("b")
    assert result.state is RunState.FAILED
    assert result.error is not None
    assert result.error["type"] == "ContextOverflowError"


async def test_leaving_a_stream_early_cancels_its_run() -> None:
    agent = scripted_agent({"text": "a b c d", "pace_s": 0.05})
    session = agent.session()
    stream = session.stream("go")
    async for event in stream:
        if event.type == "text.delta":
            break
    await stream.aclose()  # type: ignore[attr-defined]
    assert (await session.list_runs()[0].wait()).state is RunState.CANCELLED


@pytest.mark.parametrize(
    ("field", "held", "said"),
    [
        ("inputs", "a text", "context.inputs must be dict, got str"),
        ("extensions", [1], "context.extensions must be dict, got list"),
        ("knowledge", {}, "context.knowledge must be KnowledgeBundle or None, got dict"),
        ("attachments", "a.png", "context.attachments must be list, got str"),
        ("attachments", ["a.png"], r"context.attachments\[0\] must be a content block, got str"),
    ],
)
async def test_a_context_that_no_run_can_begin_with_is_an_error_that_names_the_field(
    field: str, held: Any, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        scripted_agent("hi").session().start("go", RunContext(**{field: held}))


def test_a_decision_is_checked_when_it_is_made() -> None:
    with pytest.raises(ConfigError, match=r"Decision\.verdict must be"):
        Decision("allow")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigError, match=r"Decision\.arguments must be a valid dictionary"):
        Decision.allow_once(arguments=[1])  # pyright: ignore[reportArgumentType]
