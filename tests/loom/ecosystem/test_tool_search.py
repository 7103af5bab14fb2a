"""Where an agent has many tools, the model is told of those that it looked for."""

from typing import Any

from loom.config.tools import ToolSpec
from loom.context.tokens import estimate_text, estimate_tools
from loom.providers.base import ToolSchema
from loom.runtime.tool_search import search
from tests.support.agents import assert_catalogued, call, of_type, requests_of, scripted_agent
from tests.support.skills import many_tools


def tokens_of(tools: Any) -> int:
    return estimate_tools([ToolSchema(tool.name, tool.description, tool.input_schema) for tool in tools])


async def test_five_hundred_tools_cost_less_than_3000_tokens_until_they_are_used() -> None:
    tools = many_tools()
    find = call("find_tools", query="create an issue in jira")
    use = call("jira__create_issues", query="it broke")
    agent = scripted_agent(find, use, "Done.", tools=tools)
    result = await agent.run("Go")
    assert_catalogued(result.events)
    first, second, third = requests_of(agent)
    all_of_them = tokens_of([ToolSchema(t.name, t.description, t.to_input_schema()) for t in tools])
    told = f"500 tools: {all_of_them:,} tokens of definitions, {tokens_of(first.tools):,} until one is used"
    print(told)  # noqa: T201  the measurement
    assert tokens_of(first.tools) <= 3_000 < all_of_them
    names = [tool.name for tool in second.tools]
    assert names[: len(first.tools)] == [tool.name for tool in first.tools], "what is found comes after what stays"
    assert "jira__create_issues" in names
    assert len(names) <= len(first.tools) + 8
    assert [tool.name for tool in third.tools] == names
    assert of_type(result, "tool.completed")[1]["content"] == "ran with ['query']"
    assert of_type(result, "tools.found")[0]["query"] == "create an issue in jira"
    await agent.aclose()


async def test_few_tools_are_all_told_of() -> None:
    agent = scripted_agent("Done.", tools=many_tools()[:20])
    await agent.run("Go")
    assert "find_tools" not in {tool.name for tool in requests_of(agent)[0].tools}
    assert sum("__" in tool.name for tool in requests_of(agent)[0].tools) == 20
    await agent.aclose()


async def test_a_tool_that_was_not_found_is_called_through_the_gate_and_told_of_then() -> None:
    agent = scripted_agent(
        call("mail__delete_files", query="x"), call("mail__wrong", query="x"), "Done.", tools=many_tools()
    )
    agent.engine.gate.permissions = agent.engine.gate.permissions.__class__(
        agent.engine.gate.permissions.access.__class__(deny=["mail__*"])
    )
    result = await agent.run("Go")
    vetoed = of_type(result, "tool.vetoed")
    assert vetoed[0]["kind"] == "policy", "finding is no way around the policy, nor is not finding"
    assert vetoed[1]["kind"] == "unknown_tool"
    assert "find_tools" in vetoed[1]["message"]
    assert len(vetoed[1]["message"]) < 400
    assert "mail__delete_files" in {tool.name for tool in requests_of(agent)[1].tools}
    await agent.aclose()


async def test_what_a_session_found_stays_with_it_alone() -> None:
    agent = scripted_agent(call("find_tools", query="slack users"), "Done.", "Done.", "Done.", tools=many_tools())
    session, other = agent.session(), agent.session()
    await session.start("Go").wait()
    await other.start("Go").wait()
    assert not any("__" in tool.name for tool in requests_of(agent)[2].tools)
    await session.start("Go").wait()
    assert any("slack__" in tool.name for tool in requests_of(agent)[3].tools)
    await agent.aclose()


def test_a_search_finds_what_is_asked_for() -> None:
    tools = many_tools()
    asked = {
        "create an issue in jira": "jira__create_issues",
        "delete a label on github": "github__delete_labels",
        "who are the slack users": "slack__list_users",
        "export stripe files": "stripe__export_files",
        "search comments figma": "figma__search_comments",
        "sentry__watch_issues": "sentry__watch_issues",
        "archiving mails' labels": "mail__archive_labels",
    }
    missed = [query for query, name in asked.items() if name not in [tool.name for tool in search(tools, query)]]
    assert missed == []
    assert search(tools, "zzz qqq") == []
    assert search(tools, "") == []


def test_a_line_of_what_is_found_is_short() -> None:
    tool = ToolSpec("long__tool", "word " * 2000)
    assert search([tool], "word") == [tool]
    assert estimate_text(tool.description) > 1000
