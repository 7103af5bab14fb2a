"""`loom mcp`: the tool servers of profile and workspace: list, test, add, approve; and an agent as a server itself."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import replace
from typing import Any

from loom.cli.streams import say_nothing
from loom.cli.workspace import folder_of
from loom.config.agent import AgentConfig
from loom.config.loading import load_agent
from loom.config.mcp import MCPServerConfig
from loom.config.session import SessionConfig
from loom.ecosystem.mcp.definitions import difference
from loom.ecosystem.mcp.entries import (
    PROFILE,
    PROFILE_FILE,
    ServerEntry,
    add_to_profile,
    agent_entries,
    file_entries,
    parse_servers,
)
from loom.ecosystem.mcp.launch import launch_of
from loom.ecosystem.mcp.pins import PINS_FILE, PinBook
from loom.ecosystem.mcp.pool import ServerPool
from loom.ecosystem.mcp.server import McpServer, ServerState
from loom.errors import ConfigError, LoomError, ToolServerError
from loom.safety.odd_text import escaped
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.permissions import MODES

TEST_LIMIT_S = 120.0


async def manage(options: argparse.Namespace) -> int:
    """Do what the command says; returns the exit code. Raises LoomError."""
    match options.action:
        case "list":
            return await in_thread(show, options)
        case "test":
            return await test(options)
        case "approve":
            return await approve(options)
        case "add":
            return await in_thread(add, options)
        case "remove":
            await in_thread(add_to_profile, Profile.default().folder, options.name, None)
            return 0
        case _:
            return await serve(options)


def show(options: argparse.Namespace) -> int:
    """Print every server and whether it may be started; blocks."""
    pins = PinBook(Profile.default().folder / PINS_FILE)
    pins.load()
    rows = [_row(entry, pins) for entry in _entries(options)]
    if options.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row['name']:20} {row['state']:14} {row['scope']:10} {escaped(row['starts'])}")
        if row["problem"]:
            print(f"{'':20} {escaped(row['problem'])}")
    if not rows:
        file = Profile.default().folder / PROFILE_FILE
        say_nothing(
            f"No servers. loom mcp add NAME -- COMMAND … puts one into {file}; a workspace may have a .mcp.json"
        )
    return 0


async def test(options: argparse.Namespace) -> int:
    """Connect one server, and print what it has; returns 1 if it can't be."""
    async with _Connected(options) as server:
        if server.state is not ServerState.READY:
            print(f"{server.name}: {server.state.value}: {server.detail}", file=sys.stderr)
            for _, line in list(server.log.lines)[-10:]:
                print(f"  {line}", file=sys.stderr)
            if server.state is ServerState.SUSPENDED:
                print(f"loom mcp approve {server.name} shows what it starts, and agrees to it", file=sys.stderr)
            return 1
        print(f"{server.name}: ready, {server.about}, protocol {server.protocol}")
        for tool in server.parts():
            now = tool.now or tool.agreed
            told = now.description.partition("\n")[0][:100] if now is not None else ""
            print(f"  {tool.name:32} {tool.state.value:8} {told}{f' ({now.problem})' if now and now.problem else ''}")
        for prompt in server.prompts:
            print(f"  /{server.name}:{prompt.get('name')}  {str(prompt.get('description') or '')[:100]}")
    return 0


async def approve(options: argparse.Namespace) -> int:
    """Show how a server is started, or what changed of its tools, and agree once the person says yes."""
    entry = await in_thread(_entry, options)
    launch = await in_thread(launch_of, entry)
    pins = PinBook(Profile.default().folder / PINS_FILE)
    await in_thread(pins.load)
    if not pins.agrees(entry.key, launch):
        pin = pins.get(entry.key)
        print(f"{entry.name} ({entry.source}) would start:" if launch.command else f"{entry.name} ({entry.source}):")
        for line in launch.shown:
            print(f"  {escaped(line, '')}")
        for line in [each for each in pin.shown if each not in launch.shown] if pin is not None else []:
            print(f"  (before) {escaped(line, '')}")
        if not await _yes(options, "Agree to exactly this?"):
            return 1
        await in_thread(pins.approve, entry.key, launch)
    async with _Connected(options) as server:
        waiting = server.waiting_tools()
        for tool in waiting:
            print(difference(tool.agreed, tool.now))
        if waiting and not await _yes(options, f"Agree to what changed, {len(waiting)} in all, as it is now?"):
            return 1
        if waiting:
            await server.approve_tools(*(tool.name for tool in waiting))
        print(f"{server.name}: {server.state.value}{f': {server.detail}' if server.detail else ''}")
    return 0


def add(options: argparse.Namespace) -> int:
    """Put a server into the profile; blocks. Nothing is started: approve does that."""
    folder = Profile.default().folder
    if options.json_text:
        for entry in parse_servers(options.json_text, PROFILE, "--json", None):
            if entry.problem:
                raise ConfigError(entry.problem)
            add_to_profile(folder, entry.name, entry.config)
            print(f"added {entry.name}; loom mcp approve {entry.name} agrees to it")
        return 0
    if not options.name:
        raise ConfigError("loom mcp add needs a name and a command or --url, or --json TEXT")
    add_to_profile(folder, options.name, _config(options))
    print(f"added {options.name}; loom mcp approve {options.name} agrees to it")
    return 0


async def serve(options: argparse.Namespace) -> int:
    """Answer as a tool server that gives an agent work, until the input ends or Ctrl+C."""
    from loom.cli.setup import agent_from_options
    from loom.ecosystem.mcp.serving import serve_http, serve_stdio, server_of

    agent = await in_thread(agent_from_options, options)

    def starts(prompt: str, config: SessionConfig | None) -> tuple[Any, str]:
        session = agent.session(config)
        session.mode = MODES[options.mode]
        return session.start(prompt), session.id

    server = server_of(agent.config.name, agent.config.description, starts)
    try:
        if options.http is not None:
            await serve_http(server, options.http, _announce)
        else:
            await serve_stdio(server)
    finally:
        await agent.aclose()
    return 0


def _announce(url: str, token: str) -> None:
    print(f"loom: serving at {url}; requests need the header  Authorization: Bearer {token}", file=sys.stderr)


def _config(options: argparse.Namespace) -> MCPServerConfig:
    pairs = {kind: dict(_pair(each) for each in getattr(options, kind)) or None for kind in ("env", "header")}
    command = [part for part in options.command_line if part != "--"]
    return MCPServerConfig(
        command=command[0] if command else None,
        args=command[1:] or None,
        env=pairs["env"],
        url=options.url,
        headers=pairs["header"],
    )


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise ConfigError(f"{text!r} must be NAME=VALUE")
    return name, value


class _Connected:
    """One server for the time of a command, after its first attempt; with a terminal, its questions are asked there."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._pool = ServerPool(Profile.default().folder)

    async def __aenter__(self) -> McpServer:
        from loom.cli.asks import answer_at_terminal

        entry = await in_thread(_entry, self._options)
        await in_thread(self._pool.pins.load)
        self._stop = answer_at_terminal(self._pool.desk) if sys.stdin.isatty() else None
        server = self._pool.use(replace(entry, config=replace(entry.config, disabled=False)))
        try:
            async with asyncio.timeout(TEST_LIMIT_S):
                await server.connected_once.wait()
        except TimeoutError:
            pass
        return server

    async def __aexit__(self, *_: object) -> None:
        if self._stop is not None:
            await self._stop()
        await self._pool.aclose()


async def _yes(options: argparse.Namespace, question: str) -> bool:
    """Whether the person says yes; without a terminal only `--yes` does."""
    if options.yes:
        return True
    if not sys.stdin.isatty():
        print("Nobody is there to agree; --yes agrees to what is shown", file=sys.stderr)
        return False
    print(f"{question} [y/N] ", end="", flush=True)
    return (await in_thread(sys.stdin.readline)).strip().lower() in ("y", "yes")


def _entries(options: argparse.Namespace) -> list[ServerEntry]:
    folder, workspace = Profile.default().folder, folder_of(options)
    found = file_entries(folder, workspace)
    if options.agent:
        config: AgentConfig = load_agent(options.agent)
        own = agent_entries(config.mcp_servers, config.name, workspace)
        names = {entry.name for entry in own}
        found = [*own, *(entry for entry in found if entry.name not in names)]
    return [replace(entry, workspace=workspace) for entry in found]


def _entry(options: argparse.Namespace) -> ServerEntry:
    entries = _entries(options)
    entry = next((each for each in entries if each.name == options.name), None)
    if entry is None:
        known = ", ".join(each.name for each in entries) or "none"
        raise ToolServerError(f"There is no server {options.name!r}; the servers are: {known}")
    if entry.problem:
        raise ToolServerError(f"The server {entry.name!r} can't be used: {entry.problem}")
    return entry


def _row(entry: ServerEntry, pins: PinBook) -> dict[str, str]:
    problem, starts, state = entry.problem, "", "disabled" if entry.config.disabled else "not agreed to"
    if not problem:
        starts = entry.config.url or " ".join([entry.config.command or "", *(entry.config.args or [])])
        try:
            if state != "disabled" and pins.agrees(entry.key, launch_of(entry)):
                state = "agreed to"
        except LoomError as error:
            problem, state = str(error), "can't start"
    else:
        state = "wrong"
    row = {"name": entry.name, "state": state, "scope": entry.scope, "source": entry.source}
    return {**row, "starts": starts, "problem": problem}
