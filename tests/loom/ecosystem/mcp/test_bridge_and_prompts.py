"""The names of 0.7.3 for code without an event loop, prompts as commands, and protected paths through a server."""

import sys
from pathlib import Path

import pytest

from loom.ecosystem import MCPBridge, MCPServerConfig
from loom.ecosystem.mcp.prompts import expanded, prompts_of
from loom.errors import ConfigError, ToolServerError
from tests.support.agents import call, of_type
from tests.support.mcp_servers import agent_with, connected, node_server, odd, session_that_runs_all


def test_a_server_is_used_from_code_without_an_event_loop() -> None:
    bridge = MCPBridge()
    bridge.register_server("odd", odd())
    try:
        assert bridge.connect("odd")
        assert {"echo", "twice"} <= {tool["name"] for tool in bridge.list_tools("odd")}
        assert bridge.execute_tool("odd", "echo", text="hello") == "hello"
        assert bridge.list_resources("odd") == []
        with pytest.raises(ToolServerError, match="ended while 'die' worked"):
            bridge.execute_tool("odd", "die")
    finally:
        bridge.close()


def test_a_server_that_can_not_be_connected_is_not_said_to_be() -> None:
    bridge = MCPBridge()
    bridge.register_server("missing", MCPServerConfig(command="no-such-program"))
    try:
        assert not bridge.connect("missing")
        assert "there is no program" in bridge.problem("missing")
        with pytest.raises(ToolServerError, match="can't be connected"):
            bridge.list_tools("missing")
        with pytest.raises(ToolServerError, match="There is no server"):
            bridge.connect("unknown")
        with pytest.raises(ConfigError, match="needs a command"):
            bridge.register_server("empty", MCPServerConfig())
    finally:
        bridge.close()


def test_a_stand_in_for_tests_starts_nothing() -> None:
    tools = [{"name": "add", "description": "", "inputSchema": {"type": "object"}}]
    bridge = MCPBridge()
    bridge.register_server("mock", MCPServerConfig(mock_tools=tools, mock_tool_results={"add": 3}))
    assert bridge.connect("mock")
    assert bridge.list_tools("mock") == tools
    assert bridge.execute_tool("mock", "add", a=1, b=2) == 3
    assert bridge.resolve_env_vars("${CLAUDE_PLUGIN_ROOT}/x ${NOT_SET_ANYWHERE}", "/p") in (
        "${CLAUDE_PLUGIN_ROOT}/x ${NOT_SET_ANYWHERE}",
        "/p/x ${NOT_SET_ANYWHERE}",
    )
    bridge.close()


@pytest.mark.slow
async def test_a_prompt_is_a_command_with_arguments_in_order_or_by_name() -> None:
    async with connected(agent_with({"all": node_server("server-everything")})) as servers:
        prompt = next(each for each in prompts_of(servers) if each.command == "all:args-prompt")
        assert [(each.name, each.required) for each in prompt.arguments] == [("city", True), ("state", False)]
        said = await expanded(servers, "/all:args-prompt Berlin")
        assert said.startswith('Prompt /all:args-prompt Berlin\n\n<prompt server="all" name="args-prompt">\n')
        assert said.endswith("\n</prompt>")
        assert "Berlin" in said.partition("<prompt")[2]
        line = prompt.line({"city": "New York", "state": "it's"})
        assert prompt.given(line.partition(" ")[2]) == {"city": "New York", "state": "it's"}
        assert await expanded(servers, "/all:args-prompt city=Berlin state='with space'") != said
        assert await expanded(servers, "/all:unknown x") == "/all:unknown x"
        assert await expanded(servers, "plain text /all:args-prompt") == "plain text /all:args-prompt"
        with pytest.raises(ToolServerError, match="needs city; write: /all:args-prompt city=… \\[state=…\\]"):
            await expanded(servers, "/all:args-prompt")
        with pytest.raises(ToolServerError, match="takes no 'three'"):
            await expanded(servers, "/all:args-prompt one two three")


@pytest.mark.parametrize("how", ["mode", "auto_approve"])
async def test_a_protected_path_is_asked_about_also_where_a_server_would_write_it(tmp_path: Path, how: str) -> None:
    (tmp_path / ".git").mkdir()
    config = odd(auto_approve=["echo"] if how == "auto_approve" else None)
    calls = [
        call("odd__echo", text=path) for path in (".git/hooks/pre-commit", f"file://{tmp_path}/.mcp.json", "a.txt")
    ]
    agent = agent_with({"odd": config}, *calls, "done", workspace=tmp_path)
    session = session_that_runs_all(agent) if how == "mode" else agent.session()
    result = await session.run("go")
    assert [each["rule"] for each in of_type(result, "tool.vetoed")] == ["protected_path", "protected_path"]
    assert [each["content"] for each in of_type(result, "tool.completed")] == ["a.txt"]
    await agent.aclose()


async def test_a_tool_may_have_an_argument_of_any_name(tmp_path: Path) -> None:
    """`func` and `self` are names of ours on the way to a tool."""
    program = tmp_path / "server.py"
    program.write_text(
        "from mcp.server import MCPServer\n"
        "server = MCPServer('names')\n"
        "@server.tool()\n"
        "def say(func: str, self_: str = '', arguments: str = '') -> str:\n"
        "    return func + arguments\n"
        "server.run('stdio')\n"
    )
    config = MCPServerConfig(command=sys.executable, args=[str(program)])
    agent = agent_with({"names": config}, call("names__say", func="a", arguments="b"), "done")
    async with connected(agent):
        result = await session_that_runs_all(agent).run("go")
        assert "ab" in of_type(result, "tool.completed")[0]["content"], of_type(result, "tool.failed")
