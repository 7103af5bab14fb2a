"""A server of the older kind (HTTP with SSE): one stream to answer on, and an address that messages go to.

The SDK's own transport takes events of one megabyte, and stops posting after the first message that is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import anyio
import httpx2
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client._transport import TransportStreams
from mcp.shared._httpx_utils import request_within_origin, stream_within_origin
from mcp.shared.message import SessionMessage
from mcp.types import INTERNAL_ERROR, ErrorData, JSONRPCError, JSONRPCMessage, JSONRPCRequest

from loom.ecosystem.mcp.faults import too_long
from loom.ecosystem.mcp.http_bounds import watched_client
from loom.ecosystem.mcp.launch import Launch
from loom.ecosystem.mcp.log import ServerLog
from loom.ecosystem.mcp.messages import LARGE_BYTES, TooMuchError, read_message
from loom.ecosystem.mcp.stdio import Gone, Incoming
from loom.errors import ToolServerError
from loom.providers.wire.sse import Event, EventDecoder
from loom.threads import in_thread

ANSWER_S, SILENCE_S = 30.0, 300.0
"""How long a message may take to be accepted; after how long a silence the stream is taken to be dead."""
_WANTS_EVENTS = {"Accept": "text/event-stream", "Cache-Control": "no-store"}


@asynccontextmanager
async def older_transport(
    launch: Launch, log: ServerLog, gone: Gone, auth: httpx2.Auth | None
) -> AsyncGenerator[TransportStreams]:
    """Open the stream, and give the two streams that a client wants. Raises ToolServerError and httpx2.HTTPError."""
    timeout = httpx2.Timeout(ANSWER_S, read=SILENCE_S)
    async with (
        watched_client(gone, dict(launch.headers), timeout, auth) as http,
        stream_within_origin(http, "GET", launch.url, headers=_WANTS_EVENTS) as response,
        aclosing(_events(response)) as events,
    ):
        response.raise_for_status()
        address = await _address(events, launch.url)
        incoming, read_stream = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        write_stream, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
        loop = asyncio.get_running_loop()
        tasks = [
            loop.create_task(_read(events, incoming, log, gone), name="read a server's stream"),
            loop.create_task(_write(http, address, outgoing, incoming, gone), name="post to a server"),
        ]
        try:
            yield read_stream, write_stream
        finally:
            gone.is_closing = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for stream in (incoming, read_stream, write_stream, outgoing):
                stream.close()


async def _events(response: httpx2.Response) -> AsyncGenerator[Event]:
    decoder = EventDecoder()
    async for piece in response.aiter_bytes():
        for event in decoder.feed(piece):
            yield event


async def _address(events: AsyncIterator[Event], url: str) -> str:
    """Where messages go, which the server says first. Raises ToolServerError where it does not, or names another."""
    async for event in events:
        if event.event != "endpoint":
            continue
        said = event.data.decode("utf-8", "replace")
        try:
            address = httpx2.URL(url).join(said)
        except (httpx2.InvalidURL, ValueError):
            raise ToolServerError(f"it wants messages to be sent to what is no address ({said[:200]})") from None
        if _origin(address) != _origin(httpx2.URL(url)):
            raise ToolServerError(f"it wants messages to be sent to another server ({said[:200]})")
        return str(address)
    raise ToolServerError("it ended the stream without saying where messages go")


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _read(events: AsyncIterator[Event], incoming: Incoming, log: ServerLog, gone: Gone) -> None:
    """Pass each message on until the stream ends."""
    why = "it closed its stream"
    try:
        async for event in events:
            if event.event == "message" and event.data:
                message = await _message(event.data, log)
                if message is not None:
                    await incoming.send(SessionMessage(message))
    except TooMuchError as error:
        why = str(error)
    except (httpx2.HTTPError, ValueError) as error:
        why = too_long(str(error)) or f"the stream broke: {error or type(error).__name__}"
    except (anyio.ClosedResourceError, anyio.BrokenResourceError):
        pass
    finally:
        gone.set(why)
        await incoming.aclose()


async def _message(data: bytes, log: ServerLog) -> JSONRPCMessage | None:
    try:
        return await in_thread(read_message, data) if len(data) >= LARGE_BYTES else read_message(data)
    except TooMuchError:
        raise
    except ValueError:
        log.add(data[:200].decode("utf-8", "backslashreplace"), "not a message")
        return None


async def _write(
    http: httpx2.AsyncClient,
    address: str,
    outgoing: MemoryObjectReceiveStream[SessionMessage],
    incoming: MemoryObjectSendStream[SessionMessage | Exception],
    gone: Gone,
) -> None:
    """Post each message; one that is refused is answered with the refusal."""
    async for each in outgoing:
        message = each.message
        body = message.model_dump(by_alias=True, mode="json", exclude_unset=True)
        try:
            (await request_within_origin(http, "POST", address, json=body)).raise_for_status()
        except httpx2.HTTPStatusError as error:
            if isinstance(message, JSONRPCRequest):
                said = f"it refused the message (HTTP {error.response.status_code})"
                refusal = JSONRPCError(jsonrpc="2.0", id=message.id, error=ErrorData(code=INTERNAL_ERROR, message=said))
                await incoming.send(SessionMessage(refusal))
        except httpx2.HTTPError as error:
            gone.set(f"the connection broke: {error or type(error).__name__}")
            return
