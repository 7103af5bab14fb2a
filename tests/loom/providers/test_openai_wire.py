"""What goes to a chat completions server, and what its answers become."""

import json
import logging
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from loom.config.model import ModelRef
from loom.providers.base import (
    Completion,
    CompletionRequest,
    StopReason,
    StreamPart,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolSchema,
)
from loom.providers.exchange import warn_of_sampling
from loom.providers.openai import OpenAIProvider
from loom.providers.qwen import QwenProvider
from loom.providers.wire import openai_chat
from loom.types.content import DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall
from tests.support import wire_openai as wire
from tests.support.wire_server import Reply, WireServer

HI = Message("user", "hi")
PICTURE = ImageBlock(source={"type": "base64", "media_type": "image/png", "data": "aGk="})
LOOK = ToolSchema("look", "Look at a thing.", {"type": "object", "properties": {"thing": {"type": "string"}}})


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with WireServer(wire.text("ok"), loop=True) as running:
        yield running


async def ask(server: WireServer, request: CompletionRequest, **ref: Any) -> list[StreamPart]:
    provider = OpenAIProvider(ModelRef.openai("m", api_base=server.url + "/v1", **ref), "key", "A_KEY")
    try:
        return [part async for part in provider.stream(request)]
    finally:
        await provider.aclose()


async def sent(server: WireServer, *messages: Message, **request: Any) -> dict[str, Any]:
    """The body that a request becomes."""
    await ask(server, CompletionRequest("m", messages, **request))
    return server.requests[-1].json


async def answer(server: WireServer, reply: Reply) -> tuple[list[StreamPart], Completion]:
    server.turns[:] = [reply]
    *parts, last = await ask(server, CompletionRequest("m", [HI]))
    assert isinstance(last, Completion)
    return parts, last


async def test_a_long_conversation_is_serialised_beside_the_loop_the_first_time(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    write = openai_chat.message_bytes

    def watched(message: Message, reasoning_of: str) -> bytes:
        threads.append(threading.current_thread())
        return write(message, reasoning_of)

    monkeypatch.setattr(openai_chat, "message_bytes", watched)
    talk = [Message("user" if n % 2 == 0 else "assistant", f"message {n}") for n in range(2_000)]
    body = await sent(server, *talk)
    assert [each["content"] for each in body["messages"]] == [each.text for each in talk]
    assert threads
    assert threading.main_thread() not in threads
    threads.clear()
    await sent(server, *talk, Message("assistant", "yes"), Message("user", "and now?"))
    assert len(threads) == 2


async def test_a_plain_request_is_what_the_api_documents(server: WireServer) -> None:
    body = await sent(server, HI, system="Be kind.", max_output_tokens=50, temperature=0.2, tools=[LOOK])
    assert server.requests[0].path == "/v1/chat/completions"
    assert server.requests[0].headers["authorization"] == "Bearer key"
    assert server.requests[0].headers["content-type"] == "application/json"
    assert body == {
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 50,
        "temperature": 0.2,
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hi"}],
        "tools": [
            {
                "type": "function",
                "function": {"name": "look", "description": "Look at a thing.", "parameters": LOOK.input_schema},
            }
        ],
    }


async def test_calls_and_results_go_back_as_a_pair(server: WireServer) -> None:
    call = Message("assistant", "", [ToolCall("c1", "look", {"thing": "Ä"})])
    body = await sent(server, HI, call, Message("tool", "no such thing", [], "c1", "look", is_error=True))
    function = {"name": "look", "arguments": '{"thing":"Ä"}'}
    assert body["messages"][1:] == [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c1", "content": "no such thing"},
    ]


async def test_pictures_and_documents_are_data_urls(server: WireServer) -> None:
    pdf = DocumentBlock(source={"type": "base64", "media_type": "application/pdf", "data": "aGk="})
    far = ImageBlock(source={"type": "url", "url": "https://example.org/a.png"})
    body = await sent(server, Message("user", [TextBlock(text="what?"), PICTURE, far, pdf]))
    parts = body["messages"][0]["content"]
    assert parts[0] == {"type": "text", "text": "what?"}
    assert parts[1]["image_url"]["url"] == "data:image/png;base64,aGk="
    assert parts[2]["image_url"]["url"] == "https://example.org/a.png"
    assert parts[3]["file"]["file_data"].startswith("data:application/pdf;base64,")


async def test_pictures_of_results_are_shown_after_all_results_of_the_message(server: WireServer) -> None:
    calls = Message("assistant", "", [ToolCall("c1", "shoot"), ToolCall("c2", "look")])
    shot = Message("tool", [TextBlock(text="taken"), PICTURE], [], "c1", "shoot")
    body = await sent(server, HI, calls, shot, Message("tool", "seen", [], "c2", "look"), Message("user", "and?"))
    assert [message["role"] for message in body["messages"][2:]] == ["tool", "tool", "user", "user"]
    assert body["messages"][2]["content"] == "taken\n\n[image: see below]"
    told, shown = body["messages"][4]["content"]
    assert "shoot (c1)" in told["text"]
    assert shown["image_url"]["url"].startswith("data:image/png")


async def test_half_a_character_does_not_stop_a_request(server: WireServer) -> None:
    body = await sent(server, Message("user", "broken \ud83d here"))
    assert body["messages"][0]["content"].startswith("broken ")


async def test_a_message_is_serialised_once_in_its_life(server: WireServer) -> None:
    message = Message("user", "hi")
    await sent(server, message)
    assert json.loads(message.wire_cache["openai_chat"]) == {"role": "user", "content": "hi"}
    message.wire_cache["openai_chat"] = b'{"role":"user","content":"from the cache"}'
    assert (await sent(server, message))["messages"] == [{"role": "user", "content": "from the cache"}]


async def test_extensions_reach_body_and_headers(server: WireServer) -> None:
    request = CompletionRequest("m", [HI], extensions={"body": {"seed": 1}, "headers": {"x-a": "1"}})
    await ask(server, request, extensions={"body": {"top_k": 2, "seed": 3}, "headers": {"x-b": "2"}})
    body, headers = server.requests[0].json, server.requests[0].headers
    assert (body["seed"], body["top_k"], headers["x-a"], headers["x-b"]) == (1, 2, "1", "2")


async def test_reasoning_stays_here_unless_the_model_wants_it_back(server: WireServer) -> None:
    thought = ThinkingBlock(text="hm", provider="openai")
    other = ThinkingBlock(text="not yours", provider="anthropic")
    said = Message("assistant", [other, thought, TextBlock(text="yes")])
    assert (await sent(server, HI, said))["messages"][1] == {"role": "assistant", "content": "yes"}
    await ask(server, CompletionRequest("m", [HI, said]), extensions={"send_reasoning": True})
    assert server.requests[-1].messages[1] == {"role": "assistant", "content": "yes", "reasoning_content": "hm"}


async def test_text_streams_and_ends_in_one_completion(server: WireServer) -> None:
    parts, whole = await answer(server, wire.text("Hel", "lo"))
    assert parts == [TextDelta("Hel"), TextDelta("lo")]
    assert whole.message == Message("assistant", "Hello")
    assert (whole.stop_reason, whole.model, whole.response_id) == (StopReason.END_TURN, "m", "chatcmpl-1")


async def test_reasoning_is_shown_and_kept_apart_from_the_text(server: WireServer) -> None:
    pieces = [wire.delta(reasoning_content="hm "), wire.delta(reasoning_content="ok"), wire.delta(content="Yes")]
    parts, whole = await answer(server, Reply(chunks=[*pieces, wire.delta("stop"), wire.DONE]))
    assert parts == [ThinkingDelta("hm "), ThinkingDelta("ok"), TextDelta("Yes")]
    assert whole.message.content == [ThinkingBlock(text="hm ok", provider="openai"), TextBlock(text="Yes")]
    assert whole.message.text == "Yes"


async def test_calls_are_put_together_from_pieces_that_alternate(server: WireServer) -> None:
    one = wire.call_pieces(0, "a", "look", '{"thing"', ': "x"}')
    two = wire.call_pieces(1, "b", "look", "", "{}")
    woven = [piece for pair in zip(one, two, strict=True) for piece in pair]
    parts, whole = await answer(server, wire.calls(woven))
    assert whole.message.tool_calls == [ToolCall("a", "look", {"thing": "x"}), ToolCall("b", "look", {})]
    assert whole.stop_reason is StopReason.TOOL_USE
    assert parts[0] == ToolCallDelta(0, "a", "look", "")


async def test_a_call_of_five_megabytes_is_told_as_too_long(server: WireServer) -> None:
    pieces = ['{"thing": "', *["x" * 50_000] * 100, '"}']
    _, whole = await answer(server, wire.calls(wire.call_pieces(0, "a", "look", *pieces)))
    assert "limit is 1,000,000" in whole.message.tool_calls[0].malformed
    assert len(whole.message.tool_calls[0].malformed) <= 2000


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", StopReason.END_TURN),
        ("length", StopReason.MAX_TOKENS),
        ("content_filter", StopReason.REFUSAL),
        ("something_new", StopReason.END_TURN),
    ],
)
async def test_stop_reasons_are_told_in_our_words(server: WireServer, finish: str, reason: StopReason) -> None:
    _, whole = await answer(server, wire.text("ok", finish=finish))
    assert whole.stop_reason is reason


async def test_usage_counts_what_was_cached_as_part_of_what_was_read(server: WireServer) -> None:
    counted = wire.usage(100, 7, cached=80)
    _, whole = await answer(server, Reply(chunks=[wire.delta(content="ok"), wire.delta("stop"), counted, wire.DONE]))
    assert whole.usage is not None
    assert (whole.usage.input_tokens, whole.usage.cache_read_tokens, whole.usage.output_tokens) == (100, 80, 7)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("Unrecognized request argument supplied: stream_options", "stream_options"),
        ("Unsupported parameter: 'max_tokens' is not supported with this model.", "max_tokens"),
    ],
)
async def test_a_field_that_the_server_does_not_know_is_left_out_from_then_on(
    server: WireServer, message: str, field: str
) -> None:
    refusal = Reply.of_json(400, {"error": {"message": message}})
    server.turns[:] = [refusal, wire.text("ok"), wire.text("ok")]
    provider = OpenAIProvider(ModelRef.openai("m", api_base=server.url), "key", "")
    for _ in range(2):
        parts = [part async for part in provider.stream(CompletionRequest("m", [HI], max_output_tokens=9))]
        assert isinstance(parts[-1], Completion)
    await provider.aclose()
    assert [field in request.json for request in server.requests] == [True, False, False]


async def test_a_model_known_to_take_no_temperature_is_never_sent_one(
    server: WireServer, caplog: pytest.LogCaptureFixture
) -> None:
    warn_of_sampling.cache_clear()
    with caplog.at_level(logging.WARNING):
        for temperature, warnings in ((0.7, 0), (0.2, 1), (0.2, 1)):  # the default is not what anybody chose
            provider = OpenAIProvider(ModelRef.openai("gpt-5.5", api_base=server.url), "key", "")
            request = CompletionRequest("gpt-5.5", [HI], temperature=temperature)
            assert [part async for part in provider.stream(request)]
            await provider.aclose()
            assert caplog.text.count("takes no temperature") == warnings
    assert len(server.requests) == 3
    assert all("temperature" not in request.json for request in server.requests)


async def test_qwen_thinks_when_told_and_its_thoughts_are_its_own(server: WireServer) -> None:
    server.turns[:] = [Reply(chunks=[wire.delta(reasoning_content="hm"), wire.delta(content="ok"), wire.delta("stop")])]
    ref = ModelRef.qwen("qwen-plus", api_base=server.url, extensions={"body": {"enable_thinking": True}})
    provider = QwenProvider(ref, "key", "DASHSCOPE_API_KEY")
    parts = [part async for part in provider.stream(CompletionRequest("qwen-plus", [HI]))]
    await provider.aclose()
    assert server.requests[0].json["enable_thinking"] is True
    assert isinstance(parts[-1], Completion)
    assert parts[-1].message.content == [ThinkingBlock(text="hm", provider="qwen"), TextBlock(text="ok")]


async def test_a_call_and_a_thought_in_the_same_chunk_as_words_are_taken(server: WireServer) -> None:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"thing": "a"}'}}
    together = wire.delta(content="I look.", reasoning_content="hm", tool_calls=[call])
    server.turns[:] = [Reply(chunks=[together, wire.delta("tool_calls"), wire.DONE])]
    done = (await ask(server, CompletionRequest("m", [HI], tools=[LOOK])))[-1]
    assert isinstance(done, Completion)
    assert done.message.tool_calls == [ToolCall("c1", "look", {"thing": "a"})]
    assert done.message.text == "I look."
    assert done.stop_reason is StopReason.TOOL_USE


async def test_one_connection_serves_request_after_request(server: WireServer) -> None:
    provider = OpenAIProvider(ModelRef.openai("m", api_base=server.url), "key", "")
    for _ in range(30):
        assert [part async for part in provider.stream(CompletionRequest("m", [HI]))]
    assert len(server._connections) == 1
    await provider.aclose()
