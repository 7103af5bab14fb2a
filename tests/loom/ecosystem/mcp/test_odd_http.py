"""Servers over HTTP that send what nobody should: each fails by itself, with the reason."""

import asyncio
import gzip
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psutil
import pytest

from loom.config import MCPServerConfig
from loom.ecosystem.mcp import http_bounds
from loom.ecosystem.mcp.server import ServerState
from tests.support.mcp_servers import agent_with, ready

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
        assert server.state is ServerState.FAILED
        assert "it sent an answer of more than 2 MB" in server.detail
        await agent.aclose()
    assert psutil.Process().memory_info().rss - before < 100 * 2**20


async def test_an_answer_that_is_packed_small_is_not_unpacked(unused_tcp_port: int) -> None:
    bomb = gzip.compress(MEGABYTE * 64)
    async with answering(unused_tcp_port, "application/json", bomb, encoding="gzip"):
        agent = agent_with({"bomb": MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp")}, "done")
        server = (await ready(agent)).server("bomb")
        assert server.state is ServerState.FAILED
        assert "it packed its answer" in server.detail
        await agent.aclose()


@pytest.mark.parametrize("body", [b"\xff\xfe not text", b"{", b"[]", b'{"jsonrpc": "2.0", "id": 1, "result": 3}'])
async def test_an_answer_that_is_no_message_is_a_fault_of_that_server_alone(body: bytes, unused_tcp_port: int) -> None:
    async with answering(unused_tcp_port, "application/json", body):
        config = MCPServerConfig(url=f"http://127.0.0.1:{unused_tcp_port}/mcp", start_timeout_s=5)
        agent = agent_with({"wrong": config}, "done")
        server = (await ready(agent)).server("wrong")
        assert server.state is ServerState.FAILED
        assert server.detail
        assert (await agent.run("go")).output == "done"
        await agent.aclose()
