"""`loom chat`: a conversation at the terminal."""

from __future__ import annotations

import argparse
import asyncio
import sys

from loom.agent import Agent
from loom.cli.asks import answer_at_terminal
from loom.cli.run import ENDS, exit_code, follow, heard, is_ended
from loom.cli.setup import agent_from_options, session_from_options
from loom.cli.streams import LineEditor
from loom.ecosystem.mcp.prompts import expanded
from loom.errors import ToolServerError
from loom.runtime.session import Session
from loom.threads import in_thread
from loom.types.permissions import MODES

HELP = (
    "/help shows this, /mode ask|plan|accept-edits|auto changes the mode, /server:prompt sends a server's prompt, "
    "/quit ends. Ctrl+C stops an answer."
)


async def chat(options: argparse.Namespace) -> int:
    """Talk until /quit or the end of the input; returns 0, or 130 where the program was ended before."""
    agent = await in_thread(agent_from_options, options)
    handle = agent.attach_approver() if sys.stdin.isatty() else None
    answering = answer_at_terminal(agent.servers.pool.desk) if sys.stdin.isatty() and agent.servers else None
    session = await in_thread(session_from_options, agent, options.session)
    await session.load()
    session.mode = MODES[options.mode]
    print(HELP, file=sys.stderr)
    try:
        with LineEditor() as editor:
            return await _talk(agent, session, editor)
    finally:
        if handle is not None:
            handle.detach()
        if answering is not None:
            await answering()
        await agent.aclose()


async def _talk(agent: Agent, session: Session, editor: LineEditor) -> int:
    while True:
        try:
            line = await _line(editor)
        except EOFError:
            return 0
        if line is None:
            return 130
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


async def _line(editor: LineEditor) -> str | None:
    """What the person says next; None where the program is to end before. Raises EOFError at the end of the input."""
    task, ended = asyncio.current_task(), list[str]()
    assert task is not None  # noqa: S101  a coroutine runs in one

    def end(name: str) -> None:
        ended.append(name)
        task.cancel()

    try:
        with heard(ENDS, end):
            return (await in_thread(editor.line)).strip()
    except asyncio.CancelledError:
        if not ended:
            raise
        task.uncancel()
        return None


async def _expanded(agent: Agent, line: str) -> str:
    """The line; where it calls a prompt of a tool server, what that says."""
    if agent.servers is None or not line.startswith("/"):
        return line
    try:
        return await expanded(agent.servers, line)
    except ToolServerError as error:
        print(f"loom: {error}", file=sys.stderr)
        return line
