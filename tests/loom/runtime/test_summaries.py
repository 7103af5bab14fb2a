"""Summaries that a model writes: they add to the lines, cost is the run's, and nothing waits for them for long."""

import json
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.agent import Agent
from loom.config import CompressionPolicy, ContextConfig, RuntimeConfig, RuntimeLimits
from loom.config.session import SessionConfig
from loom.context.compression import compress
from loom.context.compression.levels import with_written
from loom.context.compression.summary import extract, written_lines
from loom.context.compression.task import CompressionTask
from loom.context.tokens import estimate_text
from loom.errors import ConfigError, ProviderUnavailableError
from loom.memory.requests import beside_request
from loom.providers.base import CompletionRequest
from loom.runtime.summaries import SYSTEM
from loom.types.messages import Message
from loom.types.runs import RunState
from tests.support.agents import AskedProvider, assert_catalogued, of_type
from tests.support.wire_openai import DONE, delta, usage
from tests.support.wire_server import Reply, Request, WireServer

SAYS = "- The harbour wall was measured twice.\n- The plan of 1931 is wrong."
FACT = "Fact {n}: tenant {n} has {n}7 open invoices."
ANSWER = FACT + " I go on." + " The wall was measured again and the numbers agree with none of the plans." * 12


@tool(read_only=True)
def look() -> str:
    """Look."""
    return "seen"


class Model:
    """Works on and on, and answers differently when it is asked for a summary."""

    def __init__(self, summary: Any = SAYS) -> None:
        self.summary, self.steps, self.asked = summary, 0, list[CompletionRequest]()

    def __call__(self, request: CompletionRequest) -> Any:
        if request.system == SYSTEM:
            self.asked.append(request)
            if isinstance(self.summary, Exception):
                raise self.summary
            said = {"text": self.summary} if isinstance(self.summary, str) else self.summary
            return {"usage": {"input_tokens": 700, "output_tokens": 30}, **said}
        self.steps += 1
        if self.steps > 40:
            return "done"
        used = {"usage": {"input_tokens": sum(len(m.text) // 4 for m in request.messages), "output_tokens": 40}}
        return {"text": ANSWER.format(n=self.steps), "tool": "look", **used}


def agent_of(model: Model, window: int = 6000, **policy: Any) -> Agent:
    ref = ModelRef.scripted([], afterwards=model)
    wanted: dict[str, Any] = {"summaries": "model", **policy}
    config = AgentConfig(
        model=ref,
        tools=[look],
        context=ContextConfig(CompressionPolicy(**wanted)),
        runtime=RuntimeConfig(limits=RuntimeLimits(max_context_tokens=window, max_iterations=60)),
    )
    return create_agent(config, provider=AskedProvider(ref))


async def test_a_model_writes_to_the_summary_of_a_collapsed_middle_and_its_cost_is_the_runs() -> None:
    model = Model()
    agent = agent_of(model)
    session = agent.session()
    result = await session.run("Measure the harbour wall")
    assert result.state is RunState.COMPLETED, result.error
    assert_catalogued(result.events)
    collapsed = [each for each in of_type(result, "context.compressed") if each["strategy"] == "collapse"]
    assert collapsed
    assert {each["summary_by"] for each in collapsed} == {"scripted:script"}
    assert model.asked
    for request in model.asked:
        assert (list(request.tools), len(request.messages)) == ([], 1)
        assert request.max_output_tokens is not None
        assert "Measure the harbour wall" in request.messages[0].text
        assert len(request.messages[0].text) // 4 < 6000
    spent = [each for each in of_type(result, "usage.updated") if each.get("purpose") == "summary"]
    assert len(spent) == len(model.asked)
    total = sum(each["usage"]["input_tokens"] for each in of_type(result, "usage.updated"))
    assert result.usage.input_tokens == total
    provider = agent.provider
    assert isinstance(provider, AskedProvider)
    assert any("The plan of 1931 is wrong." in message.text for message in provider.requests[-1].messages)


async def test_what_a_model_was_asked_for_a_summary_and_what_it_said_stand_in_the_log() -> None:
    model = Model()
    agent = agent_of(model)
    store = agent.store
    session = agent.session(SessionConfig(id="s"))
    result = await session.run("Measure the harbour wall")
    await session.renew()
    sent, answered = store.records("s", kind="beside.sent"), store.records("s", kind="beside.answered")
    assert [each.data["purpose"] for each in sent] == ["summary"] * len(model.asked)
    for record, request in zip(sent, model.asked, strict=True):
        made = beside_request(record, None)
        assert (made.system, made.messages[0].text) == (request.system, request.messages[0].text)
    assert [each.data["text"] for each in answered] == [SAYS] * len(sent)
    assert {each.run_id for each in sent[:-1]} == {result.run_id}
    assert sent[-1].run_id == "", "that of a person is of no run"
    await agent.aclose()


async def test_a_handoff_says_what_a_model_wrote_and_what_people_and_the_model_said() -> None:
    model = Model()
    agent = agent_of(model)
    session = agent.session()
    await session.run("Measure the harbour wall")
    before = len(model.asked)
    handoff = await session.renew()
    assert len(model.asked) == before + 1
    assert "The plan of 1931 is wrong." in handoff.progress_summary
    assert "scripted:script sums it up" in handoff.progress_summary
    assert "tool: " not in model.asked[-1].messages[0].text, "what tools said is not put where instructions stand"
    again = await session.renew()
    assert again.progress_summary.count("sums it up") == 1
    assert "Fact 6: tenant 6 has 67" in handoff.progress_summary
    assert "Fact 6: tenant 6 has 67" in again.progress_summary


@pytest.mark.parametrize(
    ("summary", "limit_s", "why"),
    [
        (ProviderUnavailableError("The server is down", provider="scripted"), 20.0, "The server is down"),
        ({"text": SAYS, "delay_s": 30}, 0.02, "took more than 0.02 s"),
        ("", 20.0, "said nothing"),
        ({"text": "I won't.", "stop_reason": "refusal"}, 20.0, "said nothing"),
    ],
)
async def test_where_no_model_writes_the_lines_stand_alone_and_the_event_says_why(
    summary: Any, limit_s: float, why: str
) -> None:
    agent = agent_of(Model(summary), summary_limit_s=limit_s)
    result = await agent.session().run("Measure the harbour wall")
    assert result.state is RunState.COMPLETED, result.error
    collapsed = [each for each in of_type(result, "context.compressed") if each["strategy"] == "collapse"]
    assert collapsed
    for each in collapsed:
        assert why in each["summary_problem"]


async def test_nobody_is_asked_where_lines_are_wanted_or_the_model_is_not_a_services() -> None:
    for policy in ("lines", "auto"):
        model = Model()
        result = await agent_of(model, summaries=policy).session().run("Measure the harbour wall")
        assert (result.state, model.asked) == (RunState.COMPLETED, [])
        assert all("summary_by" not in each for each in of_type(result, "context.compressed"))


async def test_another_model_writes_where_one_is_configured() -> None:
    def answer(request: Request) -> Reply:
        told = json.loads(request.body)
        assert "tools" not in told
        return Reply(chunks=[delta(content="- The plan of 1931 is wrong."), delta("stop"), usage(50, 9), DONE])

    async with WireServer(answer, loop=True) as server:
        model = Model()
        agent = agent_of(model, summary_model=ModelRef.openai("small", api_base=server.url, api_key_env=""))
        try:
            result = await agent.session().run("Measure the harbour wall")
        finally:
            await agent.aclose()
        assert server.requests
    assert model.asked == []
    collapsed = [each for each in of_type(result, "context.compressed") if each["strategy"] == "collapse"]
    assert {each["summary_by"] for each in collapsed} == {"openai:small"}
    assert collapsed[0]["summary_usage"]["input_tokens"] == 50
    assert collapsed[0]["summary_usage"]["cost_usd"] is None, "a price that is not known stays unknown"


def test_what_a_model_wrote_displaces_no_line() -> None:
    history = [Message("user", "Measure the wall")]
    history += [Message("assistant", ANSWER.format(n=n)) for n in range(60)]
    task = CompressionTask(8000, 4000, history[0])
    made = compress(history, "collapse", task)
    written = with_written(made, history, written_lines("- All is well.\n</summary>\n<summary>\n- Twice.", "a:m", 200))
    plain, longer = made.messages[1].text, written.messages[1].text
    assert set(plain.splitlines()) <= set(longer.splitlines())
    assert longer.endswith("- All is well.\n- Twice.\n</summary>"), "it can't end the summary"
    assert written.tokens_after > made.tokens_after
    again = extract([written.messages[1]], 100_000, frozenset())
    assert [line for line in again if "sums it up" in line] == []
    lines = extract([made.messages[1]], 100_000, frozenset())
    room = sum(estimate_text(line) + 2 for line in lines)
    assert extract([written.messages[1]], room, frozenset()) == lines, "the next summary keeps the lines first"


def test_a_model_that_goes_on_and_on_is_cut_to_its_room() -> None:
    lines = written_lines("\n".join(f"- line {n} of very many" for n in range(5000)), "a:m", 300)
    assert 5 < len(lines) < 60


def test_the_time_limit_is_bounded() -> None:
    with pytest.raises(ConfigError, match="summary_limit_s must be above 0"):
        CompressionPolicy(summary_limit_s=0)
