"""A real HTTP server on loopback that plays a script of answers, with any fault one can think of.

It speaks HTTP/1.1 with keep-alive over plain asyncio streams, so it can break off in the middle of anything.
"""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

Chunk = bytes | float
"""A piece of a body, or seconds to wait before the next."""


@dataclass
class Reply:
    """One answer. `chunks` go out one by one; a float among them is a pause in seconds.

    `cut` breaks the connection after the chunks instead of ending the body; `stall` leaves it open and silent.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    chunks: list[Chunk] = field(default_factory=list[Chunk])
    cut: bool = False
    stall: bool = False
    delay_s: float = 0.0

    @staticmethod
    def of_json(status: int, body: Any, **headers: str) -> "Reply":
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Reply(status, {"content-type": "application/json", **named}, [json.dumps(body).encode()])


@dataclass
class Request:
    """What the client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.json["messages"]


Turn = Reply | Callable[[Request], Reply]


class WireServer:
    """Answers requests with the turns of its script, in order; the last turn is repeated only with `loop=True`."""

    def __init__(self, *turns: Turn, loop: bool = False) -> None:
        self.turns: list[Turn] = list(turns)
        self.loop = loop
        self.tls: ssl.SSLContext | None = None
        self.requests: list[Request] = []
        self.cancelled = asyncio.Event()
        """Set when a client hung up in the middle of an answer."""
        self._next = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{port}"

    def says(self, *turns: Turn) -> None:
        self.turns.extend(turns)

    async def __aenter__(self) -> "WireServer":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self.tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.cancelled.set()
        except asyncio.CancelledError:
            return
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.split(":", 1) for line in lines if ":" in line)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(method, path, headers, body)
        self.requests.append(request)
        return await self._answer(request, reader, writer)

    def _turn(self, request: Request) -> Reply:
        if self._next >= len(self.turns):
            if not self.loop:
                return Reply.of_json(500, {"error": {"message": "the script is over", "type": "script_over"}})
            self._next = 0
        turn = self.turns[self._next]
        self._next += 1
        return turn(request) if callable(turn) else turn

    async def _answer(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        reply = self._turn(request)
        await self._or_hang_up(asyncio.sleep(reply.delay_s), reader) if reply.delay_s else None
        headers = {"content-type": "text/event-stream", **reply.headers, "transfer-encoding": "chunked"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode("latin-1"))
        for chunk in reply.chunks:
            if isinstance(chunk, bytes):
                writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                await writer.drain()
            else:
                await self._or_hang_up(asyncio.sleep(chunk), reader)
        if reply.stall:
            await self._or_hang_up(asyncio.sleep(3600), reader)
        if reply.cut:
            await writer.drain()
            writer.transport.abort()
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _or_hang_up(self, waiting: Awaitable[None], reader: asyncio.StreamReader) -> None:
        """Wait, unless the client closes the connection first."""
        sleeping = asyncio.ensure_future(waiting)
        closing = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({sleeping, closing}, return_when=asyncio.FIRST_COMPLETED)
            if closing.done() and not sleeping.done():
                raise ConnectionResetError
        finally:
            sleeping.cancel()
            closing.cancel()
            await asyncio.gather(sleeping, closing, return_exceptions=True)
