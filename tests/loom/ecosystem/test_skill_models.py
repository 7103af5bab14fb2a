"""A skill's `model` and `effort`: the steps of the run in which it is active, and no other, so far as the agent can."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent
from loom.agent import Agent
from loom.ecosystem.skill import read_skill
from loom.providers.choice import sibling, with_effort
from loom.types.runs import RunResult, RunState
from tests.support import wire_anthropic as wire
from tests.support.agents import assert_catalogued, call, of_type, requests_of
from tests.support.skills import agent_in, profile_in, workspace_in, write_skill
from tests.support.wire_server import Reply, WireServer

OWN = "claude-opus-5-5"


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with WireServer() as running:
        yield running


@pytest.fixture
async def agent(server: WireServer, tmp_path: Path) -> AsyncIterator[Agent]:
    made = create_agent(
        AgentConfig(ModelRef.anthropic(OWN, api_base=server.url)),
        workspace=workspace_in(tmp_path),
        profile=profile_in(tmp_path),
    )
    yield made
    await made.aclose()


def skill(folder: Path, name: str = "measure", **fields: str) -> None:
    write_skill(folder / "home/.agents/skills", name, "Measure first.", **fields)


def asked(server: WireServer) -> list[tuple[str, Any]]:
    """The model and the effort of each request that reached the server."""
    return [(each.json["model"], each.json.get("output_config")) for each in server.requests]


def notices(result: RunResult) -> list[str]:
    return [each["text"] for each in of_type(result, "ecosystem.notice")]


async def test_a_skill_has_its_model_and_effort_for_the_rest_of_its_run_alone(
    tmp_path: Path, server: WireServer, agent: Agent
) -> None:
    skill(tmp_path, model="haiku", effort="high")
    server.says(wire.tool_call("activate_skill", name="measure"), wire.text("Done."), wire.text("Again."))
    session = agent.session()
    result = await session.start("Go").wait()
    assert result.state is RunState.COMPLETED
    assert_catalogued(result.events)
    await session.start("And now without it").wait()
    assert asked(server) == [(OWN, None), ("claude-haiku-5-5", {"effort": "high"}), (OWN, None)]
    (activated,) = of_type(result, "skill.activated")
    assert (activated["model"], activated["effort"]) == ("haiku", 3)
    used = of_type(result, "usage.updated")
    assert ["model" in each and each["model"] for each in used] == [False, "anthropic:claude-haiku-5-5"]
    assert notices(result) == []


async def test_a_person_who_calls_for_it_has_it_from_the_first_step(
    tmp_path: Path, server: WireServer, agent: Agent
) -> None:
    skill(tmp_path, model="claude-haiku-4-5")
    server.says(wire.text("Done."))
    await agent.run("/measure")
    assert asked(server) == [("claude-haiku-4-5", None)]


@pytest.mark.parametrize("wanted", ["gpt-6-luna", "openai:gpt-6-luna"])
async def test_a_model_that_the_provider_does_not_have_is_told_and_the_agents_own_goes_on(
    wanted: str, tmp_path: Path, server: WireServer, agent: Agent
) -> None:
    skill(tmp_path, model=wanted)
    server.says(wire.text("Done."))
    result = await agent.run("/measure")
    assert result.output == "Done."
    assert asked(server) == [(OWN, None)]
    assert [wanted in text and OWN in text for text in notices(result)] == [True]


async def test_a_model_that_the_service_refuses_is_asked_once_and_then_the_agents_own(
    tmp_path: Path, server: WireServer, agent: Agent
) -> None:
    skill(tmp_path, model="claude-old-1", effort="max")
    gone = Reply.of_json(404, {"type": "error", "error": {"type": "not_found_error", "message": "model: claude-old-1"}})
    server.says(gone, wire.tool_call("activate_skill", name="measure"), wire.text("Done."))
    result = await agent.run("/measure")
    assert result.output == "Done."
    assert asked(server) == [("claude-old-1", {"effort": "max"}), (OWN, None), (OWN, None)]
    assert ["claude-old-1" in text for text in notices(result)] == [True]
    assert_catalogued(result.events)


async def test_a_fault_that_passes_is_no_reason_for_another_model(
    tmp_path: Path, server: WireServer, agent: Agent
) -> None:
    skill(tmp_path, model="haiku")
    busy = Reply.of_json(529, {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}})
    server.says(busy, wire.text("Done."))
    await agent.run("/measure")
    assert [model for model, _ in asked(server)] == ["claude-haiku-5-5"] * 2


async def test_inherit_is_the_agents_own_and_needs_no_word(tmp_path: Path) -> None:
    skill(tmp_path, model="inherit")
    agent = agent_in(tmp_path, call("activate_skill", name="measure"), "Done.")
    result = await agent.run("Go")
    assert {each.model for each in requests_of(agent)} == {"script"}
    assert notices(result) == []
    await agent.aclose()


async def test_a_provider_that_was_given_is_told_with_the_request(tmp_path: Path) -> None:
    skill(tmp_path, model="another", effort="2")
    agent = agent_in(tmp_path, call("activate_skill", name="measure"), "Done.")
    await agent.run("Go")
    first, second = requests_of(agent)
    assert (first.model, first.extensions.get("effort")) == ("script", None)
    assert (second.model, second.extensions.get("effort")) == ("another", "medium")
    await agent.aclose()


async def test_a_model_whose_window_is_too_small_for_what_is_there_is_not_asked(tmp_path: Path) -> None:
    ref = ModelRef.openai("gpt-4.1", api_base="http://127.0.0.1:9")
    skill(tmp_path, model="gpt-4")
    agent = agent_in(tmp_path, "Done.", "Done.")
    agent.engine.config = AgentConfig(ref)
    await agent.run("/measure " + "a word and another " * 4_000)
    await agent.run("/measure")
    assert [each.model for each in requests_of(agent)] == ["gpt-4.1", "gpt-4"]
    await agent.aclose()


@pytest.mark.parametrize(
    ("ref", "effort", "told"),
    [
        (ModelRef.anthropic(OWN), 4, {"effort": "xhigh"}),
        (ModelRef.openai("gpt-6-luna"), 5, {"body": {"reasoning": {"effort": "high"}}}),
        (ModelRef.openai("gpt-5", api_base="http://here"), 1, {"body": {"reasoning_effort": "low"}}),
        (ModelRef.gemini("gemini-3.8-flash"), 2, {"thinking": {"thinkingLevel": "medium"}}),
        (ModelRef.gemini("gemini-2.5-flash"), 3, {"thinking": {"thinkingBudget": 4000}}),
        (ModelRef.qwen("qwen-max"), 1, {"body": {"enable_thinking": True, "thinking_budget": 1000}}),
        (ModelRef.ollama("gpt-oss:20b"), 3, {"think": "high"}),
    ],
)
def test_each_provider_is_told_the_effort_in_its_own_words(ref: ModelRef, effort: int, told: dict[str, Any]) -> None:
    made = with_effort(ref, effort, {})
    assert made is not None
    assert made.extensions == told


@pytest.mark.parametrize("ref", [ModelRef.openai("gpt-4o"), ModelRef.ollama("llama3.2"), ModelRef.ollama("qwen3")])
def test_a_model_that_can_not_be_told_is_not(ref: ModelRef) -> None:
    assert with_effort(ref, 3, {}) is None


def test_another_model_has_the_same_key_and_address_but_not_the_price() -> None:
    own = ModelRef.anthropic(
        OWN, api_base="http://here", api_key_env="MY_KEY", extensions={"price": {"input": 1}, "window_tokens": 9}
    )
    made = sibling(own, "anthropic:claude-haiku-4-5")
    assert made == ModelRef.anthropic("claude-haiku-4-5", api_base="http://here", api_key_env="MY_KEY")
    assert sibling(ModelRef.ollama("llama3.2"), "qwen3:8b") == ModelRef.ollama("qwen3:8b")


def test_a_word_for_an_effort_is_read_and_another_is_told(tmp_path: Path) -> None:
    words = {"low": 1, "Medium": 2, "high": 3, "xhigh": 4, "max": 5, "5": 5}
    for word, number in words.items():
        found, warnings = read_skill(write_skill(tmp_path, "measure", effort=word) / "SKILL.md")
        assert (found.effort, warnings) == (number, [])
    found, warnings = read_skill(write_skill(tmp_path, "measure", effort="heroic") / "SKILL.md")
    assert found.effort is None
    assert any("heroic" in warning for warning in warnings)
