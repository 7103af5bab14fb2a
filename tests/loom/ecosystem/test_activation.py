"""Capabilities of 0.7.3 are groups of tools that a model is always told of while they are on."""

from loom.ecosystem.activation import Capability, CapabilityLoader, CapabilityRegistry
from tests.support.agents import requests_of, scripted_agent
from tests.support.skills import many_tools


async def test_a_capability_that_is_on_is_told_of_among_many_tools() -> None:
    agent = scripted_agent("Done.", "Done.", tools=many_tools())
    tools = agent.engine.gate.tools
    registry = CapabilityRegistry()
    registry.register(Capability("boards", "Work on boards", ["jira__list_issues", "unknown"], keywords=["ticket"]))
    assert [each.name for each in registry.match_task("Close the TICKET")] == ["boards"]
    loader = CapabilityLoader(registry, tools)
    assert loader.load("boards")
    assert not loader.load("nothing")
    await agent.run("Go")
    assert "jira__list_issues" in {tool.name for tool in requests_of(agent)[-1].tools}
    assert loader.unload("boards")
    assert not loader.is_loaded("boards")
    await agent.run("Go")
    assert "jira__list_issues" not in {tool.name for tool in requests_of(agent)[-1].tools}
    await agent.aclose()
