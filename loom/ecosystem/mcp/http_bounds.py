"""What is watched of a server's HTTP: that no answer is without end, and what a refused request means."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, cast

import httpx2
from mcp.shared._httpx_utils import create_mcp_http_client
from typing_extensions import override

from loom.ecosystem.mcp.faults import longer_than
from loom.ecosystem.mcp.stdio import Gone

LONGEST_ANSWER_BYTES = 16 * 2**20
"""The most that one answer may have, as JSON or as an event of a stream."""
LONGEST_OLDER_EVENT_BYTES = 2**20
"""The most that the SDK takes in an event of the older kind of server (SSE)."""
_BLANK = re.compile(rb"\n\n|\r\n\r\n")
SESSION_HEADER = "mcp-session-id"
BAD_REQUEST, NOT_FOUND, NOT_ALLOWED = 400, 404, 405
REFUSALS = (BAD_REQUEST, NOT_FOUND, NOT_ALLOWED)
"""How servers answer a session that they do not know, and a message at an address that takes none."""
OLDER_KIND = 'if it is a server of the older kind (SSE), give it type = "sse"; else look at the address'
PLAIN = {"Accept-Encoding": "identity"}
"""What is packed small can be without end all the same, so nothing packed is asked for, or taken."""


def watched_client(
    gone: Gone,
    headers: dict[str, str] | None = None,
    timeout: httpx2.Timeout | None = None,
    auth: httpx2.Auth | None = None,
    *,
    longest_event: int | None = None,
) -> httpx2.AsyncClient:
    """The SDK's client, whose answers end the connection where they are too long.

    With `longest_event`, a number of bytes, so does an event of a stream; the SDK would give up without saying why.
    """
    http = create_mcp_http_client(headers={**PLAIN, **(headers or {})}, timeout=timeout, auth=auth)
    http.event_hooks = {"response": [_bounds(gone, longest_event), _refusals(gone)]}
    return http


class _Bounded(httpx2.AsyncByteStream):
    """A body that is no longer than one message may be."""

    def __init__(self, body: httpx2.AsyncByteStream, gone: Gone) -> None:
        self._body, self._gone = body, gone

    @override
    async def __aiter__(self) -> AsyncGenerator[bytes]:
        held = 0
        async for piece in self._body:
            held += len(piece)
            if held > LONGEST_ANSWER_BYTES:
                why = f"it sent an answer of more than {LONGEST_ANSWER_BYTES // 2**20} MB"
                self._gone.set(why)
                raise httpx2.StreamError(why)
            yield piece

    @override
    async def aclose(self) -> None:
        await self._body.aclose()


class _Events(httpx2.AsyncByteStream):
    """A stream that may go on for days, of which no event is longer than one may be."""

    def __init__(self, body: httpx2.AsyncByteStream, gone: Gone, longest: int) -> None:
        self._body, self._gone, self._longest = body, gone, longest

    @override
    async def __aiter__(self) -> AsyncGenerator[bytes]:
        held, end = 0, b""
        async for piece in self._body:
            ends = [match.start() for match in _BLANK.finditer(end + piece)]
            if held + (ends[0] if ends else len(piece)) > self._longest:
                self._gone.set(longer_than(self._longest))
                raise httpx2.StreamError(self._gone.why)
            held = len(end + piece) - ends[-1] if ends else held + len(piece)
            end = piece[-3:]
            yield piece

    @override
    async def aclose(self) -> None:
        await self._body.aclose()


def _bounds(gone: Gone, longest_event: int | None) -> Callable[[httpx2.Response], Awaitable[None]]:
    async def bound(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            gone.set("it packed its answer, though none was to be packed")
            raise httpx2.StreamError(gone.why)
        if response.headers.get("content-type", "").lower().startswith("text/event-stream"):
            if longest_event is not None:
                response.stream = _Events(cast("httpx2.AsyncByteStream", response.stream), gone, longest_event)
            return  # it may go on for days; each event of it is bounded where it is read
        body: Any = response.stream
        response.stream = _Bounded(cast("httpx2.AsyncByteStream", body), gone)

    return bound


def _refusals(gone: Gone) -> Callable[[httpx2.Response], Awaitable[None]]:
    """Notes what a refused request means: that the server forgot our session, or that it may be of the older kind."""

    async def look(response: httpx2.Response) -> None:
        request = response.request
        if request.method != "POST" or response.status_code not in REFUSALS:
            return
        if SESSION_HEADER not in request.headers:
            gone.hint = OLDER_KIND
        elif response.status_code == NOT_FOUND or b"session" in (await response.aread())[:1_000].lower():
            gone.is_forgotten = True
            gone.set("it was started anew and no longer knows this connection")

    return look
