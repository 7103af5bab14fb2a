"""What servers say of a fault, in each one's own words, and what of it a person and another server get to know."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from loom.config.model import ModelRef
from loom.errors import (
    AuthenticationError,
    ContextOverflowError,
    InvalidRequestError,
    LoomError,
    ProviderError,
    ProviderUnavailableError,
    RateLimitError,
    ResponseError,
    StreamInterruptedError,
)
from loom.providers.base import Completion, CompletionRequest
from loom.providers.faults import Origin, from_event, from_status, retry_after
from loom.providers.resolve import find_key, resolve_provider
from loom.types.content import ThinkingBlock
from loom.types.messages import Message
from tests.support import wire_anthropic, wire_gemini, wire_ollama, wire_openai, wire_responses
from tests.support.wire_server import Chunk, Reply, WireServer

TOO_LONG = [
    "prompt is too long: 210000 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length",
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.",
    "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
    "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]",
    "the input length exceeds the context length",
    "the request exceeds the available context size, try increasing it",
    "decoder prompt (length 5000) is longer than the maximum model length of 4096",
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    "Your request exceeded model token limit: 8192",
    "prompt token count of 130000 exceeds the limit of 128000",
    "Please reduce the length of the messages or completion.",
    "`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens",
    "Prompt exceeds max length",
]
ORIGIN = Origin("openai", "m", "A_KEY", "http://user:pa55word@127.0.0.1:1/v1", "sk-1234567890")
KEYS = {"OPENAI_API_KEY": "sk-1234567890", "ANTHROPIC_API_KEY": "sk-ant-1234567890"}


async def ask(ref: ModelRef, **request: Any) -> Completion | None:
    provider = resolve_provider(ref, KEYS)
    try:
        async for part in provider.stream(CompletionRequest(ref.name, [Message("user", "hi")], **request)):
            if isinstance(part, Completion):
                return part
    finally:
        await provider.aclose()
    return None


@pytest.mark.parametrize("message", TOO_LONG)
@pytest.mark.parametrize("status", [400, 500])
def test_each_server_s_words_for_a_full_window_are_known(message: str, status: int) -> None:
    body = {"error": {"message": message, "type": "invalid_request_error", "code": None}}
    assert isinstance(from_status(ORIGIN, status, body), ContextOverflowError)
    assert isinstance(from_event(ORIGIN, {"message": message, "type": "server_error"}), ContextOverflowError)


def test_a_full_window_is_known_by_its_code_alone() -> None:
    body = {"error": {"message": "no", "type": "invalid_request_error", "code": "context_length_exceeded"}}
    assert isinstance(from_status(ORIGIN, 400, body), ContextOverflowError)


def test_a_request_that_is_too_large_for_the_server_can_be_made_smaller() -> None:
    assert isinstance(from_status(ORIGIN, 413, "<html>Request Entity Too Large</html>"), ContextOverflowError)
    said = "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000. The input or output "
    told = {"error": {"message": f"{said}tokens must be reduced in order to run successfully.", "type": "tokens"}}
    assert isinstance(from_status(ORIGIN, 429, told), ContextOverflowError)
    assert isinstance(from_status(ORIGIN, 429, {"error": {"message": "slow down", "type": "tokens"}}), RateLimitError)


@pytest.mark.parametrize("status", [400, 401, 404, 500])
async def test_a_key_that_a_server_tells_back_is_hidden(status: int) -> None:
    refusal = Reply.of_json(status, {"error": {"message": "no: sk-1234567890", "type": "x"}})
    async with WireServer(refusal) as server:
        with pytest.raises(LoomError, match=r"no: «hidden»") as caught:
            await ask(ModelRef.openai("m", api_base=server.url))
    assert "sk-1234567890" not in str(caught.value)


@pytest.mark.parametrize("part", ["sk-1******7890", "sk-12...", "***7890"])
async def test_what_a_server_leaves_of_a_key_is_hidden_too(part: str) -> None:
    refusal = Reply.of_json(401, {"error": {"message": f"no **bold** word: {part}. Wait...", "type": "x"}})
    async with WireServer(refusal) as server:
        with pytest.raises(LoomError, match=r"no \*\*bold\*\* word: «hidden»\.? Wait\.\.\."):
            await ask(ModelRef.openai("m", api_base=server.url))


async def test_a_key_in_a_stream_is_hidden_too() -> None:
    told = wire_openai.event({"error": {"message": "no: sk-1234567890", "type": "server_error"}})
    async with WireServer(Reply(chunks=[told])) as server:
        with pytest.raises(LoomError, match=r"no: «hidden»"):
            await ask(ModelRef.openai("m", api_base=server.url))


def test_a_date_without_its_zone_is_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        said = time.asctime(time.gmtime(time.time() + 20))
        assert 15 < (retry_after({"retry-after": said}) or 0) < 21
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_a_password_in_an_address_is_not_told() -> None:
    for kind in (ModelRef.openai, ModelRef.anthropic):
        with pytest.raises(ProviderUnavailableError, match=r"No connection to http://127\.0\.0\.1:1/x: ") as caught:
            await ask(kind("m", api_base="http://user:pa55word@127.0.0.1:1/x"))
        assert "pa55word" not in str(caught.value)
    assert "pa55word" not in str(from_status(ORIGIN, 404, ""))


async def test_what_is_no_address_is_told_at_once() -> None:
    for kind in (ModelRef.openai, ModelRef.anthropic):
        for address in ("localhost:1", "http://127.0.0.1:99999"):
            with pytest.raises(InvalidRequestError, match=rf"{address} is no server's address.*http://") as caught:
                await ask(kind("m", api_base=address))
            assert not caught.value.retryable


@pytest.mark.parametrize("kind", [ModelRef.openai, ModelRef.anthropic, ModelRef.gemini, ModelRef.ollama])
async def test_a_request_that_can_t_be_made_is_no_fault_of_the_connection(kind: Any) -> None:
    async with WireServer() as server:
        headers = kind("m", api_base=server.url, extensions={"headers": {"x-mine": "hush\nhush"}})
        with pytest.raises(InvalidRequestError, match=r"The request to http://127.* can't be made: ") as caught:
            await ask(headers)
    assert "hush" not in str(caught.value)
    assert not caught.value.retryable


WIRES = {
    "anthropic": (ModelRef.anthropic, wire_anthropic.text("Hi")),
    "openai": (ModelRef.openai, wire_openai.text("Hi")),
    "gemini": (ModelRef.gemini, wire_gemini.text("Hi")),
    "ollama": (ModelRef.ollama, wire_ollama.text("Hi")),
    "responses": (
        partial(ModelRef.openai, extensions={"api": "responses"}),
        wire_responses.reply(wire_responses.said("Hi")),
    ),
}


def answered(wire: str) -> tuple[Callable[..., ModelRef], Reply, bytes]:
    """A wire's models, an answer in it, and that answer's body up to the event that ends it, without its own end."""
    kind, reply = WIRES[wire]
    events = [chunk for chunk in reply.chunks if isinstance(chunk, bytes) and b"DONE" not in chunk]
    ending = [chunk for chunk in events if b"message_stop" not in chunk and b'"choices": []' not in chunk]
    return kind, reply, b"".join(ending).rstrip()


@pytest.mark.parametrize("wire", WIRES)
async def test_an_answer_is_whole_also_without_the_end_of_its_last_event(wire: str) -> None:
    kind, reply, body = answered(wire)
    async with WireServer(replace(reply, chunks=[body])) as server:
        completion = await ask(kind("m", api_base=server.url))
    assert completion is not None
    assert completion.message.text == "Hi"


@pytest.mark.parametrize("wire", WIRES)
async def test_an_answer_whose_last_event_was_cut_broke_off(wire: str) -> None:
    kind, reply, body = answered(wire)
    async with WireServer(replace(reply, chunks=[body[:-3]])) as server:
        with pytest.raises(StreamInterruptedError):
            await ask(kind("m", api_base=server.url))


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"message": "bad key", "code": "401"}, AuthenticationError),
        ({"message": "busy", "type": "overloaded_error"}, ProviderUnavailableError),
    ],
)
async def test_a_fault_that_comes_as_a_success_is_what_it_says(
    wire: str, fault: dict[str, str], error: type[LoomError]
) -> None:
    kind = WIRES[wire][0]
    async with WireServer(Reply.of_json(200, {"error": fault})) as server:
        with pytest.raises(error, match=fault["message"]):
            await ask(kind("m", api_base=server.url))


async def test_a_page_in_an_answer_s_place_is_told_by_its_words() -> None:
    page = Reply(200, {"content-type": "text/html"}, [b"<html><style>x</style><h1>Sign in</h1> to the network</html>"])
    async with WireServer(page) as server:
        with pytest.raises(ResponseError, match=r"no event stream \(text/html\): Sign in to the network$"):
            await ask(ModelRef.openai("m", api_base=server.url))


async def test_no_other_server_gets_what_the_environment_says_for_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-mine")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-mine: a-secret")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-mine: a-secret")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "tok-mine")
    async with WireServer(wire_openai.text("ok"), wire_openai.text("ok"), wire_anthropic.text("ok")) as server:
        await ask(ModelRef.openai("m", api_base=server.url, organization="org-asked", api_key_env=""))
        await ask(ModelRef.qwen("qwen-plus", api_base=server.url, api_key_env=""))
        await ask(ModelRef.anthropic("m", api_base=server.url, api_key_env=""))
    sent = [request.headers for request in server.requests]
    assert [headers.get("openai-organization") for headers in sent] == ["org-asked", None, None]
    assert not any(
        "mine" in name or "mine" in value or "secret" in value for headers in sent for name, value in headers.items()
    )


async def test_where_the_environment_names_the_server_it_gets_its_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-gateway: mine")
    async with WireServer(wire_anthropic.text("ok")) as server:
        made = resolve_provider(
            ModelRef.anthropic("m"), {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_AUTH_TOKEN": "tok-mine"}
        )
        async for _ in made.stream(CompletionRequest("m", [Message("user", "hi")])):
            pass
        await made.aclose()
    headers = server.requests[0].headers
    assert (headers["x-gateway"], headers["authorization"]) == ("mine", "Bearer tok-mine")


def test_a_named_variable_without_a_key_is_told_also_for_ollama() -> None:
    with pytest.raises(ProviderUnavailableError, match="MY_KEY"):
        resolve_provider(ModelRef("ollama", "m", api_key_env="MY_KEY"), {})
    assert find_key(ModelRef.anthropic("m"), {"ANTHROPIC_AUTH_TOKEN": "t"}) == ("t", "ANTHROPIC_AUTH_TOKEN")


PINGS = [
    b"data:\n\n",
    b'event: ping\ndata: {"type": "ping"}\n\n',
    b'data: {"type": "ping"}\n\n',
    b'event: keepalive\ndata: {"type": "keepalive", "sequence_number": 3}\n\n',
    b'data: {"type": "keepalive", "sequence_number": 3}\n\n',
]


@pytest.mark.parametrize("ping", PINGS)
async def test_a_server_that_only_says_that_it_is_there_has_stalled(ping: bytes) -> None:
    chunks: list[Chunk] = [wire_openai.delta(content="begun"), *([0.1, ping] * 20)]
    async with WireServer(Reply(chunks=chunks, stall=True)) as server:
        with pytest.raises(LoomError, match=r"said nothing more for 0\.5 s"):
            await ask(ModelRef.openai("m", api_base=server.url), idle_timeout_s=0.5)


async def test_sentences_of_a_log_have_no_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with WireServer(wire_openai.text("ok")) as server:
            await ask(ModelRef.openai("m", api_base=server.url))
    assert "sk-1234567890" not in caplog.text


ODD_VALUES: list[Any] = [None, 5, 1.5, True, [], [1], {}, {"a": 1}]


def odd_chunks(value: Any) -> list[list[Chunk]]:
    """Streams in which a value stands where something else should."""

    def one(finish: str | None = None, **fields: Any) -> bytes:
        return wire_openai.event({"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]})

    call = {"index": 0, "id": "c", "function": {"name": "look", "arguments": "{}"}}
    ended = [one("tool_calls")]
    return [
        [one(content=value), one("stop")],
        [one(tool_calls=[{**call, "id": value}]), *ended],
        [one(tool_calls=[{**call, "function": {"name": value, "arguments": "{}"}}]), *ended],
        [one(tool_calls=[{**call, "function": value}]), *ended],
        [one(tool_calls=value), *ended],
        [one(content="hello"), one(finish=value), one("stop")],
        [wire_openai.event({"id": value, "model": value, "choices": value}), one("stop", content="hello")],
        [wire_openai.event({"usage": {"prompt_tokens": value, "completion_tokens": value}}), one("stop", content="x")],
    ]


@pytest.mark.parametrize("value", ODD_VALUES, ids=str)
async def test_what_a_server_writes_is_read_as_what_it_should_be_or_not_at_all(value: Any) -> None:
    for chunks in odd_chunks(value):
        async with WireServer(Reply(chunks=chunks)) as server:
            try:
                done = await ask(ModelRef.openai("m", api_base=server.url))
            except ProviderError:
                continue
        assert done is not None
        assert isinstance(done.message.text, str)
        assert all(isinstance(text, str) and text for call in done.message.tool_calls for text in (call.id, call.name))
        assert all(isinstance(name, str) for name in (done.model, done.response_id))
        assert done.usage is None or isinstance(done.usage.input_tokens, int)


async def test_an_answer_in_pieces_of_a_list_is_read() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    chunks: list[Chunk] = [
        wire_openai.delta(content=[thought]),
        wire_openai.delta(content=[{"type": "text", "text": "hi"}]),
    ]
    async with WireServer(Reply(chunks=[*chunks, wire_openai.delta("stop")])) as server:
        done = await ask(ModelRef.openai("m", api_base=server.url))
    assert done is not None
    assert done.message.text == "hi"
    assert [block.text for block in done.message.content if isinstance(block, ThinkingBlock)] == ["hm"]
