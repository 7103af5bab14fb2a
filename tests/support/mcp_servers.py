"""Real tool servers for tests: the odd one of this repository, and those that others publish."""

import asyncio
import shlex
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from loom.agent import Agent, create_agent
from loom.config import AgentConfig, MCPServerConfig, ModelRef
from loom.ecosystem.mcp.agent_servers import AgentServers
from loom.runtime import Session
from loom.safety.profile import Profile
from loom.types.permissions import PermissionMode
from tests.support.agents import AskedProvider
from tests.support.waiting import until

BIN = Path(sys.executable).parent
NODE_MODULES = BIN.parent / "mcp-servers" / "node_modules" / "@modelcontextprotocol"


def odd(*arguments: str, **config: Any) -> MCPServerConfig:
    """The server of `odd_server.py`."""
    return MCPServerConfig(
        command=sys.executable, args=["-m", "tests.support.odd_server", *arguments], cwd=_root(), **config
    )


def python_server(name: str, *arguments: str) -> MCPServerConfig:
    """A server from the Python index, which the test dependencies bring."""
    if not (BIN / name).exists():
        pytest.skip(f"{name} is not installed: pip install {name}")
    return MCPServerConfig(command=str(BIN / name), args=list(arguments))


def node_program(name: str) -> list[str]:
    """The command line of a server from the Node index, which the set-up of the tests installs."""
    program = NODE_MODULES / name / "dist" / "index.js"
    if not program.exists():
        pytest.skip(f"@modelcontextprotocol/{name} is not installed: packaging/bootstrap.sh test installs it with npm")
    return ["node", str(program)]


def node_server(name: str, *arguments: str) -> MCPServerConfig:
    program, *rest = node_program(name)
    return MCPServerConfig(command=program, args=[*rest, *arguments])


@asynccontextmanager
async def over_http(port: int, config: MCPServerConfig) -> AsyncGenerator[MCPServerConfig]:
    """A server that speaks stdio alone, behind a gateway of others that speaks HTTP, until the end."""
    gateway = BIN.parent / "mcp-servers" / "node_modules" / "supergateway" / "dist" / "index.js"
    if not gateway.exists():
        pytest.skip("supergateway is not installed: packaging/bootstrap.sh test installs it with npm")
    assert config.command is not None
    line = shlex.join([config.command, *(config.args or [])])
    words = ("--stdio", line, "--outputTransport", "streamableHttp", "--stateful", "--port", str(port))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("node", str(gateway), *words, stdout=pipe, stderr=pipe)
    assert process.stdout is not None
    while b"StreamableHttp endpoint" not in (told := await process.stdout.readline()):
        assert told, "the gateway did not start"
    rest = [asyncio.create_task(_to_the_end(pipe)) for pipe in (process.stdout, process.stderr)]
    try:
        yield MCPServerConfig(url=f"http://127.0.0.1:{port}/mcp")
    finally:
        process.terminate()
        await process.wait()
        await asyncio.gather(*rest)


async def _to_the_end(pipe: asyncio.StreamReader | None) -> None:
    while pipe is not None and await pipe.read(2**16):
        pass


def agent_with(
    servers: dict[str, MCPServerConfig],
    *turns: Any,
    workspace: Path | None = None,
    profile: Path | None = None,
    **config: Any,
) -> Agent:
    """An agent on a script with these servers."""
    ref = ModelRef.scripted(list(turns))
    return create_agent(
        AgentConfig(ref, mcp_servers=servers, **config),
        workspace=workspace,
        provider=AskedProvider(ref),
        profile=Profile(profile) if profile is not None else None,
    )


def servers_of(agent: Agent) -> AgentServers:
    assert agent.servers is not None
    return agent.servers


def session_that_runs_all(agent: Agent) -> Session:
    session = agent.session()
    session.mode = PermissionMode.AUTO
    return session


async def ready(agent: Agent) -> AgentServers:
    """The agent's servers, each after its first attempt, however long that takes on a busy machine."""
    servers = servers_of(agent)
    await servers.use_all()
    await until(lambda: all(server.connected_once.is_set() for server in servers.servers))
    servers.offer()
    return servers


@asynccontextmanager
async def connected(agent: Agent) -> AsyncGenerator[AgentServers]:
    """The agent's servers, each after its first attempt; closed at the end."""
    try:
        yield await ready(agent)
    finally:
        await agent.aclose()


def _root() -> str:
    return str(Path(__file__).parents[2])
