"""The SDK shapes the first request; those after it say the same, about another conversation."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from loom.config.model import ModelRef
from loom.errors import AuthenticationError, ProviderUnavailableError
from loom.providers.anthropic import AnthropicProvider
from loom.providers.base import Completion, CompletionRequest
from loom.providers.openai import OpenAIProvider
from loom.types.messages import Message
from tests.support import wire_anthropic, wire_openai
from tests.support.wire_server import Reply, WireServer

OWN = {"content-length", "host"}


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with WireServer() as running:
        yield running


async def ask(provider: OpenAIProvider | AnthropicProvider, text: str, **request: Any) -> str:
    *_, last = [part async for part in provider.stream(CompletionRequest("m", [Message("user", text)], **request))]
    assert isinstance(last, Completion)
    return last.message.text


def head(server: WireServer, number: int) -> tuple[str, str, dict[str, str]]:
    request = server.requests[number]
    return request.method, request.path, {name: v for name, v in request.headers.items() if name not in OWN}


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
async def test_later_requests_are_what_the_sdk_would_send_again(server: WireServer, wire: str) -> None:
    provider: OpenAIProvider | AnthropicProvider
    if wire == "openai":
        provider = OpenAIProvider(ModelRef.openai("m", api_base=server.url + "/v1"), "key", "A_KEY")
        server.says(wire_openai.text("one"), wire_openai.text("two"), wire_openai.text("three"))
    else:
        provider = AnthropicProvider(ModelRef.anthropic("m", api_base=server.url), "key", "A_KEY")
        server.says(wire_anthropic.text("one"), wire_anthropic.text("two"), wire_anthropic.text("three"))
    assert [await ask(provider, text) for text in ("first", "second, longer", "3")] == ["one", "two", "three"]
    await provider.aclose()
    assert head(server, 0) == head(server, 1) == head(server, 2)
    assert [request.messages[0]["content"] for request in server.requests][1] != server.requests[0].messages[0]
    assert all(int(request.headers["content-length"]) == len(request.body) for request in server.requests)


async def test_a_request_with_other_headers_gets_its_own(server: WireServer) -> None:
    provider = OpenAIProvider(ModelRef.openai("m", api_base=server.url), "key", "")
    server.says(*[wire_openai.text("ok")] * 4)
    for extensions in ({}, {"headers": {"x-a": "1"}}, {"headers": {"x-a": "2"}}, {}):
        await ask(provider, "hi", extensions=extensions)
    await provider.aclose()
    assert [request.headers.get("x-a") for request in server.requests] == [None, "1", "2", None]
    assert all(request.headers["authorization"] == "Bearer key" for request in server.requests)


async def test_a_cookie_of_one_answer_does_not_stay_in_all_requests(server: WireServer) -> None:
    provider = OpenAIProvider(ModelRef.openai("m", api_base=server.url), "key", "")
    greeting = wire_openai.text("ok")
    server.says(Reply(200, {**greeting.headers, "set-cookie": "a=1"}, greeting.chunks), greeting, greeting)
    for extensions in ({}, {"headers": {"x-a": "1"}}, {"headers": {"x-a": "1"}}):
        await ask(provider, "hi", extensions=extensions)
    await provider.aclose()
    assert "cookie" not in server.requests[2].headers


async def test_faults_of_later_requests_are_told_as_those_of_the_first(server: WireServer) -> None:
    provider = OpenAIProvider(ModelRef.openai("m", api_base=server.url), "key", "A_KEY")
    refused = Reply.of_json(401, {"error": {"message": "bad key", "type": "invalid_api_key"}}, x_request_id="r1")
    busy = Reply.of_json(503, {"error": {"message": "busy"}}, retry_after="7")
    server.says(refused, busy, wire_openai.text("ok"), refused, busy)
    told: list[tuple[type, str, Any, Any]] = []
    for _ in range(5):
        try:
            await ask(provider, "hi")
        except (AuthenticationError, ProviderUnavailableError) as error:
            told.append((type(error), str(error), error.retry_after_s, error.request_id))
    await provider.aclose()
    assert len(told) == 4
    assert told[:2] == told[2:]


async def test_a_server_that_went_away_is_told_as_one_that_never_was() -> None:
    async with WireServer(wire_openai.text("ok")) as server:
        provider = OpenAIProvider(ModelRef.openai("m", api_base=server.url), "key", "")
        await ask(provider, "hi")
        address = server.url
    with pytest.raises(ProviderUnavailableError) as caught:
        await ask(provider, "hi")
    await provider.aclose()
    assert f"No connection to {address}" in str(caught.value)
    assert caught.value.retryable
