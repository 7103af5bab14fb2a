"""Spans of a run by the GenAI conventions, each once, without content unless that was asked for."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, get_current_span

from loom import AgentConfig, ConfigError, ModelRef, SessionConfig, create_agent, tool
from loom.agent import Agent
from loom.config import RuntimeConfig, RuntimeFeatures
from loom.telemetry import trace_agent
from loom.types.runs import RunState
from tests.support.agents import call, scripted_agent

USAGE = {"input_tokens": 100, "output_tokens": 20, "cache_read_tokens": 40}


class Spans:
    """What an agent's runs were traced as."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    def of(self, agent: Agent, *, with_content: bool = False) -> Agent:
        trace_agent(agent, self.provider, with_content=with_content)
        return agent

    @property
    def all(self) -> list[ReadableSpan]:
        """In the order in which they began."""
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def named(self, name: str) -> ReadableSpan:
        [found] = [span for span in self.all if span.name == name]
        return found


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def parent(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent is not None else None


@tool(read_only=True, concurrency_safe=True)
async def look(thing: str) -> str:
    """Look at a thing."""
    current = get_current_span()
    return f"saw {thing} in {current.get_span_context().span_id:x}"


@tool(read_only=True)
def fail() -> str:
    """Fail."""
    raise ValueError("broken")


@tool
def write() -> str:
    """Write."""
    return "written"


async def test_a_run_is_an_agent_span_with_its_model_calls_and_tools_in_it() -> None:
    spans = Spans()
    turns = [{**call("look", thing="it"), "usage": USAGE}, {"text": "I saw it.", "usage": USAGE}]
    agent = spans.of(scripted_agent(*turns, tools=[look], name="Looker", description="Looks."))
    session = agent.session(SessionConfig(id="s1"))
    result = await session.run("look at it")
    invoke, first, looked, second = spans.all
    assert [span.name for span in (invoke, first, looked, second)] == [
        "invoke_agent Looker", f"chat {agent.model.name}", "execute_tool look", f"chat {agent.model.name}",
    ]  # fmt: skip
    assert [span.kind.name for span in (invoke, first, looked)] == ["INTERNAL", "CLIENT", "INTERNAL"]
    assert invoke.context is not None
    assert [parent(span) for span in (invoke, first, looked, second)] == [None, *[invoke.context.span_id] * 3]
    told = attributes(invoke)
    assert told["gen_ai.operation.name"] == "invoke_agent"
    assert told["gen_ai.provider.name"] == "scripted"
    assert told["gen_ai.conversation.id"] == "s1"
    assert told["gen_ai.agent.name"] == "Looker"
    assert told["gen_ai.agent.description"] == "Looks."
    assert told["gen_ai.usage.input_tokens"] == 200
    told = attributes(second)
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.response.finish_reasons"] == ("stop",)
    assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.cache_read.input_tokens"]) == (100, 40)
    assert 0 <= told["gen_ai.response.time_to_first_chunk"] < 5
    assert attributes(first)["gen_ai.response.finish_reasons"] == ("tool_call",)
    told = attributes(looked)
    assert told["gen_ai.operation.name"] == "execute_tool"
    assert (told["gen_ai.tool.name"], told["gen_ai.tool.description"]) == ("look", "Look at a thing.")
    assert told["gen_ai.tool.call.id"]
    # The tool's span was the current one in its body.
    assert looked.context is not None
    [completed] = [event.payload["content"] for event in result.events if event.type == "tool.completed"]
    assert completed.endswith(f"{looked.context.span_id:x}")
    everything = json.dumps([attributes(span) for span in spans.all])
    for said in ("look at it", "I saw it", "saw it in"):
        assert said not in everything
    await agent.aclose()


async def test_content_is_there_when_it_was_asked_for() -> None:
    spans = Spans()
    agent = spans.of(scripted_agent(call("look", thing="it"), "I saw it.", tools=[look]), with_content=True)
    await agent.run("look at it")
    invoke, _, looked, second = spans.all
    assert json.loads(attributes(invoke)["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "look at it"}]}
    ]
    assert json.loads(attributes(second)["gen_ai.output.messages"])[0]["parts"][0]["content"] == "I saw it."
    assert json.loads(attributes(looked)["gen_ai.tool.call.arguments"]) == {"thing": "it"}
    assert "saw it" in attributes(looked)["gen_ai.tool.call.result"]
    await agent.aclose()


async def test_what_fails_says_so_and_what_was_refused_never_ran() -> None:
    spans = Spans()
    agent = spans.of(scripted_agent(call("fail"), call("write"), "done", tools=[fail, write]))
    await agent.run("go")
    failed = spans.named("execute_tool fail")
    assert failed.status.status_code is StatusCode.ERROR
    assert attributes(failed)["error.type"]
    assert not [span for span in spans.all if span.name == "execute_tool write"]
    await agent.aclose()


async def test_calls_side_by_side_have_their_own_spans() -> None:
    spans = Spans()
    turn = {"tool_calls": [{"name": "look", "arguments": {"thing": str(n)}} for n in range(4)]}
    agent = spans.of(scripted_agent(turn, "done", tools=[look]))
    result = await agent.run("go")
    if result.state is not RunState.COMPLETED:
        pytest.fail(str(result.error))
    looked = [span for span in spans.all if span.name == "execute_tool look"]
    said = {e.payload["call_id"]: e.payload["content"] for e in result.events if e.type == "tool.completed"}
    assert len(looked) == 4
    for span in looked:
        assert span.context is not None
        assert said[attributes(span)["gen_ai.tool.call.id"]].endswith(f" {span.context.span_id:x}")
    await agent.aclose()


async def test_a_run_that_a_tool_begins_is_below_that_tool() -> None:
    spans = Spans()
    helper = spans.of(scripted_agent("helped", name="Helper"))

    @tool(read_only=True)
    async def ask_helper() -> str:
        """Ask the helper."""
        return (await helper.run("help")).output

    agent = spans.of(scripted_agent(call("ask_helper"), "done", tools=[ask_helper], name="Leader"))
    await agent.run("go")
    asked, helped = spans.named("execute_tool ask_helper"), spans.named("invoke_agent Helper")
    assert asked.context is not None
    assert parent(helped) == asked.context.span_id
    await helper.aclose()
    await agent.aclose()


async def test_a_run_that_is_cancelled_in_a_tool_ends_its_spans() -> None:
    spans = Spans()
    began = asyncio.Event()

    @tool(read_only=True)
    async def hang() -> str:
        """Hang."""
        began.set()
        await asyncio.sleep(60)
        return ""

    agent = spans.of(scripted_agent(call("hang"), "done", tools=[hang]))
    session = agent.session()
    run = session.start("go")
    await began.wait()
    await run.cancel("enough")
    assert attributes(spans.named("execute_tool hang"))["error.type"] == "interrupted"
    assert len(spans.all) == 3
    await agent.aclose()


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_no_model_call_is_traced_twice_in_a_program_that_traces_everything(provider: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.traced_child", provider], capture_output=True, text=True, check=True
    )
    spans = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(span["scope"], span["name"]) for span in spans] == [
        ("loom", "chat some-model"), ("loom", "invoke_agent Traced"),
    ]  # fmt: skip
    assert spans[0]["said"] == "hello"


def test_without_the_extra_the_agent_file_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "loom.telemetry.tracing", None)
    config = AgentConfig(ModelRef.scripted(["x"]), runtime=RuntimeConfig(features=RuntimeFeatures(open_telemetry=True)))
    with pytest.raises(ConfigError, match=r"loom-studio\[otel\]"):
        create_agent(config)


def test_an_agent_that_is_not_traced_imports_none_of_it() -> None:
    program = (
        "import asyncio, sys\n"
        "from loom import AgentConfig, ModelRef, create_agent\n"
        "agent = create_agent(AgentConfig(ModelRef.scripted(['x'])))\n"
        "asyncio.run(agent.run('hi'))\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
