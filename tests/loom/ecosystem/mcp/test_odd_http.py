"""Servers over HTTP that send what nobody should: each fails by itself, with the reason."""

import asyncio
import gzip
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest

from loom.config import MCPServerConfig
from loom.config.mcp import MCPTransportType
from loom.ecosystem.mcp import http_bounds
from loom.ecosystem.mcp.server import ServerState
from tests.support.agents import call, of_type
from tests.support.mcp_servers import agent_with, ready, session_that_runs_all
from tests.support.waiting import until

MEGABYTE = b"x" * 2**20


@asynccontextmanager
async def answering(port: int, kind: str, body: bytes, times: int = 1, encoding: str = "") -> AsyncGenerator[None]:
    """A server that answers each request with so many of a body, and no length."""

    async def on_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        packed = f"Content-Encoding: {encoding}\r\n" if encoding else ""
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{packed}Connection: close\r\n\r\n".encode())
        try:
            for _ in range(times):
                writer.write(body)
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(on_request, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
async def test_an_answer_without_end_is_cut_off(
    kind: str, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_bounds, "LONGEST_ANSWER_BYTES", 2 * 2**20)
    before = psutil.Process().memory_info().rss
    async with answering(unused_tcp_port, kind, MEGABYTE, 1_000):
        agent = agent_with({"endless": MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp")}, "done")
        server = (await ready(agent)).server("endless")
        await until(lambda: server.state is ServerState.FAILED)
        assert "it sent an answer of more than 2 MB" in server.detail
        await agent.aclose()
    assert psutil.Process().memory_info().rss - before < 100 * 2**20


async def test_an_answer_that_is_packed_small_is_not_unpacked(unused_tcp_port: int) -> None:
    bomb = gzip.compress(MEGABYTE * 64)
    async with answering(unused_tcp_port, "application/json", bomb, encoding="gzip"):
        agent = agent_with({"bomb": MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp")}, "done")
        server = (await ready(agent)).server("bomb")
        await until(lambda: server.state is ServerState.FAILED)
        assert "it packed its answer" in server.detail
        await agent.aclose()


@pytest.mark.parametrize("body", [b"\xff\xfe not text", b"{", b"[]", b'{"jsonrpc": "2.0", "id": 1, "result": 3}'])
async def test_an_answer_that_is_no_message_is_a_fault_of_that_server_alone(body: bytes, unused_tcp_port: int) -> None:
    async with answering(unused_tcp_port, "application/json", body):
        config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp", start_timeout_s=5)
        agent = agent_with({"wrong": config}, "done")
        server = (await ready(agent)).server("wrong")
        await until(lambda: server.state is ServerState.FAILED)  # it is tried again now and then
        assert server.detail
        assert (await agent.run("go")).output == "done"
        await agent.aclose()


def answers(request: dict[str, Any]) -> dict[str, Any]:
    """What a plain server says: one tool, `rows`, that gives as many empty objects as it is asked for."""
    match request["method"]:
        case "initialize":
            info = {"name": "plain", "version": "1"}
            return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
        case "tools/list":
            return {"tools": [{"name": "rows", "inputSchema": {"type": "object"}}]}
        case _:
            rows = [{} for _ in range(request["params"]["arguments"]["count"])]
            return {"content": [], "structuredContent": {"rows": rows}}


@asynccontextmanager
async def plain_server(port: int, *, is_older: bool = False, as_events: bool = False) -> AsyncGenerator[None]:
    """A server that posts are answered by at once; of the older kind, its stream has the answers.

    The older one refuses a call of 13 rows.
    """
    streams: list[asyncio.StreamWriter] = []

    async def on_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if head.startswith("get"):
            if not is_older:
                writer.write(b"HTTP/1.1 405 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                writer.close()
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            writer.write(b"event: endpoint\ndata: /messages?id=1\n\n")
            streams.append(writer)
            return
        length = int(head.partition("content-length:")[2].partition("\r")[0])
        request = json.loads(await reader.readexactly(length))
        body, status = b"", "202 Accepted"
        if "id" in request:
            is_known = request["method"] in ("initialize", "tools/list", "tools/call")
            result = {"result": answers(request)} if is_known else {"error": {"code": -32601, "message": "no"}}
            body, status = json.dumps({"jsonrpc": "2.0", "id": request["id"], **result}).encode(), "200 OK"
        event = b"event: message\ndata: " + body + b"\n\n"
        kind = "text/event-stream" if as_events else "application/json"
        if is_older and "13" in str(request.get("params", {}).get("arguments")):
            body, status = b"", "413 Too much"
        elif is_older and body:
            streams[-1].write(event)
            body, status = b"", "202 Accepted"
        told = event if as_events and body else body
        length = len(told)
        writer.write(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n".encode())
        writer.write(b"Connection: close\r\n\r\n" + told)
        writer.close()

    server = await asyncio.start_server(on_request, "127.0.0.1", port)
    try:
        yield
    finally:
        for stream in streams:
            stream.close()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("as_events", [False, True])
async def test_an_answer_of_brackets_is_not_read_and_the_connection_goes_on(
    as_events: bool, unused_tcp_port: int
) -> None:
    calls = [call("plain__rows", count=count) for count in (5, 300_000, 7)]
    agent = agent_with({"plain": MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp")}, *calls, "done")
    async with plain_server(unused_tcp_port, as_events=as_events):
        await ready(agent)
        result = await session_that_runs_all(agent).run("go")
        (failed,), completed = of_type(result, "tool.failed"), of_type(result, "tool.completed")
        assert "it sent an answer of more than 100,000 values, which was not read" in failed["content"]
        assert [each["content"].count("{}") for each in completed] == [5, 7]
        await agent.aclose()


async def test_a_message_that_the_older_kind_of_server_refuses_fails_alone(unused_tcp_port: int) -> None:
    config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/sse", type=MCPTransportType.SSE)
    calls = [call("plain__rows", count=count) for count in (5, 13, 7)]
    agent = agent_with({"plain": config}, *calls, "done")
    async with plain_server(unused_tcp_port, is_older=True):
        await ready(agent)
        result = await session_that_runs_all(agent).run("go")
        (failed,), completed = of_type(result, "tool.failed"), of_type(result, "tool.completed")
        assert "it refused the message (HTTP 413)" in failed["content"]
        assert [each["content"].count("{}") for each in completed] == [5, 7]
        await agent.aclose()


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        (b"event: endpoint\ndata: http://elsewhere.invalid/x\n\n", "messages to be sent to another server"),
        (b"event: endpoint\ndata: http://[::x\n\n", "what is no address"),
        (b"data: hello\n\n", "without saying where messages go"),
    ],
)
async def test_messages_go_to_the_server_that_was_agreed_to_alone(
    endpoint: bytes, says: str, unused_tcp_port: int
) -> None:
    config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/sse", type=MCPTransportType.SSE)
    async with answering(unused_tcp_port, "text/event-stream", endpoint):
        agent = agent_with({"odd": config}, "done")
        server = (await ready(agent)).server("odd")
        await until(lambda: server.state is ServerState.FAILED)
        assert says in server.detail
        await agent.aclose()
