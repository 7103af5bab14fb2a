"""What is kept of a conversation's joined bytes never shows in a request."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.providers.wire import anthropic_messages, gemini_content, ollama_chat, openai_chat, openai_responses
from loom.types.content import ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import WORKING_CONTEXT, Message, ToolCall

Body = Callable[[dict[str, Any], str, Sequence[Message], bytes], bytes]

BODIES: dict[str, Body] = {
    "openai_chat": openai_chat.body,
    "openai_responses": openai_responses.body,
    "anthropic": anthropic_messages.body,
    "gemini": gemini_content.body,
    "ollama": ollama_chat.body,
}
PICTURE = ImageBlock(source={"type": "base64", "media_type": "image/png", "data": "aGk="})


def said(kind: str) -> Message:
    """A new message of each kind that formats treat differently."""
    match kind:
        case "user":
            return Message("user", "hi")
        case "picture":
            return Message("user", [TextBlock(text="see"), PICTURE])
        case "answer":
            return Message("assistant", "yes")
        case "silent":
            return Message("assistant", [ThinkingBlock(text="hm", provider="another", raw={"a": 1})])
        case "call":
            return Message("assistant", "", [ToolCall("c1", "look", {"n": 1})])
        case "result":
            return Message("tool", "seen", [], "c1", "look")
        case "shown":
            return Message("tool", [TextBlock(text="seen"), PICTURE], [], "c1", "look")
        case _:
            return Message("user", "  ")


KINDS = st.sampled_from(["user", "picture", "answer", "silent", "call", "result", "shown", "blank"])


@pytest.mark.parametrize("name", BODIES)
@given(kinds=st.lists(KINDS, max_size=12), steps=st.lists(st.integers(1, 4), max_size=6))
def test_a_growing_conversation_is_sent_as_if_it_were_new(name: str, kinds: list[str], steps: list[int]) -> None:
    body, history, length = BODIES[name], [said(kind) for kind in kinds], 0
    for step in [*steps, len(kinds)]:
        length = min(length + step, len(kinds))
        fresh = [said(kind) for kind in kinds[:length]]
        assert body({"model": "m"}, "", history[:length], b"") == body({"model": "m"}, "", fresh, b"")


@pytest.mark.parametrize("name", BODIES)
def test_a_conversation_that_was_changed_or_branched_is_sent_as_it_is_now(name: str) -> None:
    body, kinds = BODIES[name], ["user", "call", "result", "call", "result", "answer", "user"]
    history = [said(kind) for kind in kinds]
    body({"model": "m"}, "", history, b"")
    for other in (history[:3], [*history[:2], said("shown"), *history[3:]], [history[0], *history[5:]], history):
        sent = body({"model": "m"}, "", other, b"")
        fresh = [Message(m.role, m.content, m.tool_calls, m.tool_call_id, m.name) for m in other]
        assert sent == body({"model": "m"}, "", fresh, b"")
        assert json.loads(sent)


def test_anthropics_cache_mark_stands_before_the_working_context() -> None:
    said = (Message("user", "go"), Message("assistant", "I look."), Message("user", "and?"))
    working = Message("user", "<working_context>\nPlan\n</working_context>", name=WORKING_CONTEXT)
    sent = json.loads(anthropic_messages.body({"model": "m"}, "Be brief.", (*said, working), b""))
    *_, marked, last = sent["messages"][-1]["content"]
    assert (marked["text"], "cache_control" in marked) == ("and?", True)
    assert (last["text"], "cache_control" in last) == (working.text, False)
    after_answer = json.loads(anthropic_messages.body({"model": "m"}, "", (*said[:2], working), b""))
    assert [turn["role"] for turn in after_answer["messages"]] == ["user", "assistant", "user"]
