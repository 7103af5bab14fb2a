"""A provider that plays a script: for tests, for the tour, for measuring the loop without a network.

A turn is a str (an answer), or a dict with any of

    text, thinking       what streams, word by word
    tool_calls           a list of {name, arguments} (and id); or `tool` and `arguments` for one call.
                         `arguments` is an object, or a str for text that the model got wrong
    stop_reason          a StopReason value; by default tool_use with calls, end_turn without
    usage                {input_tokens, output_tokens, …}
    delay_s              seconds before the turn begins;  `pace_s` seconds between words
    error                a sentence: the turn fails with ProviderUnavailableError (`retryable` true or false)

or, in code, a ProviderError to raise, or a function from the CompletionRequest to a turn.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from loom.config.model import ModelRef
from loom.errors import ConfigError, LoomError, ProviderUnavailableError
from loom.providers.base import (
    Completion,
    CompletionRequest,
    StopReason,
    StreamPart,
    TextDelta,
    ThinkingDelta,
)
from loom.types.content import TextBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall
from loom.types.runs import Usage
from loom.types.strict_json import parse_object

_TOOL_USE, _END_TURN = StopReason.TOOL_USE, StopReason.END_TURN
_WORD = re.compile(r"\S+\s*|\s+")
_KINDS: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "thinking": str,
    "tool_calls": list,
    "tool": str,
    "arguments": object,
    "stop_reason": str,
    "usage": dict,
    "delay_s": (int, float),
    "pace_s": (int, float),
    "error": str,
    "retryable": bool,
}


class ScriptedProvider:
    """Plays `ref.extensions["turns"]` in order, one turn a request, over all sessions of the agent.

    After the last turn it fails with ProviderUnavailableError; with `extensions["loop"]` true it begins again, and
    `extensions["afterwards"]` is a turn that is played from then on.
    """

    name = "scripted"

    def __init__(self, ref: ModelRef) -> None:
        self._turns: list[Any] = list(ref.extensions.get("turns", []))
        self._loop = bool(ref.extensions.get("loop", False))
        self._afterwards: Any = ref.extensions.get("afterwards")
        self._next = 0

    async def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        """Play the next turn. Raises ConfigError for one that can't be played."""
        number = self._next
        turn = self._take(request)
        completion = _completion(turn, number, request.model)
        if turn.get("delay_s"):
            await asyncio.sleep(turn["delay_s"])
        pace_s = turn.get("pace_s", 0.0)
        if "text" in turn or "thinking" in turn:
            for part in _spoken(turn):
                yield part
                if pace_s:
                    await asyncio.sleep(pace_s)
        if "error" in turn:
            raise ProviderUnavailableError(turn["error"], provider=self.name, retryable=turn.get("retryable", False))
        yield completion

    async def aclose(self) -> None:
        """Nothing to release."""

    def _take(self, request: CompletionRequest) -> dict[str, Any]:
        if self._next >= len(self._turns) and self._loop and self._turns:
            self._next = 0
        if self._next < len(self._turns):
            turn = self._turns[self._next]
        elif self._afterwards is not None:
            turn = self._afterwards
        else:
            raise ProviderUnavailableError(
                f"The script has {len(self._turns)} turns and all of them were played", provider=self.name
            )
        self._next += 1
        if isinstance(turn, LoomError):
            raise turn
        if callable(turn):
            turn = cast("Callable[[CompletionRequest], str | dict[str, Any]]", turn)(request)
        return {"text": turn} if isinstance(turn, str) else _checked(turn, self._next)


def _checked(turn: Any, number: int) -> dict[str, Any]:
    """The turn, which is number `number` from 1. Raises ConfigError if it is none."""
    if not isinstance(turn, dict):
        raise _unplayable(number, f"it must be a text or a table, not {type(turn).__name__}")
    fields = cast("dict[str, Any]", turn)
    for name, value in fields.items():
        kind = _KINDS.get(name)
        if kind is None:
            raise _unplayable(number, f"{name!r} is not one of {', '.join(_KINDS)}")
        if not isinstance(value, kind):
            raise _unplayable(number, f"{name} can't be {value!r}")
    return fields


def _completion(turn: dict[str, Any], number: int, model: str) -> Completion:
    """What the turn ends with. Raises ConfigError for calls, usage or a stop reason that can't be."""
    try:
        calls = _calls(turn, number)
        return Completion(_message(turn, calls), _stop_reason(turn, calls), _usage(turn), model, f"turn_{number}")
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise _unplayable(number + 1, str(error)) from error


def _unplayable(number: int, why: str) -> ConfigError:
    return ConfigError(f"Turn {number} of the script can't be played: {why}")


def _spoken(turn: dict[str, Any]) -> list[StreamPart]:
    thinking: str = turn.get("thinking", "")
    text: str = turn.get("text", "")
    thoughts = map(ThinkingDelta, _WORD.findall(thinking)) if thinking else ()
    words = map(TextDelta, _WORD.findall(text)) if text else ()
    return [*thoughts, *words]


def _calls(turn: dict[str, Any], number: int) -> list[ToolCall]:
    calls: list[ToolCall] = []
    if "tool_calls" in turn:
        listed: list[dict[str, Any]] = turn["tool_calls"]
        calls = [
            _call(item.get("id", f"call_{number}_{index}"), item["name"], item.get("arguments", {}))
            for index, item in enumerate(listed)
        ]
    if "tool" in turn:
        calls.append(_call(f"call_{number}_{len(calls)}", turn["tool"], turn.get("arguments", {})))
    return calls


def _call(call_id: str, name: str, arguments: Any) -> ToolCall:
    if isinstance(arguments, dict):
        return ToolCall(call_id, name, cast("dict[str, Any]", arguments))
    try:
        return ToolCall(call_id, name, parse_object(str(arguments)))
    except ValueError:
        return ToolCall(call_id, name, {}, str(arguments)[:2000])


def _message(turn: dict[str, Any], calls: list[ToolCall]) -> Message:
    text = turn.get("text", "")
    if "thinking" not in turn:
        return Message("assistant", text, calls)
    thought = ThinkingBlock(text=turn["thinking"], provider="scripted", raw={})
    return Message("assistant", [thought, TextBlock(text=text)] if text else [thought], calls)


def _stop_reason(turn: dict[str, Any], calls: list[ToolCall]) -> StopReason:
    if "stop_reason" in turn:
        return StopReason(turn["stop_reason"])
    return _TOOL_USE if calls else _END_TURN


def _usage(turn: dict[str, Any]) -> Usage | None:
    return Usage(**turn["usage"]) if "usage" in turn else None
