"""A listener on this machine that makes events of what other programs post to it; off unless a token is configured.

    curl -H "Authorization: Bearer $TOKEN" -d '{"kind": "deploy", "summary": "it failed", "urgency": "high"}' \
        http://127.0.0.1:8765/

Only loopback addresses are listened on, a request needs the token, and its Host must name this machine, so that no page
in a browser can reach it by a name that it controls.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from http import HTTPStatus
from typing import Any, cast

from loom.errors import ConfigError
from loom.heartbeat.events import HIGH, LOW, Emit, HeartbeatEvent, shown
from loom.heartbeat.monitors import OK, Health, degraded

SOURCE = "signal"
HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
SHORTEST_TOKEN_CHARS = 16
LARGEST_BODY_BYTES = 64 * 1024
LARGEST_HEAD_BYTES = 16 * 1024
TIMEOUT_S = 5.0
LONGEST_SUMMARY_CHARS = 500
_URGENCIES = (LOW, HIGH, "critical")


class Webhook:
    """Listens on 127.0.0.1 for JSON objects with kind, summary, urgency and payload; each becomes an event.

    `port` 0 takes a free one, which `port` says after the start.
    """

    def __init__(self, token: str, port: int = 0) -> None:
        if len(token) < SHORTEST_TOKEN_CHARS:
            raise ConfigError(f"The token of a webhook must have at least {SHORTEST_TOKEN_CHARS} characters")
        self.name = "webhook"
        self.health: Health = OK
        self.port = port
        self._token = token
        self._emit: Emit | None = None
        self._server: asyncio.Server | None = None

    async def start(self, emit: Emit) -> None:
        """Listen."""
        await self.stop()
        self._emit = emit
        try:
            self._server = await asyncio.start_server(self._answer, "127.0.0.1", self.port, limit=LARGEST_HEAD_BYTES)
        except OSError as error:
            self.health = degraded(f"Port {self.port} can't be listened on: {error.strerror or error}")
            return
        self.health = OK
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more."""
        server, self._server = self._server, None
        self._emit = None
        if server is not None:
            server.close()
            await server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status = await self._take(reader)
                said = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                writer.write(said.encode())
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # whoever posts has gone, or does not speak HTTP
        finally:
            writer.close()

    async def _take(self, reader: asyncio.StreamReader) -> HTTPStatus:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("host", "").rpartition(":")[0] not in HOSTS and headers.get("host", "") not in HOSTS:
            return HTTPStatus.FORBIDDEN
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return HTTPStatus.UNAUTHORIZED
        if not request.startswith("POST "):
            return HTTPStatus.METHOD_NOT_ALLOWED
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            return HTTPStatus.LENGTH_REQUIRED
        if int(length) > LARGEST_BODY_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return self._tell(await reader.readexactly(int(length)))

    def _tell(self, body: bytes) -> HTTPStatus:
        try:
            told: Any = json.loads(body)
        except (ValueError, RecursionError):
            return HTTPStatus.BAD_REQUEST
        if not isinstance(told, dict) or self._emit is None:
            return HTTPStatus.BAD_REQUEST
        data = cast("dict[str, Any]", told)
        kind = shown(str(data.get("kind", "webhook")))[:100]
        summary = shown(str(data.get("summary", f"The signal {kind} came")))[:LONGEST_SUMMARY_CHARS]
        urgency = data.get("urgency", LOW)
        payload = {"about": kind, "payload": data.get("payload")}
        self._emit(HeartbeatEvent(SOURCE, kind, summary, urgency if urgency in _URGENCIES else LOW, payload=payload))
        return HTTPStatus.ACCEPTED
