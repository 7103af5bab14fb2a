"""Servers that others publish, of both eras of the protocol, over stdio and HTTP."""

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from loom import Decision
from loom.config import MCPServerConfig, MCPTransportType
from loom.ecosystem.mcp import http_bounds
from loom.ecosystem.mcp.asks import Action, Answer, AskDesk
from loom.ecosystem.mcp.questions import ActiveCall
from loom.ecosystem.mcp.server import McpServer, ServerState
from loom.errors import ToolServerError
from loom.types.content import ImageBlock
from loom.types.runs import RunState
from tests.support.agents import assert_catalogued, call, of_type, requests_of
from tests.support.mcp_servers import (
    agent_with,
    connected,
    node_program,
    node_server,
    odd,
    over_http,
    python_server,
    ready,
    servers_of,
    session_that_runs_all,
)
from tests.support.waiting import until

pytestmark = pytest.mark.slow
EVERYTHING = "server-everything"


def answering(desk: AskDesk, answer: Answer) -> None:
    """Answer all that servers ask."""

    def on_change() -> None:
        for ask in desk.pending:
            asyncio.get_running_loop().call_soon(
                lambda ask_id=ask.id: ask_id in {a.id for a in desk.pending} and desk.answer(ask_id, answer)
            )

    desk.attach(on_change)


async def test_the_time_server_of_the_new_era() -> None:
    agent = agent_with(
        {"time": python_server("mcp-server-time")},
        call("time__get_current_time", timezone="Europe/Berlin"),
        call("time__get_current_time", timezone="Nowhere/Land"),
        "done",
    )
    await ready(agent)
    result = await session_that_runs_all(agent).run("What time is it?")
    assert result.state is RunState.COMPLETED
    assert '"timezone": "Europe/Berlin"' in of_type(result, "tool.completed")[0]["content"]
    assert "Nowhere/Land" in of_type(result, "tool.failed")[0]["content"]
    assert servers_of(agent).server("time").protocol >= "2026-07-28"
    assert_catalogued(result.events)
    await agent.aclose()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
    return tmp_path


async def test_the_git_server_works_on_a_repository(repository: Path) -> None:
    tmp_path = repository
    (tmp_path / "new.txt").write_text("x")
    agent = agent_with(
        {"git": python_server("mcp-server-git")},
        call("git__git_status", repo_path=str(tmp_path)),
        "done",
        workspace=tmp_path,
    )
    await ready(agent)
    result = await session_that_runs_all(agent).run("go")
    assert "new.txt" in of_type(result, "tool.completed")[0]["content"]
    assert agent.engine.tools["git__git_reset"].destructive
    await agent.aclose()


async def test_the_filesystem_server_works_in_the_workspace_that_it_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("what is in it")
    agent = agent_with(
        {"files": node_server("server-filesystem")},
        call("files__read_text_file", path=str(tmp_path / "a.txt")),
        call("files__read_text_file", path="/etc/passwd"),
        "done",
        workspace=tmp_path,
    )
    await ready(agent)
    result = await session_that_runs_all(agent).run("go")
    assert of_type(result, "tool.completed")[0]["content"] == "what is in it"
    assert "denied" in of_type(result, "tool.failed")[0]["content"].lower()
    await agent.aclose()


async def test_everything_over_stdio() -> None:
    agent = agent_with(
        {"all": node_server(EVERYTHING)},
        call("all__trigger-long-running-operation", duration=1, steps=3),
        call("all__get-tiny-image"),
        call("all__get-structured-content", location="New York"),
        call("mcp_list_resources", server="all"),
        call("mcp_read_resource", server="all", uri="demo://resource/static/document/architecture.md"),
        "done",
    )
    await ready(agent)
    result = await session_that_runs_all(agent).run("go")
    assert [each["message"] for each in of_type(result, "tool.progress")][-1] == "3 of 3"
    contents = [each["content"] for each in of_type(result, "tool.completed")]
    assert len(contents) == 5, of_type(result, "tool.failed")
    assert '"conditions":"Cloudy"' in contents[2]
    assert contents[2].count("Cloudy") == 1  # the structured content is said once
    assert "demo://resource/static/document/architecture.md" in contents[3]
    assert "# Everything Server" in contents[4]
    picture = next(m for m in requests_of(agent)[2].messages if m.role == "tool" and isinstance(m.content, list))
    (block,) = [each for each in picture.content if isinstance(each, ImageBlock)]
    assert base64.b64decode(block.source["data"]).startswith(b"\x89PNG")
    assert servers_of(agent).server("all").protocol < "2026"
    assert_catalogued(result.events)
    await agent.aclose()


async def test_a_server_is_lent_the_model_only_if_the_person_agrees_and_it_is_counted() -> None:
    cases: list[tuple[Action, str]] = [("accept", "from the model"), ("decline", "did not agree")]
    for answer, says in cases:
        reply = {"text": "from the model", "usage": {"input_tokens": 70, "output_tokens": 30}}
        turns = [
            call("all__trigger-sampling-request", prompt="hello", maxTokens=50),
            *([reply] if answer == "accept" else []),
        ]
        agent = agent_with({"all": node_server(EVERYTHING)}, *turns, "done")
        answering(servers_of(agent).pool.desk, Answer(answer))
        await ready(agent)
        result = await session_that_runs_all(agent).run("go")
        said = [each["content"] for kind in ("tool.completed", "tool.failed") for each in of_type(result, kind)]
        assert says in said[0]
        asked = requests_of(agent)[1]
        assert ("hello" in asked.messages[-1].text) is (answer == "accept")
        assert any(each["purpose"] == "sampling" for each in of_type(result, "usage.updated") if "purpose" in each) is (
            answer == "accept"
        )
        await agent.aclose()


async def test_nobody_there_to_ask_is_a_no() -> None:
    agent = agent_with({"all": node_server(EVERYTHING)}, call("all__trigger-elicitation-request"), "done")
    await ready(agent)
    result = await session_that_runs_all(agent).run("go")
    assert "declined" in of_type(result, "tool.completed")[0]["content"]
    await agent.aclose()


async def test_a_form_is_filled_in_by_the_person_and_no_clock_runs_meanwhile() -> None:
    config = node_server(EVERYTHING)
    config.timeout_s = 2.0
    agent = agent_with({"all": config}, call("all__trigger-elicitation-request"), "done")
    desk = servers_of(agent).pool.desk
    desk.attach(lambda: None)
    await ready(agent)
    run = session_that_runs_all(agent).start("go")
    await until(lambda: desk.pending)
    (ask,) = desk.pending
    assert ask.kind == "form"
    assert ask.schema["properties"]["name"]["title"] == "String"
    await asyncio.sleep(2.2)
    desk.answer(ask.id, Answer("accept", {"name": "Ada", "check": True}))
    result = await run.wait()
    assert "Ada" in of_type(result, "tool.completed")[0]["content"]
    (asked,), (answered,) = of_type(result, "mcp.asked"), of_type(result, "mcp.answered")
    assert (asked["server"], asked["kind"], asked["ask_id"]) == ("all", "form", ask.id)
    assert (answered["ask_id"], answered["action"]) == (ask.id, "accept")
    assert "Ada" not in str(answered)
    assert_catalogued(result.events)
    await agent.aclose()


@asynccontextmanager
async def everything_over_http(port: int, how: str = "streamableHttp") -> AsyncGenerator[None]:
    """The server as a program that listens, until the end."""
    program = node_program(EVERYTHING)
    process = await asyncio.create_subprocess_exec(
        *program,
        how,
        env={**os.environ, "PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    while not {b"listening", b"running"} & set((line := await process.stderr.readline()).split()):
        assert line, "it did not start"
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_everything_over_http_and_again_after_the_server_was_away(unused_tcp_port: int) -> None:
    config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp")
    agent = agent_with({"all": config}, *[call("all__echo", message=f"n{n}") for n in range(2)], "done")
    session = session_that_runs_all(agent)
    async with everything_over_http(unused_tcp_port):
        await ready(agent)
        assert servers_of(agent).server("all").state is ServerState.READY
        result = await session.run("go")
        assert "n0" in of_type(result, "tool.completed")[0]["content"]
    agent2 = agent_with({"all": config}, call("all__echo", message="x"), "done")
    result = await session_that_runs_all(agent2).run("go")
    (standing,) = servers_of(agent2).standing()
    assert standing.state == "failed"
    await agent2.aclose()
    await agent.aclose()


async def test_a_token_in_a_header_reaches_the_server_and_not_the_log(unused_tcp_port: int) -> None:
    seen: list[str] = []

    async def on_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head.decode())
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(on_request, "127.0.0.1", unused_tcp_port)
    config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp", headers={"Authorization": "Bearer s3cret"})
    async with connected(agent_with({"closed": config})) as servers:
        closed = servers.server("closed")
        assert closed.state is ServerState.FAILED
        assert "s3cret" not in closed.detail + closed.log.text() + str(closed.launch)
    assert any("Bearer s3cret" in head for head in seen)
    server.close()
    await server.wait_closed()


def test_the_sdk_is_imported_with_the_first_server_only() -> None:
    program = "import sys, loom.agent, loom.ecosystem.mcp.agent_servers; print('mcp' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


async def test_a_session_goes_on_with_a_server_over_http_that_went_away_and_came_back(unused_tcp_port: int) -> None:
    config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp")
    turns = [turn for n in range(3) for turn in (call("all__echo", message=f"n{n}"), "done")]
    agent = agent_with({"all": config}, *turns)
    session = session_that_runs_all(agent)
    server = None
    async with everything_over_http(unused_tcp_port):
        server = (await ready(agent)).server("all")
        assert "n0" in of_type(await session.run("go"), "tool.completed")[0]["content"]
    failed = of_type(await session.run("go"), "tool.failed")  # it is away: the tool is still there, and says so
    assert "'all'" in failed[0]["content"]
    assert server.state in (ServerState.DEGRADED, ServerState.CONNECTING, ServerState.FAILED)
    assert "all__echo" in agent.engine.tools
    async with everything_over_http(unused_tcp_port):
        await until(lambda: server.state is ServerState.READY)
        assert "n2" in of_type(await session.run("go"), "tool.completed")[0]["content"]
    await agent.aclose()


async def test_a_server_that_restarted_meanwhile_and_forgot_its_session_is_connected_anew(unused_tcp_port: int) -> None:
    config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp")
    turns = [turn for n in range(3) for turn in (call("all__echo", message=f"n{n}"), "done")]
    agent = agent_with({"all": config}, *turns)
    session = session_that_runs_all(agent)
    async with everything_over_http(unused_tcp_port):
        await ready(agent)
        assert "n0" in of_type(await session.run("go"), "tool.completed")[0]["content"]
    async with everything_over_http(unused_tcp_port):
        for n in (1, 2):
            result = await session.run("go")
            told = [each["content"] for each in of_type(result, "tool.completed")]
            assert any(f"n{n}" in each for each in told), of_type(result, "tool.failed") or result
    await agent.aclose()


async def test_servers_that_speak_stdio_alone_work_behind_a_gateway_over_http(
    repository: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    (repository / "a.txt").write_text("what is in it")
    bare = {
        "files": node_server("server-filesystem", str(repository)),
        "git": python_server("mcp-server-git"),
        "time": python_server("mcp-server-time"),
    }
    turns = [
        call("files__read_text_file", path=str(repository / "a.txt")),
        call("files__read_text_file", path="/etc/passwd"),
        call("git__git_status", repo_path=str(repository)),
        call("time__get_current_time", timezone="Europe/Berlin"),
    ]
    async with AsyncExitStack() as stack:
        reached = [over_http(unused_tcp_port_factory(), config) for config in bare.values()]
        configs = [await stack.enter_async_context(each) for each in reached]
        agent = agent_with(dict(zip(bare, configs, strict=True)), *turns, "done", workspace=repository)
        await ready(agent)
        result = await session_that_runs_all(agent).run("go")
        await agent.aclose()
    read, status, now = [each["content"] for each in of_type(result, "tool.completed")]
    assert read == "what is in it"
    assert "a.txt" in status
    assert '"timezone": "Europe/Berlin"' in now
    assert "denied" in of_type(result, "tool.failed")[0]["content"].lower()


async def echoed(server: McpServer, message: str) -> str:
    """What the tool `echo` gives for a message, as text."""
    result = await server.call("echo", {"message": message}, None, ActiveCall(None), 30)  # type: ignore[arg-type]
    return "".join(block.get("text", "") for block in result["content"])


async def test_an_event_of_more_than_a_megabyte_is_read_over_http(unused_tcp_port: int) -> None:
    config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp")
    async with everything_over_http(unused_tcp_port), connected(agent_with({"all": config}, "done")) as servers:
        assert len(await echoed(servers.server("all"), "x" * 3 * 2**20)) > 3 * 2**20


async def test_an_event_that_is_too_long_is_said_to_be_that_and_the_connection_goes_on(
    unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_bounds, "LONGEST_ANSWER_BYTES", 2**18)
    config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp")
    calls = [call("all__echo", message=message) for message in ("x" * 2**18, "and now a short one")]
    agent = agent_with({"all": config}, *calls, "done")
    async with everything_over_http(unused_tcp_port):
        server = (await ready(agent)).server("all")
        before = server._connection
        result = await session_that_runs_all(agent).run("go")
        (failed,), (completed,) = of_type(result, "tool.failed"), of_type(result, "tool.completed")
        assert "sent an answer of more than 0.25 MB, which was not read" in failed["content"]
        assert "and now a short one" in completed["content"]
        assert server._connection is before
        await agent.aclose()


async def test_the_older_sse_takes_events_as_long_and_says_of_a_longer_one_that_it_was_not_read(
    unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/sse", type=MCPTransportType.SSE)
    agent = agent_with({"all": config}, "done")
    async with everything_over_http(unused_tcp_port, "sse"), connected(agent) as servers:
        server = servers.server("all")
        assert len(await echoed(server, "x" * 3 * 2**20)) > 3 * 2**20
        monkeypatch.setattr(http_bounds, "LONGEST_ANSWER_BYTES", 2**18)
        with pytest.raises(ToolServerError, match=r"more than 0\.25 MB, which was not read"):
            await echoed(server, "x" * 2**18)
        await until(lambda: server.state is ServerState.READY)
        assert "short" in await echoed(server, "a short one")


async def test_everything_over_the_older_sse(unused_tcp_port: int) -> None:
    config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/sse", type=MCPTransportType.SSE)
    agent = agent_with({"all": config}, call("all__echo", message="over sse"), "done")
    async with everything_over_http(unused_tcp_port, "sse"):
        await ready(agent)
        assert servers_of(agent).server("all").state is ServerState.READY, servers_of(agent).server("all").detail
        result = await session_that_runs_all(agent).run("go")
        assert "over sse" in of_type(result, "tool.completed")[0]["content"]
        await agent.aclose()


async def test_an_address_of_the_older_sse_says_what_to_write(unused_tcp_port: int) -> None:
    config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/sse")
    agent = agent_with({"all": config}, "done")
    async with everything_over_http(unused_tcp_port, "sse"):
        server = (await ready(agent)).server("all")
        assert server.state is ServerState.FAILED
        assert 'type = "sse"' in server.detail
        await agent.aclose()


async def test_a_tool_of_a_real_server_is_found_and_called_through_the_gate(tmp_path: Path) -> None:
    servers = {
        "time": python_server("mcp-server-time"),
        "all": node_server(EVERYTHING),
        "many": odd("--tools", "300"),
    }
    turns = [
        call("find_tools", query="what time is it in a timezone"),
        call("time__get_current_time", timezone="Europe/Berlin"),
        call("find_tools", query="echo a message back"),
        call("all__echo", message="found and called"),
        "done",
    ]
    agent = agent_with(servers, *turns, workspace=tmp_path)
    await ready(agent)
    told: list[str] = []
    agent.attach_approver(lambda request: told.append(request.tool) or Decision.allow_once())
    result = await agent.run("go")
    first, second = [{tool.name for tool in requests_of(agent)[n].tools} for n in (0, 1)]
    assert "find_tools" in first
    assert "time__get_current_time" not in first
    assert "time__get_current_time" in second
    contents = [each["content"] for each in of_type(result, "tool.completed")]
    assert '"timezone": "Europe/Berlin"' in contents[1], of_type(result, "tool.failed")
    assert "found and called" in contents[3]
    assert told == ["time__get_current_time", "all__echo"]
    assert_catalogued(result.events)
    await agent.aclose()


@pytest.mark.parametrize("era", ["older", "newer"])
async def test_a_run_is_told_that_what_was_read_changed_until_it_is_read_again(tmp_path: Path, era: str) -> None:
    file = tmp_path / "held.txt"
    file.write_text("first")
    reading = call("mcp_read_resource", server="watched", uri="file:///held")
    server = MCPServerConfig(command=sys.executable, args=["-m", "tests.support.watched_server", era, str(file)])
    agent = agent_with({"watched": server}, reading, "read", "told", reading, "read again", "done")
    session = session_that_runs_all(agent)
    await ready(agent)
    assert "first" in of_type(await session.run("go"), "tool.completed")[0]["content"]
    file.write_text("second")
    await until(lambda: servers_of(agent).standing() != [])
    result = await session.run("and now?")
    (news,) = of_type(result, "mcp.server")
    assert (news["server"], news["state"]) == ("watched", "changed")
    assert "file:///held changed since it was read: read it again" in requests_of(agent)[-1].messages[-1].text
    assert "second" in of_type(await session.run("read it"), "tool.completed")[0]["content"]
    await session.run("and now?")
    assert "changed since it was read" not in requests_of(agent)[-1].messages[-1].text
    await agent.aclose()
