"""A person has a tool called: the gate decides about it as about a model's call, and the model knows of it later."""

from pathlib import Path

from loom import AgentConfig, ModelRef, create_agent
from loom.context.pairs import is_valid
from loom.types.approvals import Decision
from tests.support.agents import AskedProvider, assert_catalogued, of_type, requests_of


async def test_a_call_of_a_person_passes_the_gate(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    ref = ModelRef.scripted(["I saw it."])
    config = AgentConfig(ref, capabilities=["files", "edit"])
    agent = create_agent(config, workspace=tmp_path, provider=AskedProvider(ref))
    session = agent.session()
    result = await session.call_tool("read_file", {"path": "a.txt"}).wait()
    assert_catalogued(result.events)
    assert (result.state.value, result.reason) == ("completed", "tool_call")
    assert "hello" in result.output
    refused = await session.call_tool("write_file", {"path": "b.txt", "content": "x"}).wait()
    assert of_type(refused, "tool.vetoed")[0]["kind"] == "no_approver"
    agent.attach_approver(lambda _request: Decision.allow_once())
    await session.call_tool("write_file", {"path": "b.txt", "content": "x"}).wait()
    assert (tmp_path / "b.txt").read_text() == "x"
    wrong = await session.call_tool("nothing", {}).wait()
    assert of_type(wrong, "tool.vetoed")[0]["kind"] == "unknown_tool"
    assert is_valid(session.history)
    assert requests_of(agent) == [], "no model was asked"
    await session.start("What did I do?").wait()
    assert any("hello" in message.text for message in requests_of(agent)[0].messages)
    await agent.aclose()
