"""A conversation goes on at any provider, whatever another one, or an odd model, has left in its history."""

import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest

from loom import AgentConfig, create_agent, tool
from loom.config.model import ModelRef
from loom.providers.base import Completion, CompletionRequest, Sending, ToolSchema
from loom.providers.probe import ask_for_a_word
from loom.providers.resolve import resolve_provider
from loom.providers.wire import anthropic_messages, gemini_content, ollama_chat, openai_chat, openai_responses
from loom.providers.wire.calls import WrittenCall, finish_calls
from loom.providers.wire.rebuilding import rebuilt_body
from loom.providers.wire.schemas import plain_schema
from loom.types.content import ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall
from tests.support import wire_anthropic, wire_gemini, wire_openai, wire_responses
from tests.support.wire_server import Chunk, Reply, WireServer

FORMS = {
    "anthropic": (anthropic_messages.body, anthropic_messages.tools_bytes),
    "chat": (openai_chat.body, openai_chat.tools_bytes),
    "responses": (openai_responses.body, openai_responses.tools_bytes),
    "gemini": (gemini_content.body, gemini_content.tools_bytes),
    "ollama": (ollama_chat.body, openai_chat.tools_bytes),
}
ODD_NAMES = ["functions.look at", "n" * 150, "", "天气", "2nd"]
GOOD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
EMPTY = {"type": "object", "properties": {}}
PNG = ImageBlock(source={"type": "base64", "media_type": "image/png", "data": "aGk="})
HI = Message("user", "hi")


@tool(read_only=True)
async def look(thing: str) -> str:
    """Look at a thing."""
    return f"saw {thing}"


def body_in(form: str, *messages: Message, tools: tuple[ToolSchema, ...] = (), **fields: Any) -> dict[str, Any]:
    make, tools_bytes = FORMS[form]
    return json.loads(make({"model": "m", **fields}, "", messages, tools_bytes(tools)))


def all_of(value: Any, key: str) -> list[Any]:
    """What stands under a key anywhere in a JSON value, in order."""
    if isinstance(value, list):
        return [found for each in value for found in all_of(each, key)]
    if not isinstance(value, dict):
        return []
    return [found for name, inner in value.items() for found in ([inner] if name == key else []) + all_of(inner, key)]


def called(call_id: str, name: str) -> tuple[Message, Message]:
    return (
        Message("assistant", "", [ToolCall(call_id, name)]),
        Message("tool", "seen", [], call_id, name),
    )


async def ask(ref: ModelRef, *messages: Message, tools: tuple[ToolSchema, ...] = (), **request: Any) -> Completion:
    provider = resolve_provider(ref, {"OPENAI_API_KEY": "sk-1234567890", "ANTHROPIC_API_KEY": "sk-ant-1234567890"})
    try:
        async for part in provider.stream(CompletionRequest(ref.name, messages, tools=tools, **request)):
            if isinstance(part, Completion):
                return part
    finally:
        await provider.aclose()
    raise AssertionError("there was no answer")


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("form", FORMS)
def test_a_name_that_a_model_made_up_is_sent_in_a_form_that_all_take(form: str, name: str) -> None:
    sent = body_in(form, HI, *called("c", name), tools=(ToolSchema(name, "", EMPTY),))
    names = [each for each in [*all_of(sent, "name"), *all_of(sent, "tool_name")] if isinstance(each, str)]
    assert len(names) >= 2, "the tool's and the call's"
    assert all(GOOD_NAME.fullmatch(each) for each in names)
    assert len(set(names)) == 1, "the tool, the call and its result have one name"


def test_names_that_differ_stay_different() -> None:
    sent = body_in("chat", HI, tools=tuple(ToolSchema(name, "", EMPTY) for name in ("a.b", "a b", "a_b")))
    assert len({each["function"]["name"] for each in sent["tools"]}) == 3


async def test_a_tool_with_an_odd_name_is_called_by_it() -> None:
    async with WireServer() as server:

        def answer(request: Any) -> Reply:
            return wire_openai.tool_call(request.json["tools"][0]["function"]["name"])

        server.says(answer)
        tools = (ToolSchema("get.weather", "", EMPTY),)
        completion = await ask(ModelRef.openai("m", api_base=server.url), HI, tools=tools)
    assert [call.name for call in completion.message.tool_calls] == ["get.weather"]


@pytest.mark.parametrize("call_id", ["functions.look:0", "é#", "x" * 100])
@pytest.mark.parametrize("form", ["anthropic", "responses"])
def test_an_id_of_another_server_is_sent_in_a_form_that_is_taken(form: str, call_id: str) -> None:
    sent = body_in(form, HI, *called(call_id, "look"))
    ids = [*all_of(sent, "tool_use_id"), *all_of(sent, "id"), *all_of(sent, "call_id")]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", ids[0])


def test_an_id_goes_back_to_a_chat_server_as_it_was() -> None:
    sent = body_in("chat", HI, *called("functions.look:0", "look"))
    assert sent["messages"][1]["tool_calls"][0]["id"] == "functions.look:0"


def test_a_call_gets_no_id_that_an_earlier_one_has() -> None:
    calls = finish_calls([WrittenCall("same", "look"), WrittenCall("new", "look")], [HI, *called("same", "look")])
    assert calls[0].id != "same"
    assert calls[1].id == "new"


async def test_a_server_that_counts_anew_in_each_answer_has_calls_that_can_be_told_apart() -> None:
    async with WireServer(*[wire_anthropic.tool_call("look", thing=str(n)) for n in range(3)]) as server:
        server.says(wire_anthropic.text("done"))
        agent = create_agent(AgentConfig(ModelRef.anthropic("claude-sonnet-5-5", api_base=server.url), tools=[look]))
        result = await agent.run("look")
        await agent.aclose()
    ids = [block["id"] for message in server.requests[-1].messages for block in message["content"] if "id" in block]
    assert len(set(ids)) == 3
    assert len({event.payload["call_id"] for event in result.events if event.type == "tool.completed"}) == 3


THOUGHTS = {
    "anthropic": {"type": "thinking", "thinking": "hm", "signature": ""},
    "responses": {"item": {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "x"}},
}


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_that_was_cut_off_in_its_thoughts_is_not_sent_back(form: str) -> None:
    owner = {"responses": "openai", "chat": "openai"}.get(form, form)
    cut = ThinkingBlock(text="hm", provider=owner, raw=THOUGHTS.get(form, {}))
    sent = body_in(form, HI, Message("assistant", [cut]), Message("user", "go on"), include=["reasoning"])
    told = sent.get("messages") or sent.get("input") or sent["contents"]
    assert {each["role"] for each in told} == {"user"}


async def test_thoughts_between_calls_go_back_between_them() -> None:
    def thought(index: int) -> list[bytes]:
        deltas = [{"type": "thinking_delta", "thinking": f"t{index}"}, {"type": "signature_delta", "signature": "s=="}]
        return wire_anthropic.block(index, "thinking", *deltas, thinking="", signature="")

    one, two = (wire_anthropic.call_block(at, f"c{at}", "look", '{"thing": "a"}') for at in (1, 3))
    chunks: list[Chunk] = [
        wire_anthropic.start(),
        *thought(0),
        *one,
        *thought(2),
        *two,
        *wire_anthropic.ending("tool_use"),
    ]
    async with WireServer(Reply(chunks=chunks), wire_anthropic.text("done")) as server:
        agent = create_agent(AgentConfig(ModelRef.anthropic("claude-sonnet-5-5", api_base=server.url), tools=[look]))
        await agent.run("look")
        await agent.aclose()
    back = server.requests[1].messages[1]["content"]
    assert [block.get("thinking") or block.get("id") for block in back] == ["t0", "c1", "t2", "c3"]
    assert back[2] == {"type": "thinking", "thinking": "t2", "signature": "s=="}


def test_a_model_that_does_not_reason_gets_no_reasoning() -> None:
    thought = ThinkingBlock(text="hm", provider="openai", raw=THOUGHTS["responses"])
    said = Message("assistant", [thought, TextBlock(text="hello")])
    with_it = body_in("responses", HI, said, HI, stream=True, include=["reasoning.encrypted_content"])
    without = body_in("responses", HI, said, HI, stream=True)
    assert [item.get("type", item.get("role")) for item in with_it["input"]] == [
        "user",
        "reasoning",
        "assistant",
        "user",
    ]
    assert [item.get("type", item.get("role")) for item in without["input"]] == ["user", "assistant", "user"]


REFUSALS = [
    "Reasoning input items can only be provided to a reasoning or computer use model.",
    "The encrypted content gAAA could not be verified. Reason: Encrypted content organization_id did not match.",
]


@pytest.mark.parametrize("message", REFUSALS)
async def test_reasoning_that_is_refused_is_left_out(message: str) -> None:
    thought = ThinkingBlock(text="hm", provider="openai", raw=THOUGHTS["responses"])
    said = Message("assistant", [thought, TextBlock(text="hello")])
    refusal = Reply.of_json(400, {"error": {"message": message, "type": "invalid_request_error"}})
    async with WireServer(refusal, wire_responses.reply(wire_responses.said("ok"))) as server:
        ref = ModelRef.openai("gpt-7", api_base=server.url, extensions={"api": "responses"})
        assert (await ask(ref, HI, said, HI)).message.text == "ok"
    first, second = (request.json["input"] for request in server.requests)
    assert "reasoning" in [item.get("type") for item in first]
    assert "reasoning" not in [item.get("type") for item in second]


def test_a_schema_is_sent_without_what_a_provider_refuses() -> None:
    pair = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "maxItems": 2}
    told = plain_schema({"type": "object", "properties": {"pair": {"anyOf": [pair, {"type": "null"}]}}})
    assert told["properties"]["pair"]["anyOf"][0] == {**pair, "items": {}}
    choice = {"anyOf": [_object("a", "b", needs=["a"]), _object("a", "c", needs=["a", "c"])]}
    assert plain_schema(choice) == {**_object("a", "b", "c", needs=["a"])}
    both = {"type": "object", "allOf": [_object("a", needs=["a"]), _object("b", needs=["b"])]}
    assert plain_schema(both)["required"] == ["a", "b"]
    either = {**_object("a", "b", needs=[]), "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    assert plain_schema(either) == _object("a", "b", needs=[])
    assert plain_schema({}) == EMPTY


def _object(*names: str, needs: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": needs}


@pytest.mark.parametrize("form", ["anthropic", "gemini"])
@pytest.mark.parametrize("before", [[], [HI, Message("assistant", "hello")]])
def test_a_model_is_asked_something_also_when_the_person_says_nothing(form: str, before: list[Message]) -> None:
    sent = body_in(form, *before, Message("user", ""))
    told = sent.get("messages") or sent["contents"]
    assert told[-1]["role"] == "user"
    assert all_of(told[-1], "text") == ["(no text)"]


async def test_a_short_answer_leaves_room_for_the_thought_before_it() -> None:
    ref = ModelRef.anthropic("claude-sonnet-4-5", extensions={"thinking": {"type": "enabled", "budget_tokens": 2000}})
    async with WireServer(wire_anthropic.text("hello")) as server:
        asked = ModelRef.anthropic(ref.name, api_base=server.url, extensions=ref.extensions)
        assert await ask_for_a_word(asked, {"ANTHROPIC_API_KEY": "k"}) == "hello"
    assert server.requests[0].json["max_tokens"] == 2016


NO_PICTURES = [
    (400, "Invalid content type. image_url is only supported by certain models."),
    (400, "messages[1]: unknown variant `image_url`, expected `text`"),
    (500, "image input is not supported - hint: you may need to provide the mmproj"),
    (400, "this model is missing data required for image input"),
    (404, "No endpoints found that support image input"),
]


@pytest.mark.parametrize(("status", "message"), NO_PICTURES)
async def test_a_picture_that_a_model_can_t_see_is_named_to_it(
    status: int, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = Reply.of_json(status, {"error": {"message": message, "type": "invalid_request_error"}})
    sendings: list[Sending] = []
    messages = (Message("user", [TextBlock(text="see"), PNG]),)
    with caplog.at_level(logging.WARNING):
        async with WireServer(refusal, wire_openai.text("ok")) as server:
            ref = ModelRef.openai("blind", api_base=server.url)
            assert (await ask(ref, *messages, sending=sendings.append)).message.text == "ok"
    first, second = server.requests
    assert "image_url" in first.body.decode()
    assert "can't see" in second.body.decode()
    assert "takes no pictures" in caplog.text
    made = [rebuilt_body(each.form, each.fields, "", messages, ()) for each in sendings]
    assert made == [first.body, second.body], "the Trace tab shows what was sent"


@pytest.mark.parametrize(
    "message",
    [
        "Unsupported MIME type: image/gif",
        "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png'].",
        "messages.0.content.1.image.source.base64.media_type: Input should be 'image/jpeg' or 'image/png'",
    ],
)
async def test_a_picture_in_a_format_that_a_model_does_not_take_hides_no_other(message: str) -> None:
    refusal = Reply.of_json(400, {"error": {"message": message, "type": "invalid_request_error"}})
    gif = ImageBlock(source={"type": "base64", "media_type": "image/gif", "data": "R0lG"})
    sendings: list[Sending] = []
    messages = (Message("user", [TextBlock(text="see"), PNG, gif]),)
    async with WireServer(refusal, wire_openai.text("ok")) as server:
        ref = ModelRef.openai("m", api_base=server.url)
        assert (await ask(ref, *messages, sending=sendings.append)).message.text == "ok"
    first, second = server.requests
    assert "R0lG" in first.body.decode()
    assert "aGk=" in second.body.decode()
    assert "R0lG" not in second.body.decode()
    assert "a format that this model can't see" in second.body.decode()
    assert rebuilt_body(sendings[1].form, sendings[1].fields, "", messages, ()) == second.body


async def test_a_picture_that_is_too_large_is_no_lack_of_the_model() -> None:
    refusal = Reply.of_json(400, {"error": {"message": "image exceeds 5 MB maximum", "type": "invalid_request_error"}})
    async with WireServer(refusal, wire_openai.text("ok")) as server:
        with pytest.raises(Exception, match="exceeds 5 MB"):
            await ask(ModelRef.openai("m", api_base=server.url), Message("user", [PNG]))
        assert len(server.requests) == 1


async def test_a_sampling_field_of_one_s_own_that_is_refused_is_dropped_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    refusal = Reply.of_json(400, {"error": {"message": said, "type": "invalid_request_error"}})
    alone = Reply.of_json(400, {"error": {"message": "top_p is not supported with this model", "type": "x"}})
    with caplog.at_level(logging.WARNING):
        async with WireServer(refusal, alone, wire_openai.text("ok")) as server:
            ref = ModelRef.openai("picky", api_base=server.url, extensions={"body": {"top_p": 0.5}})
            await ask(ref, HI, temperature=0.2)
    assert [{"temperature", "top_p"} & set(request.json) for request in server.requests] == [
        {"temperature", "top_p"},
        {"top_p"},
        set(),
    ]
    assert "takes no temperature" in caplog.text
    assert "takes no top_p" in caplog.text


def _many(results: int) -> list[Message]:
    calls = [ToolCall(f"c{number}", "look") for number in range(results)]
    told = [Message("tool", "seen", [], call.id, "look") for call in calls]
    return [HI, Message("assistant", "first"), Message("user", "more"), Message("assistant", "", calls), *told]


@pytest.mark.parametrize(("results", "marked"), [(2, ["c1"]), (12, ["more", "c11"])])
def test_what_is_cached_is_found_again_after_an_answer_with_many_calls(results: int, marked: list[str]) -> None:
    sent = json.loads(anthropic_messages.body({"model": "m"}, "Be brief.", _many(results), b""))
    assert [
        block.get("text") or block.get("tool_use_id")
        for message in sent["messages"]
        for block in message["content"]
        if "cache_control" in block
    ] == marked
    assert sent["messages"][2]["content"][0]["type"] == "text"


def test_marks_are_right_also_after_a_history_was_cut() -> None:
    history = _many(12)
    anthropic_messages.body({"model": "m"}, "", history, b"")
    shorter = [history[0], *history[3:]]
    sent = json.loads(anthropic_messages.body({"model": "m"}, "", shorter, b""))
    assert sent == json.loads(anthropic_messages.body({"model": "m"}, "", _fresh(shorter), b""))


def _fresh(messages: list[Message]) -> list[Message]:
    return [
        Message(each.role, each.content, each.tool_calls, each.tool_call_id, each.name, each.is_error)
        for each in messages
    ]


def gemini_ref(url: str) -> ModelRef:
    return ModelRef.gemini("gemini-2.5-flash", api_base=url, api_key_env="")


def openai_ref(url: str) -> ModelRef:
    return ModelRef.openai("m", api_base=url)


def two_chat_answers() -> Reply:
    def chunk(index: int, text: str, finish: str | None = None) -> bytes:
        return wire_openai.event({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": finish}]})

    return Reply(chunks=[chunk(1, "other"), chunk(0, "mine"), chunk(1, "!", "stop"), chunk(0, ".", "stop")])


def two_gemini_answers() -> Reply:
    def chunk(index: int, text: str) -> bytes:
        content = {"role": "model", "parts": [{"text": text}]}
        return wire_gemini.event({"candidates": [{"content": content, "index": index, "finishReason": "STOP"}]})

    return wire_gemini.raw(chunk(1, "other"), chunk(0, "mine."))


@pytest.mark.parametrize(
    ("ref", "reply"), [(openai_ref, two_chat_answers()), (gemini_ref, two_gemini_answers())], ids=["chat", "gemini"]
)
async def test_of_several_answers_the_first_is_read_alone(ref: Callable[[str], ModelRef], reply: Reply) -> None:
    async with WireServer(reply) as server:
        assert (await ask(ref(server.url), HI)).message.text == "mine."


async def test_an_answer_that_is_only_said_to_be_done_is_whole() -> None:
    pieces = [wire_openai.delta(content="hello"), *wire_openai.call_pieces(0, "c", "look", "{}")]
    async with WireServer(Reply(chunks=[*pieces, wire_openai.DONE])) as server:
        completion = await ask(ModelRef.openai("m", api_base=server.url), HI)
    assert completion.message.text == "hello"
    assert [call.name for call in completion.message.tool_calls] == ["look"]


async def test_the_limit_has_its_new_name_where_a_server_wants_that() -> None:
    said = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    refusal = Reply.of_json(400, {"error": {"message": said, "type": "invalid_request_error"}})
    async with WireServer(refusal, wire_openai.text("ok")) as server:
        await ask(ModelRef.openai("m", api_base=server.url), HI, max_output_tokens=100)
    first, second = (request.json for request in server.requests)
    assert first["max_tokens"] == 100
    assert "max_tokens" not in second
    assert second["max_completion_tokens"] == 100


SIGNATURES = [
    "messages.1.content.0: Invalid `signature` in `thinking` block",
    "messages.1.content.0.thinking.signature: Field required",
]


@pytest.mark.parametrize("message", SIGNATURES)
async def test_reasoning_that_another_server_signed_is_left_out_once_it_is_refused(message: str) -> None:
    raw = {"type": "thinking", "thinking": "hm"}
    said = Message("assistant", [ThinkingBlock(text="hm", provider="anthropic", raw=raw), TextBlock(text="hello")])
    refusal = Reply.of_json(400, {"type": "error", "error": {"type": "invalid_request_error", "message": message}})
    sendings: list[Sending] = []
    async with WireServer(refusal, wire_anthropic.text("ok")) as server:
        ref = ModelRef.anthropic("claude-sonnet-5-5", api_base=server.url)
        assert (await ask(ref, HI, said, HI, sending=sendings.append)).message.text == "ok"
    first, second = server.requests
    assert [[block["type"] for block in request.messages[1]["content"]] for request in (first, second)] == [
        ["thinking", "text"],
        ["text"],
    ]
    made = [rebuilt_body(each.form, each.fields, "", (HI, said, HI), ()) for each in sendings]
    assert made == [first.body, second.body]


TOO_MUCH = [
    "max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for claude-3-5-sonnet-20241022",
    "max_tokens is too large: 100000. This model supports at most 8192 completion tokens, whereas you provided 100000.",
    "<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]",
    "Invalid 'max_tokens': integer above maximum value. Expected a value <= 8192, but got 100000 instead.",
    "Invalid 'max_output_tokens': integer above maximum value. Expected a value <= 8192, but got 100000 instead.",
    "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the window",
]


@pytest.mark.parametrize("message", TOO_MUCH)
async def test_no_more_is_asked_for_than_a_model_gives(message: str) -> None:
    refusal = Reply.of_json(400, {"error": {"message": message, "type": "invalid_request_error"}})
    async with WireServer(refusal, wire_openai.text("ok")) as server:
        await ask(ModelRef.openai("m", api_base=server.url), HI, max_output_tokens=100_000)
    assert [request.json["max_tokens"] for request in server.requests] == [100_000, 8192]
