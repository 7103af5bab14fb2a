"""The Responses API over loopback: input items out, answers in, reasoning round-tripped in its encrypted form."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from loom.config.model import ModelRef
from loom.errors import LoomError, ProviderError, StreamInterruptedError
from loom.providers.base import (
    Completion,
    CompletionRequest,
    StopReason,
    StreamPart,
    TextDelta,
    ThinkingDelta,
    ToolSchema,
)
from loom.providers.openai import OpenAIProvider
from loom.types.content import ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall
from tests.support import wire_responses as wire
from tests.support.wire_server import Reply, WireServer

HI = Message("user", "hi")
LOOK = ToolSchema("look", "Look.", {"type": "object", "properties": {}})


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with WireServer() as running:
        yield running


async def ask(server: WireServer, *messages: Message, **request: Any) -> list[StreamPart]:
    ref = ModelRef.openai("gpt-5.5", api_base=server.url + "/v1", extensions={"api": "responses"})
    provider = OpenAIProvider(ref, "key", "A_KEY")
    try:
        return [part async for part in provider.stream(CompletionRequest("gpt-5.5", messages or [HI], **request))]
    finally:
        await provider.aclose()


def whole(parts: list[StreamPart]) -> Completion:
    assert isinstance(parts[-1], Completion)
    return parts[-1]


async def test_a_request_keeps_nothing_at_the_provider(server: WireServer) -> None:
    server.says(wire.reply(wire.said("ok")))
    await ask(server, system="Be kind.", tools=[LOOK], max_output_tokens=40)
    assert server.requests[0].path == "/v1/responses"
    assert server.requests[0].json == {
        "model": "gpt-5.5",
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "max_output_tokens": 40,
        "instructions": "Be kind.",
        "input": [{"role": "user", "content": "hi"}],
        "tools": [
            {
                "type": "function",
                "name": "look",
                "description": "Look.",
                "parameters": LOOK.input_schema,
                "strict": False,
            }
        ],
    }


async def test_text_and_reasoning_stream_and_are_counted(server: WireServer) -> None:
    details = {"input_tokens_details": {"cached_tokens": 8}, "output_tokens_details": {"reasoning_tokens": 5}}
    end = wire.ended(counted=details)
    server.says(wire.reply(wire.reasoned(0, "rs_1", "Thinking"), wire.said("Hel", "lo"), end=end))
    parts = await ask(server)
    assert parts[:-1] == [ThinkingDelta("Thinking"), TextDelta("Hel"), TextDelta("lo")]
    done = whole(parts)
    assert (done.message.text, done.stop_reason) == ("Hello", StopReason.END_TURN)
    assert done.usage is not None
    assert (done.usage.input_tokens, done.usage.cache_read_tokens, done.usage.thinking_tokens) == (12, 8, 5)


async def test_reasoning_and_calls_go_back_in_the_order_in_which_they_came(server: WireServer) -> None:
    turn = wire.reply(
        wire.reasoned(0, "rs_1", "first"),
        wire.called(1, "c1", "look", '{"a": 1}'),
        wire.reasoned(2, "rs_2", "then"),
        wire.called(3, "c2", "look", "{}"),
    )
    server.says(turn, wire.reply(wire.said("done")))
    done = whole(await ask(server))
    assert done.message.tool_calls == [ToolCall("c1", "look", {"a": 1}), ToolCall("c2", "look", {})]
    assert done.stop_reason is StopReason.TOOL_USE
    results = [Message("tool", "one", [], "c1", "look"), Message("tool", "two", [], "c2", "look")]
    await ask(server, HI, done.message, *results)
    items = server.requests[1].json["input"]
    assert [item.get("id") or item.get("call_id") for item in items[1:]] == ["rs_1", "c1", "rs_2", "c2", "c1", "c2"]
    assert items[1]["encrypted_content"] == "enc-rs_1"
    assert "status" not in items[1]
    assert items[-1] == {"type": "function_call_output", "call_id": "c2", "output": "two"}


async def test_somebody_elses_thinking_and_what_cannot_go_back_stay_here(server: WireServer) -> None:
    server.says(wire.reply(wire.said("ok")))
    foreign = ThinkingBlock(text="x", provider="anthropic", raw={"type": "thinking", "signature": "s"})
    plain = ThinkingBlock(text="x", provider="openai", raw={"item": {"type": "reasoning", "id": "rs"}})
    await ask(server, HI, Message("assistant", [foreign, plain, TextBlock(text="said")]), Message("user", "and?"))
    assert [item["role"] for item in server.requests[0].json["input"]] == ["user", "assistant", "user"]


async def test_pictures_go_in_messages_and_results(server: WireServer) -> None:
    server.says(wire.reply(wire.said("ok")))
    picture = ImageBlock(source={"type": "base64", "media_type": "image/png", "data": "aGk="})
    call = Message("assistant", "", [ToolCall("c", "shoot")])
    result = Message("tool", [picture], [], "c", "shoot")
    await ask(server, Message("user", [TextBlock(text="?"), picture]), call, result)
    items = server.requests[0].json["input"]
    shown = {"type": "input_image", "image_url": "data:image/png;base64,aGk="}
    assert items[0]["content"][1] == shown
    assert items[2]["output"] == [shown]


@pytest.mark.parametrize(
    ("reason", "stop"), [("max_output_tokens", StopReason.MAX_TOKENS), ("content_filter", StopReason.REFUSAL)]
)
async def test_an_answer_that_was_not_finished_says_why(server: WireServer, reason: str, stop: StopReason) -> None:
    server.says(wire.reply(wire.said("Hal"), end=wire.ended("incomplete", reason)))
    assert whole(await ask(server)).stop_reason is stop


@pytest.mark.parametrize(
    ("reply", "kind", "retryable"),
    [
        (
            wire.reply([wire.event("error", code="server_error", message="oops")], end=b""),
            "ProviderUnavailableError",
            True,
        ),
        (
            wire.reply(
                [wire.event("response.failed", response={"error": {"code": "rate_limit_exceeded", "message": "slow"}})]
            ),
            "RateLimitError",
            True,
        ),
        (
            wire.reply([wire.event("error", code="context_length_exceeded", message="too long")], end=b""),
            "ContextOverflowError",
            False,
        ),
        (Reply(chunks=[b"data: {}\n\n"]), "ResponseError", True),
        (Reply(chunks=[wire.event("response.output_text.delta")]), "ResponseError", True),
        (Reply(chunks=[b"data: null\n\n"]), "ResponseError", True),
    ],
)
async def test_faults_inside_the_stream_are_classified(
    server: WireServer, reply: Reply, kind: str, retryable: bool
) -> None:
    server.says(reply)
    with pytest.raises(LoomError) as caught:
        await ask(server)
    assert (type(caught.value).__name__, caught.value.retryable) == (kind, retryable)


async def test_an_answer_that_breaks_off_keeps_what_was_said(server: WireServer) -> None:
    server.says(Reply(chunks=wire.said("Hel"), cut=True))
    with pytest.raises(StreamInterruptedError) as caught:
        await ask(server)
    assert caught.value.partial_text == "Hel"
    assert isinstance(caught.value, ProviderError)


async def test_a_model_that_does_not_reason_is_asked_again_without_encrypted_reasoning(server: WireServer) -> None:
    refusal = {"error": {"message": "Encrypted content is not supported with this model.", "param": "include"}}
    server.says(Reply.of_json(400, refusal), wire.reply(wire.said("ok")))
    assert whole(await ask(server)).message.text == "ok"
    assert ["include" in request.json for request in server.requests] == [True, False]


def test_the_real_endpoint_is_asked_by_responses_and_every_other_by_chat() -> None:
    def path(**ref: Any) -> str:
        return OpenAIProvider(ModelRef.openai("gpt-5.5", **ref), "k", "")._dialect.path

    assert path() == "/responses"
    assert path(extensions={"api": "chat"}) == "/chat/completions"
    assert path(api_base="http://127.0.0.1:8000/v1") == "/chat/completions"
