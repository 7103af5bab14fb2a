"""`loom chat`: a conversation at the terminal."""

from __future__ import annotations

import argparse
import sys

from loom.agent import Agent
from loom.cli.asks import answer_at_terminal
from loom.cli.run import exit_code, follow, is_ended
from loom.cli.setup import agent_from_options, session_from_options
from loom.ecosystem.mcp.prompts import expanded
from loom.errors import ToolServerError
from loom.threads import in_thread
from loom.types.permissions import MODES

HELP = (
    "/help shows this, /mode ask|plan|accept-edits|auto changes the mode, /server:prompt sends a server's prompt, "
    "/quit ends. Ctrl+C stops an answer."
)


async def chat(options: argparse.Namespace) -> int:
    """Talk until /quit or the end of the input; returns 0, or 130 where the program was ended in an answer."""
    agent = await in_thread(agent_from_options, options)
    handle = agent.attach_approver() if sys.stdin.isatty() else None
    answering = answer_at_terminal(agent.servers.pool.desk) if sys.stdin.isatty() and agent.servers else None
    session = await in_thread(session_from_options, agent, options.session)
    await session.load()
    session.mode = MODES[options.mode]
    print(HELP, file=sys.stderr)
    try:
        while True:
            try:
                line = (await in_thread(_read_line)).strip()
            except EOFError:
                return 0
            if line == "/quit":
                return 0
            if line == "/help":
                print(HELP, file=sys.stderr)
            elif line.startswith("/mode"):
                name = line.removeprefix("/mode").strip()
                session.mode = MODES.get(name, session.mode)
                print(f"Mode: {session.mode.value}" if name in MODES else HELP, file=sys.stderr)
            elif line:
                result = await follow(session.start(await _expanded(agent, line)))
                if is_ended(result):
                    return exit_code(result)
    finally:
        if handle is not None:
            handle.detach()
        if answering is not None:
            await answering()
        await agent.aclose()


async def _expanded(agent: Agent, line: str) -> str:
    """The line; where it calls a prompt of a tool server, what that says."""
    if agent.servers is None or not line.startswith("/"):
        return line
    try:
        return await expanded(agent.servers, line)
    except ToolServerError as error:
        print(f"loom: {error}", file=sys.stderr)
        return line


def _read_line() -> str:
    if sys.stdin.isatty():
        print("> ", end="", file=sys.stderr, flush=True)
    return input()
