"""Hostile and broken servers: nothing that they send eats the memory, steals the key or holds a run."""

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator

import pytest

from loom.config.model import ModelRef
from loom.errors import (
    AuthenticationError,
    InvalidRequestError,
    LoomError,
    ProviderUnavailableError,
    StreamInterruptedError,
)
from loom.providers.base import CompletionRequest, TextDelta
from loom.providers.openai import OpenAIProvider
from loom.providers.wire.refusals import REFUSAL_BYTES
from loom.types.messages import Message
from tests.support import wire_openai as wire
from tests.support.waiting import timed
from tests.support.wire_server import Chunk, Reply, WireServer

REQUEST = CompletionRequest("m", [Message("user", "hi")], first_event_timeout_s=30, idle_timeout_s=30)


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with WireServer() as running:
        yield running


async def ask(address: str, request: CompletionRequest = REQUEST) -> str:
    provider = OpenAIProvider(ModelRef.openai("m", api_base=address), "sk-secret", "A_KEY")
    try:
        return "".join([part.text async for part in provider.stream(request) if isinstance(part, TextDelta)])
    finally:
        await provider.aclose()


async def test_an_error_that_unpacks_to_a_gigabyte_is_read_to_a_bound(server: WireServer) -> None:
    bomb = gzip.compress(b"<html>" + b"0" * 200_000_000, compresslevel=1)
    server.says(wire.text("hi"), Reply(500, {"content-type": "text/html", "content-encoding": "gzip"}, [bomb]))
    await ask(server.url)  # which imports the SDK
    tracemalloc.start()
    try:
        with pytest.raises(ProviderUnavailableError) as caught:
            await ask(server.url)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 20_000_000
    assert len(str(caught.value)) < 1000


async def test_an_endless_error_body_is_not_waited_for(server: WireServer) -> None:
    server.says(Reply(503, {}, [b"x" * (REFUSAL_BYTES + 1)], stall=True))
    with pytest.raises(ProviderUnavailableError):
        await asyncio.wait_for(ask(server.url), 10)


async def test_an_error_body_that_drips_ends_with_the_time_for_the_first_event(server: WireServer) -> None:
    server.says(Reply(503, {}, [b"x"], stall=True))
    request = CompletionRequest("m", [Message("user", "hi")], first_event_timeout_s=0.3)
    with pytest.raises(StreamInterruptedError, match=r"0\.3 s"):
        await asyncio.wait_for(ask(server.url, request), 20)


async def test_a_packed_error_is_read(server: WireServer) -> None:
    body = gzip.compress(b'{"error": {"message": "bad key", "type": "invalid_api_key"}}')
    server.says(Reply(401, {"content-type": "application/json", "content-encoding": "gzip"}, [body]))
    with pytest.raises(AuthenticationError, match=r"bad key.*A_KEY"):
        await ask(server.url)


async def test_an_error_body_that_breaks_off_still_tells_its_status(server: WireServer) -> None:
    server.says(Reply(429, {"retry-after": "7"}, [b'{"error": {"mess'], cut=True))
    with pytest.raises(LoomError) as caught:
        await ask(server.url)
    assert getattr(caught.value, "status", None) == 429
    assert getattr(caught.value, "retry_after_s", None) == 7


async def test_a_redirect_takes_the_key_nowhere(server: WireServer) -> None:
    async with WireServer(wire.text("stolen")) as thief:
        server.says(Reply(307, {"location": thief.url + "/chat/completions"}, [b""]))
        with pytest.raises(InvalidRequestError, match="redirect"):
            await ask(server.url)
        assert thief.requests == []


async def test_an_html_page_in_place_of_an_answer_is_told_without_its_tags(server: WireServer) -> None:
    page = b"<html><head><style>a{}</style></head><body><h1>Bad gateway</h1></body></html>"
    server.says(Reply(502, {"content-type": "text/html"}, [page]))
    with pytest.raises(ProviderUnavailableError) as caught:
        await ask(server.url)
    assert "Bad gateway" in str(caught.value)
    assert "<" not in str(caught.value)
    assert "a{}" not in str(caught.value)


async def test_a_page_that_says_200_is_no_answer(server: WireServer) -> None:
    server.says(Reply(200, {"content-type": "text/html"}, [b"<html>Log in</html>"]))
    with pytest.raises(LoomError, match="no event stream"):
        await ask(server.url)


async def test_a_name_that_nobody_has_is_told_with_the_address() -> None:
    with pytest.raises(ProviderUnavailableError, match=r"No connection to http://model\.invalid/v1"):
        await ask("http://model.invalid/v1")


async def test_a_server_that_speaks_no_tls_is_told() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as plain:
        port = plain.sockets[0].getsockname()[1]
        with pytest.raises(ProviderUnavailableError, match="No connection to https://"):
            await asyncio.wait_for(ask(f"https://127.0.0.1:{port}"), 20)


async def test_a_stalled_stream_does_not_harm_the_task_that_waited(server: WireServer) -> None:
    server.says(Reply(chunks=[wire.delta(content="a")], stall=True), wire.text("ok"))
    request = CompletionRequest("m", [Message("user", "hi")], idle_timeout_s=0.1)
    with pytest.raises(StreamInterruptedError):
        await ask(server.url, request)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await ask(server.url)


async def test_a_cancel_from_outside_stays_a_cancel(server: WireServer) -> None:
    server.says(Reply(chunks=[wire.delta(content="a")], stall=True))
    task = asyncio.get_running_loop().create_task(ask(server.url))
    while not server.requests:
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_answer_that_was_whole_before_the_cut_is_an_answer(server: WireServer) -> None:
    server.says(Reply(chunks=[wire.delta(content="ok"), wire.delta("stop")], cut=True))
    await ask(server.url)


async def test_a_connection_left_open_after_the_answer_is_soon_left(server: WireServer) -> None:
    server.says(Reply(chunks=[wire.delta(content="ok"), wire.delta("stop"), wire.usage(), wire.DONE], stall=True))
    async with timed() as took:
        await ask(server.url)
    assert took.seconds < 3


async def test_events_that_say_nothing_after_the_answer_are_not_waited_for(server: WireServer) -> None:
    nothing: list[Chunk] = [0.3, wire.event({"choices": []})]
    said = [wire.delta(content="hi"), wire.delta("stop"), *nothing * 20]
    late = [wire.delta(content="hi"), wire.delta("stop"), *[1.1, wire.delta(content="!")] * 2]
    server.says(Reply(chunks=said), Reply(chunks=late))
    async with timed() as took:
        assert await ask(server.url) == "hi"
    assert took.seconds < 4
    assert await ask(server.url) == "hi!!", "some servers say in each event that it is the last"


async def test_a_slow_reader_is_no_silent_provider(server: WireServer) -> None:
    server.says(wire.text("a", "b", pace_s=0.05))
    provider = OpenAIProvider(ModelRef.openai("m", api_base=server.url), "k", "")
    request = CompletionRequest("m", [Message("user", "hi")], idle_timeout_s=0.5)
    async for _ in provider.stream(request):
        await asyncio.sleep(0.6)  # longer than the provider may be silent
    await provider.aclose()


async def test_cancelled_requests_leave_no_connection_taken(server: WireServer) -> None:
    server.says(*[Reply(chunks=[wire.delta(content="a")], stall=True)] * 20, wire.text("ok"))
    for count in range(1, 21):
        task = asyncio.get_running_loop().create_task(ask(server.url))
        while len(server.requests) < count:
            await asyncio.sleep(0.002)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await ask(server.url)
    assert len(server._connections) <= 2
