"""Another model of an agent's own provider, and how hard it thinks: what a skill may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loom.config.model import ModelRef
from loom.providers.capabilities import KNOWN_MODELS, capabilities_of
from loom.providers.resolve import PROVIDERS, address_of

EFFORTS = ("low", "medium", "high", "xhigh", "max")
"""The words for an effort from 1 to 5."""
EFFORT_TOKENS = (1000, 2000, 4000, 8000, 16_000)
"""What an effort from 1 to 5 may think, where it is told in tokens."""
SAME = ("", "inherit")
"""What a skill or an agent writes that wants the model that there is."""
_OF_ONE_MODEL = ("price", "window_tokens")


def sibling(own: ModelRef, wanted: str) -> ModelRef | None:
    """The model that `wanted` names: of the provider of `own`, at its address and with its key; None if not known.

    It is a name, PROVIDER:NAME, or for Claude the name of a family such as `haiku`, which is its newest model.
    """
    if wanted in SAME:
        return own
    provider, colon, rest = wanted.partition(":")
    name = rest if colon and provider == own.provider else wanted
    if colon and provider in PROVIDERS and provider != own.provider:
        return None
    family = f"claude-{name}-"
    name = next((each for each in KNOWN_MODELS.get(own.provider, ()) if each.startswith(family)), name)
    if name == own.name:
        return own
    kept = {key: value for key, value in own.extensions.items() if key not in _OF_ONE_MODEL}
    made = replace(own, name=name, extensions=kept)
    return made if capabilities_of(made).known else None


def with_effort(ref: ModelRef, effort: int, environment: Mapping[str, str] | None = None) -> ModelRef | None:
    """The model told to think so hard, from 1 to 5; None if it can't be told. What has three levels gets the third."""
    word = EFFORTS[effort - 1]
    told = _told(ref, word, EFFORTS[min(effort, 3) - 1], EFFORT_TOKENS[effort - 1], environment)
    return replace(ref, extensions={**ref.extensions, **told}) if told else None


def _told(
    ref: ModelRef, word: str, of_three: str, tokens: int, environment: Mapping[str, str] | None
) -> dict[str, Any]:
    """The extensions that say it to a provider; none where it has no word for it."""
    if not capabilities_of(ref).thinking:
        return {}
    match ref.provider:
        case "anthropic" | "scripted":
            return {"effort": word}
        case "openai" if _speaks_responses(ref, environment):
            return _body(ref, reasoning={"effort": of_three})
        case "openai":
            return _body(ref, reasoning_effort=of_three)
        case "qwen":
            return _body(ref, enable_thinking=True, thinking_budget=tokens)
        case "gemini":
            in_tokens = "gemini-2.5" in ref.name
            level = {"thinkingBudget": tokens} if in_tokens else {"thinkingLevel": of_three}
            return {"thinking": {**ref.extensions.get("thinking", {}), **level}}
        case "ollama" if "gpt-oss" in ref.name:
            return {"think": of_three}
        case _:
            return {}


def _speaks_responses(ref: ModelRef, environment: Mapping[str, str] | None) -> bool:
    address = address_of(ref, environment)
    is_own = address is None or "://api.openai.com" in address
    return ref.extensions.get("api", "responses" if is_own else "chat") == "responses"


def _body(ref: ModelRef, **fields: Any) -> dict[str, Any]:
    return {"body": {**ref.extensions.get("body", {}), **fields}}
