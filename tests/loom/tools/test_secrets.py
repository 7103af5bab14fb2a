"""Secrets that a tool comes upon: people, records and, unless an agent file says otherwise, models don't get them."""

import json
from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.config import MemoryBackend, MemoryConfig, PolicyConfig, ToolAccessPolicy, ToolPolicy
from loom.errors import ConfigError
from loom.runtime import SessionConfig
from loom.safety.permissions import PermissionMode
from loom.safety.redaction import HIDDEN, SHORTEST_CHARS, redact
from tests.support.agents import assert_catalogued, call, of_type, requests_of, scripted_agent

KEY = "sk-abcdefghijklmnop1234"
ENV = f"# settings\nOPENAI_API_KEY={KEY}\nDEBUG=1\n"
SHOWN = f"# settings\nOPENAI_API_KEY={HIDDEN}\nDEBUG=1\n"


@tool
def look() -> str:
    """Look at the settings."""
    return ENV


@tool
def long_look() -> str:
    """Look at much."""
    return "x" * 19_990 + f" {KEY} " + "y" * 40_000


@tool
def fail() -> str:
    """Fail with what it saw."""
    raise ValueError(f"can't use {KEY}")


@tool(read_only=True)
def use(key: str) -> str:
    """Use a key."""
    return "used"


def policy(**extensions: Any) -> PolicyConfig:
    access = ToolAccessPolicy(allow=["look", "long_look", "fail", "use", "write_file"])
    return PolicyConfig(tools=ToolPolicy(access=access), extensions=extensions)


async def test_a_secret_in_a_result_reaches_no_event_no_record_and_no_model(tmp_path: Path) -> None:
    store = tmp_path / "loom.db"
    agent = scripted_agent(
        call("look"), call("fail"), call("long_look"), "done",
        tools=[look, fail, long_look], policy=policy(), memory=MemoryConfig(backend=MemoryBackend.sqlite(str(store))),
    )  # fmt: skip
    result = await agent.session(SessionConfig(id="s")).run("go")
    assert_catalogued(result.events)
    completed = of_type(result, "tool.completed")
    assert completed[0]["content"] == SHOWN
    assert f"can't use {HIDDEN}" in of_type(result, "tool.failed")[0]["content"]
    everything = json.dumps([event.payload for event in result.events], ensure_ascii=False)
    everything += json.dumps([str(artifact.metadata) for artifact in result.artifacts], ensure_ascii=False)
    everything += "".join(str(message.content) for message in requests_of(agent)[-1].messages)
    assert KEY not in everything
    assert "abcdefghijklmnop" not in everything  # nor a part of it, where the result was cut
    assert requests_of(agent)[1].messages[-1].text == SHOWN
    await agent.aclose()
    assert KEY.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())  # noqa: ASYNC240


async def test_an_agent_file_can_have_the_model_told(tmp_path: Path) -> None:
    agent = scripted_agent(call("look"), call("fail"), "done", tools=[look, fail], policy=policy(secrets="told"))
    result = await agent.run("go")
    assert requests_of(agent)[1].messages[-1].text == ENV
    assert KEY in requests_of(agent)[2].messages[-1].text
    assert KEY not in json.dumps([event.payload for event in result.events])
    with pytest.raises(ConfigError, match="secrets"):
        scripted_agent("done", policy=policy(secrets="maybe"))


async def test_a_result_without_a_secret_is_told_byte_for_byte() -> None:
    text = "token = self.next_token()\r\n\ttab \u200b “quoted” 字 \x1b[0m trailing  \n\n"

    @tool(read_only=True)
    def plain() -> str:
        """Give a text."""
        return text

    agent = scripted_agent(call("plain"), "done", tools=[plain])
    await agent.run("go")
    assert requests_of(agent)[1].messages[-1].text == text


async def test_a_secret_that_the_model_writes_is_in_no_event(tmp_path: Path) -> None:
    agent = scripted_agent(call("use", key=f"Bearer {KEY}"), "done", tools=[use])
    result = await agent.run("go")
    assert KEY not in json.dumps([event.payload for event in result.events])
    assert "Bearer" in json.dumps(of_type(result, "tool.requested")[0])


async def test_what_stands_for_a_secret_is_not_written_unasked(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(ENV)
    ref = ModelRef.scripted([call("write_file", path=".env", content=SHOWN), "done"])
    agent = create_agent(AgentConfig(model=ref, capabilities=["edit"]), workspace=tmp_path)
    session = agent.session(SessionConfig(id="s"))
    session.mode = PermissionMode.AUTO
    result = await session.run("go")
    assert "stood for a secret" in of_type(result, "tool.vetoed")[0]["message"]
    assert (tmp_path / ".env").read_text() == ENV


def test_the_shortest_text_with_a_secret_is_hidden_too() -> None:
    for text in ("://a:12345678", "token=12345678"):
        assert HIDDEN in redact(text), text
    assert len("://a:12345678") == SHORTEST_CHARS, "what is shorter is not looked at"
