"""`loom mcp`: servers are added, agreed to and tested from the terminal, and an agent is a server itself."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from loom.cli import main
from loom.config import MCPServerConfig
from loom.ecosystem.mcp.server import ServerState
from tests.support.agents import call, of_type
from tests.support.mcp_servers import agent_with, odd, ready, session_that_runs_all

LOOM = [sys.executable, "-c", "import sys; from loom.cli import main; sys.exit(main())"]
AGENT = """
name = "Helper"
description = "Says what it is told to."
[model]
provider = "scripted"
name = "s"
[[model.extensions.turns]]
text = "Hello from inside."
[[model.extensions.turns]]
text = "Hello again."
"""


def test_a_server_is_added_agreed_to_and_tested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        code = main(["mcp", *arguments])
        told = capsys.readouterr()
        return code, told.out + told.err

    config, here = odd(), ("--workspace", str(tmp_path))
    data = {"mcpServers": {"odd": {"command": config.command, "args": config.args, "cwd": config.cwd}}}
    assert "loom mcp approve odd" in run("add", "--json", json.dumps(data))[1]
    code, told = run("test", "odd", *here)
    assert code == 1
    assert "nothing of it has been started" in told
    code, told = run("approve", "odd", *here)
    assert code == 1
    assert "Argument: tests.support.odd_server" in told
    assert run("approve", "odd", "--yes", *here)[1].endswith("odd: ready\n")
    code, told = run("test", "odd", *here)
    assert code == 0
    assert "echo" in told
    (row,) = json.loads(run("list", "--json", *here)[1])
    assert (row["name"], row["state"], row["scope"]) == ("odd", "agreed to", "profile")
    run("remove", "odd")
    assert "No servers" in run("list", *here)[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["test", "nobody"], "There is no server 'nobody'; the servers are: none"),
        (["add", "x"], "x needs a command"),
        (["add", "a b", "--url", "https://example.com"], "'a b' is no name for a server"),
        (["add", "x", "--url", "ftp://example.com"], "must begin with http"),
        (["add", "--json", "{"], "not valid JSON"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mcp", *arguments, *(["--workspace", str(tmp_path)] if arguments[0] == "test" else [])]) == 2
    assert says in capsys.readouterr().err


async def test_a_run_that_failed_is_an_error_of_the_tool_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(AGENT.partition("[[")[0])
    args = [*LOOM[1:], "mcp", "serve", "--agent", str(file), "--workspace", str(tmp_path)]
    helper = MCPServerConfig(command=sys.executable, args=args, env={"LOOM_HOME": str(tmp_path)}, cwd=odd().cwd)
    agent = agent_with({"helper": helper}, call("helper__run", prompt="Say hello"), "done")
    await ready(agent)
    (failed,) = of_type(await session_that_runs_all(agent).run("go"), "tool.failed")
    assert "The script has 0 turns" in failed["content"]
    await agent.aclose()


async def test_an_agent_is_a_server_for_another_agent(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(AGENT)
    args = [*LOOM[1:], "mcp", "serve", "--agent", str(file), "--workspace", str(tmp_path)]
    helper = MCPServerConfig(command=sys.executable, args=args, env={"LOOM_HOME": str(tmp_path)}, cwd=odd().cwd)
    agent = agent_with({"helper": helper}, call("helper__run", prompt="Say hello"), "done")
    await ready(agent)
    assert "Says what it is told to." in agent.engine.tools["helper__run"].description
    result = await session_that_runs_all(agent).run("go")
    (completed,) = of_type(result, "tool.completed")
    answer = json.loads(completed["content"])
    assert (answer["output"], answer["state"]) == ("Hello from inside.", "completed")
    assert answer["session_id"]
    assert any("thinking" in each["message"] for each in of_type(result, "tool.progress"))
    await agent.aclose()


async def until_listening(port: int) -> None:
    """Return once somebody listens on a port. Raises TimeoutError."""
    async with asyncio.timeout(150):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


async def test_over_http_an_agent_answers_who_has_the_token_and_no_page_of_a_browser(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(AGENT)
    process = await asyncio.create_subprocess_exec(
        *LOOM,
        *("mcp", "serve", "--agent", str(file), "--workspace", str(tmp_path), "--http", str(unused_tcp_port)),
        env={**os.environ, "LOOM_HOME": str(tmp_path)},
        stderr=asyncio.subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    assert process.stderr is not None
    try:
        said = ""
        while "Bearer" not in said:
            said = (await process.stderr.readline()).decode()
            assert said, "it did not start"
        url, token = re.search(r"http://\S+/mcp", said), said.rpartition("Bearer ")[2].strip()
        assert url is not None
        async with httpx2.AsyncClient() as http:
            await until_listening(unused_tcp_port)
            refused = await http.post(url[0], json={})
            assert refused.status_code == 401
            headers = {"Authorization": f"Bearer {token}", "Origin": "https://evil.example"}
            page = await http.post(url[0], json={}, headers=headers)
            assert page.status_code in (400, 403, 421)
        config = MCPServerConfig(url=url[0], headers={"Authorization": f"Bearer {token}"})
        agent = agent_with({"helper": config}, call("helper__run", prompt="Say hello"), "done")
        servers = await ready(agent)
        assert servers.server("helper").state is ServerState.READY, servers.server("helper").detail
        result = await session_that_runs_all(agent).run("go")
        assert "Hello from inside." in of_type(result, "tool.completed")[0]["content"]
        await agent.aclose()
    finally:
        process.terminate()
        await process.wait()
