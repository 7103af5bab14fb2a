"""What is watched of a server's HTTP: that no answer is without end, and what a refused request means."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, cast

import httpx2
from mcp.shared._httpx_utils import create_mcp_http_client
from typing_extensions import override

from loom.ecosystem.mcp.faults import longer_than
from loom.ecosystem.mcp.messages import LARGE_BYTES, TooMuchError, count_values
from loom.ecosystem.mcp.stdio import Gone
from loom.threads import in_thread

LONGEST_ANSWER_BYTES = 16 * 2**20
"""The most that one answer may have, as JSON or as an event of a stream."""
_BLANK = re.compile(rb"\n\n|\r\n\r\n|\r\r")
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
) -> httpx2.AsyncClient:
    """The SDK's client, of whose answers none is too long, and none has more values than are read."""
    http = create_mcp_http_client(headers={**PLAIN, **(headers or {})}, timeout=timeout, auth=auth)
    http.event_hooks = {"response": [_bounds(gone), _refusals(gone)]}
    return http


class _Bounded(httpx2.AsyncByteStream):
    """A body that is no longer than one message may be. It is given whole: who reads it needs all of it."""

    def __init__(self, body: httpx2.AsyncByteStream, gone: Gone) -> None:
        self._body, self._gone = body, gone

    @override
    async def __aiter__(self) -> AsyncGenerator[bytes]:
        held = bytearray()
        async for piece in self._body:
            held += piece
            if len(held) > LONGEST_ANSWER_BYTES:
                why = f"it sent an answer of more than {LONGEST_ANSWER_BYTES // 2**20} MB"
                self._gone.set(why)
                raise httpx2.StreamError(why)
        body = bytes(held)
        try:
            await _looked_at(body)
        except TooMuchError as error:
            raise httpx2.StreamError(str(error)) from None
        yield body

    @override
    async def aclose(self) -> None:
        await self._body.aclose()


class _Events(httpx2.AsyncByteStream):
    """A stream that may go on for days, of which no event is longer than one message may be."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self._body = body

    @override
    async def __aiter__(self) -> AsyncGenerator[bytes]:
        held = bytearray()
        async for piece in self._body:
            seen = max(0, len(held) - 3)
            held += piece
            begin = 0
            for start, end in [blank.span() for blank in _BLANK.finditer(held, seen)]:
                with memoryview(held) as whole:
                    event = bytes(whole[begin:start])
                await _event_looked_at(event)
                begin = end
            del held[:begin]
            if len(held) > LONGEST_ANSWER_BYTES:
                raise httpx2.SSEError(longer_than(LONGEST_ANSWER_BYTES))
            yield piece

    @override
    async def aclose(self) -> None:
        await self._body.aclose()


async def _event_looked_at(event: bytes) -> None:
    if len(event) > LONGEST_ANSWER_BYTES:
        raise httpx2.SSEError(longer_than(LONGEST_ANSWER_BYTES))
    try:
        await _looked_at(event)
    except TooMuchError as error:
        raise httpx2.SSEError(str(error)) from None


async def _looked_at(body: bytes) -> None:
    """Raises TooMuchError; in a thread, where it takes long enough to be felt."""
    if len(body) >= LARGE_BYTES:
        await in_thread(count_values, body)


def _bounds(gone: Gone) -> Callable[[httpx2.Response], Awaitable[None]]:
    async def bound(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            gone.set("it packed its answer, though none was to be packed")
            raise httpx2.StreamError(gone.why)
        if response.headers.get("content-type", "").lower().startswith("text/event-stream"):
            response.stream = _Events(cast("httpx2.AsyncByteStream", response.stream))
            return
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
