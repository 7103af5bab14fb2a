"""An agent as a tool server: other programs give it work over MCP, on standard input and output or over HTTP.

Its own gate stands before each of its tools as ever. Whoever calls it attends no approval: what needs one is refused.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Protocol

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel, Field

from loom import __version__
from loom.config.session import SessionConfig
from loom.types.events import RunEvent
from loom.types.runs import RunResult, RunState

LONGEST_PROMPT_CHARS = 200_000
TOLD = {"step.started": "thinking", "tool.started": "uses {tool}", "tool.completed": "used {tool}"}


class WorkingRun(Protocol):
    """A run that works."""

    def events(self) -> AsyncIterator[RunEvent]:
        """Its events."""
        ...

    async def wait(self) -> RunResult:
        """Its result."""
        ...

    def cancel(self, reason: str = "") -> Any:
        """Stop it."""
        ...


class Answer(BaseModel):
    """What an agent gives back. `session_id` goes on with the same conversation; `state` is completed or failed."""

    output: str
    session_id: str
    state: str
    tokens: int = 0
    error: str = ""


Told = Annotated[CallToolResult, Answer]
Prompt = Annotated[str, Field(description="what the agent is to do")]
SessionId = Annotated[str, Field(description="the session_id of an answer, to go on with that conversation")]

Starts = Callable[[str, SessionConfig | None], tuple[WorkingRun, str]]
"""Starts a run with a prompt, in a session if one is named; gives the run and its session's id."""


def server_of(name: str, description: str, starts: Starts) -> MCPServer[Any]:
    """A server with one tool, `run`, that gives the agent work and answers with what came of it."""
    server: MCPServer[Any] = MCPServer(
        name or "loom", version=__version__, instructions=description, log_level="WARNING"
    )

    async def run(prompt: Prompt, ctx: Context[Any, Any], session_id: SessionId = "") -> Told:
        if len(prompt) > LONGEST_PROMPT_CHARS:
            raise ValueError(f"The prompt has {len(prompt):,} characters; at most {LONGEST_PROMPT_CHARS:,} are taken")
        working, session = starts(prompt, SessionConfig(id=session_id) if session_id else None)
        try:
            await _tell(working, ctx.report_progress)
            result = await working.wait()
        except BaseException:
            working.cancel("the caller gave up")
            raise
        error = str(result.error["message"]) if result.error else ""
        answer = Answer(
            output=result.output,
            session_id=session,
            state=result.state.value,
            tokens=result.usage.total_tokens,
            error=error,
        )
        text = TextContent(type="text", text=answer.model_dump_json(indent=2))
        is_done = result.state is RunState.COMPLETED
        return CallToolResult(content=[text], structured_content=answer.model_dump(), is_error=not is_done)

    told = f"Give work to the agent {name or 'loom'!r} and get its answer. {description}".strip()
    told += " Pass the session_id of an answer to go on with that conversation."
    server.add_tool(run, name="run", title=name or "loom", description=told)
    return server


async def serve_stdio(server: MCPServer[Any]) -> None:
    """Answer on standard input and output, until the input ends."""
    await server.run_stdio_async()


async def serve_http(server: MCPServer[Any], port: int, announce: Callable[[str, str], None]) -> None:
    """Answer on a port of this machine, until cancelled; `announce` is told the address and the token that it wants.

    Requests need the token, and a Host and Origin of this machine: a page in a browser can't speak to it.
    """
    token = secrets.token_urlsafe(32)
    app = _guarded(server.streamable_http_app(host="127.0.0.1"), token)
    serving = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    announce(f"http://127.0.0.1:{port}/mcp", token)
    await serving.serve()


def _guarded(app: Any, token: str) -> Any:
    """The application behind a check of the bearer token."""

    async def guarded(scope: dict[str, Any], receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, f"Bearer {token}".encode()):
                await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
                await send({"type": "http.response.body", "body": b""})
                return
        await app(scope, receive, send)

    return guarded


async def _tell(run: WorkingRun, report: Callable[[float, float | None, str | None], Awaitable[None]]) -> None:
    done = 0
    async for event in run.events():
        if told := TOLD.get(event.type):
            done += 1
            await report(float(done), None, told.format(tool=event.payload.get("tool", "")))
