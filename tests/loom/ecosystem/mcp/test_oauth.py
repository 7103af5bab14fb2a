"""Signing in to a server that wants it, in the person's browser, with a real server of the protocol on this machine."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

import httpx2
import keyring
import pytest
from keyring.backend import KeyringBackend
from typing_extensions import override

from loom.config import MCPServerConfig
from loom.ecosystem.mcp.asks import Answer
from loom.ecosystem.mcp.oauth import KeyringTokens
from loom.ecosystem.mcp.server import ServerState
from tests.loom.cli.test_mcp_cli import until_listening
from tests.support.agents import call, of_type
from tests.support.mcp_servers import agent_with, connected, odd, ready, servers_of, session_that_runs_all
from tests.support.waiting import until

pytestmark = pytest.mark.slow


class DrawerKeyring(KeyringBackend):
    """A keyring in memory, since a test machine has none."""

    priority = 1.0  # pyright: ignore[reportAssignmentType]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    @override
    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    @override
    def delete_password(self, service: str, username: str) -> None:
        self.held.pop((service, username), None)


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch) -> Generator[DrawerKeyring]:
    before, made = keyring.get_keyring(), DrawerKeyring()
    keyring.set_keyring(made)
    monkeypatch.setattr(KeyringTokens, "_held", {})
    yield made
    keyring.set_keyring(before)


@asynccontextmanager
async def closed_server(port: int) -> AsyncGenerator[MCPServerConfig]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.oauth_server", str(port), cwd=odd().cwd, stderr=asyncio.subprocess.DEVNULL
    )
    await until_listening(port)
    try:
        yield MCPServerConfig(url=f"http://127.0.0.1:{port}/mcp")
    finally:
        process.kill()
        await process.wait()


async def test_a_person_signs_in_once_however_slowly_and_the_tokens_are_in_the_keyring(
    unused_tcp_port: int, drawer: DrawerKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp.client.session.DISCOVER_TIMEOUT_SECONDS", 2.0)
    slow_s = 2.5  # longer than the SDK waits for a server's first answer
    async with closed_server(unused_tcp_port) as config:
        agent = agent_with({"closed": config}, call("closed__secret"), "done")
        servers = servers_of(agent)
        desk = servers.pool.desk
        detach = desk.attach(lambda: None)
        await servers.use_all()
        await until(lambda: desk.pending)
        (ask,) = desk.pending
        assert ask.kind == "sign_in"
        assert ask.url.startswith(f"http://127.0.0.1:{unused_tcp_port}/authorize?")
        desk.answer(ask.id, Answer("accept"))
        await asyncio.sleep(slow_s)
        async with httpx2.AsyncClient(follow_redirects=True) as browser:
            page = await browser.get(ask.url)
        assert "You are signed in" in page.text
        await ready(agent)
        assert servers.server("closed").state is ServerState.READY, servers.server("closed").detail
        result = await session_that_runs_all(agent).run("go")
        assert of_type(result, "tool.completed")[0]["content"] == "only for those who signed in"
        assert "the-token" in drawer.held["loom-mcp", str(config.url)]
        detach()
        await agent.aclose()
        KeyringTokens._held.clear()  # another start of the program
        async with connected(agent_with({"closed": config})) as again:
            assert again.server("closed").state is ServerState.READY, again.server("closed").detail


async def test_with_nobody_there_a_server_that_wants_a_sign_in_says_so(
    unused_tcp_port: int, drawer: DrawerKeyring
) -> None:
    async with closed_server(unused_tcp_port) as config, connected(agent_with({"closed": config})) as servers:
        closed = servers.server("closed")
        assert closed.state is ServerState.FAILED
        assert "wants you to sign in" in closed.detail
