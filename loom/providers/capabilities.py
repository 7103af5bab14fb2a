"""What is known about models: window, output limit, abilities; defaults for names that are not known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from loom.config.model import ModelRef


@dataclass(frozen=True, slots=True)
class ModelCapabilities:
    """What one model can do.

    `window_tokens` bounds request and answer together, `max_output_tokens` the answer. `sampling` says whether it takes
    a temperature. `known` is False for the defaults of a name that is not in the table. `server_edit` and
    `server_compact` say what its provider can do with a context that fills: clear old results of tools, sum up what is
    old.
    """

    window_tokens: int = 128_000
    max_output_tokens: int = 8_192
    tools: bool = True
    images: bool = True
    thinking: bool = False
    sampling: bool = True
    known: bool = True
    server_edit: bool = False
    server_compact: bool = False


UNKNOWN = ModelCapabilities(known=False)
"""For names that the table does not have: a window of 128,000 tokens, 8,192 out, tools and pictures."""

_CLAUDE = ModelCapabilities(200_000, 32_000, thinking=True, sampling=False, server_edit=True, server_compact=True)
_CLAUDE_4 = replace(_CLAUDE, server_compact=False)
_CLAUDE_OLD = ModelCapabilities(200_000, 8_192, thinking=False)
_GPT = ModelCapabilities(400_000, 128_000, thinking=True, sampling=False)
_GEMINI = ModelCapabilities(1_048_576, 65_536, thinking=True)
_QWEN = ModelCapabilities(131_072, 8_192, images=False, thinking=True)
# An Ollama model's window is memory of one's own machine, taken whatever the model could do; `num_ctx` changes it.
_OLLAMA = ModelCapabilities(16_384, 8_192, images=False)


# By the beginning of the name; the longest that fits counts.
_TABLE: dict[str, dict[str, ModelCapabilities]] = {
    "anthropic": {
        "claude-": _CLAUDE,
        "claude-3-": _CLAUDE_OLD,
        "claude-3-haiku": replace(_CLAUDE_OLD, max_output_tokens=4_096),
        "claude-3-5-": _CLAUDE_OLD,
        "claude-3-7-": replace(_CLAUDE_OLD, max_output_tokens=64_000, thinking=True),
        "claude-sonnet-4": replace(_CLAUDE_4, max_output_tokens=64_000),
        "claude-opus-4": _CLAUDE_4,
        "claude-opus-4-5": replace(_CLAUDE_4, max_output_tokens=64_000),
        "claude-haiku-4-5": replace(_CLAUDE_4, max_output_tokens=64_000),
    },
    "openai": {
        "gpt-5": _GPT,
        "gpt-6": _GPT,
        "o1": replace(_GPT, window_tokens=200_000, max_output_tokens=100_000),
        "o3": replace(_GPT, window_tokens=200_000, max_output_tokens=100_000),
        "o4": replace(_GPT, window_tokens=200_000, max_output_tokens=100_000),
        "gpt-3.5": ModelCapabilities(16_385, 4_096, images=False),
        "gpt-4": ModelCapabilities(8_192, 4_096, images=False),
        "gpt-4-turbo": ModelCapabilities(128_000, 4_096),
        "gpt-4.1": ModelCapabilities(1_047_576, 32_768),
        "gpt-4o": ModelCapabilities(128_000, 16_384),
        "gpt-4o-mini": ModelCapabilities(128_000, 16_384),
    },
    "gemini": {
        "gemini-": _GEMINI,
        "gemini-1.5": replace(_GEMINI, max_output_tokens=8_192, thinking=False),
        "gemini-2.0": replace(_GEMINI, max_output_tokens=8_192, thinking=False),
        "gemma": ModelCapabilities(32_768, 8_192, tools=False),
    },
    "qwen": {"qwen": _QWEN, "qwen-vl": replace(_QWEN, images=True), "qwen3-vl": replace(_QWEN, images=True)},
    "ollama": {
        "": replace(_OLLAMA, images=True, known=False),
        "command-r": _OLLAMA,
        "deepseek-r1": replace(_OLLAMA, thinking=True),
        "devstral": _OLLAMA,
        "gemma3": replace(_OLLAMA, images=True, tools=False),
        "gpt-oss": replace(_OLLAMA, thinking=True),
        "llama3": replace(_OLLAMA, window_tokens=8_192, tools=False),
        "llama3.1": _OLLAMA,
        "llama3.2": _OLLAMA,
        "llama3.2-vision": replace(_OLLAMA, images=True, tools=False),
        "llama3.3": _OLLAMA,
        "llama4": replace(_OLLAMA, images=True),
        "llava": replace(_OLLAMA, window_tokens=4_096, images=True, tools=False),
        "mistral": _OLLAMA,
        "mistral-small3": replace(_OLLAMA, images=True),
        "phi4": replace(_OLLAMA, tools=False),
        "phi4-mini": _OLLAMA,
        "qwen2.5": _OLLAMA,
        "qwen2.5vl": replace(_OLLAMA, images=True, tools=False),
        "qwen3": replace(_OLLAMA, thinking=True),
        "qwen3-coder": _OLLAMA,
        "qwen3-vl": replace(_OLLAMA, images=True, thinking=True),
        "smollm2": replace(_OLLAMA, window_tokens=8_192, max_output_tokens=2_048),
    },
    "local": {
        "": ModelCapabilities(4_096, 1_024, images=False, known=False),
        "smollm2": ModelCapabilities(8_192, 2_048, images=False),
    },
    "scripted": {"": ModelCapabilities(200_000, 32_000, images=False, thinking=True)},
}

KNOWN_MODELS: dict[str, tuple[str, ...]] = {
    "anthropic": ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-4-8", "claude-haiku-4-5"),
    "openai": ("gpt-6.2-sol", "gpt-6-luna", "gpt-5.5", "gpt-5.4-mini"),
    "gemini": ("gemini-3.8-flash", "gemini-3.1-pro-preview", "gemini-2.5-flash"),
    "qwen": ("qwen-max", "qwen-plus", "qwen-turbo"),
    "ollama": ("qwen3", "gpt-oss", "llama3.2", "mistral-small3.2"),
    "local": ("smollm2-135m",),
}
"""Names worth offering in a list; every other name works as well."""


def capabilities_of(ref: ModelRef) -> ModelCapabilities:
    """What is known about a model, or said of it in `ref.extensions`.

    `window_tokens`, or Ollama's `num_ctx`, is its window. What is no such value is passed over.
    """
    found = _by_name(ref.provider, ref.name)
    window = ref.extensions.get("window_tokens", ref.extensions.get("num_ctx"))
    if isinstance(window, int) and window > 0:
        found = replace(found, window_tokens=window)
    return found


@lru_cache(maxsize=256)
def _by_name(provider: str, name: str) -> ModelCapabilities:
    table = _TABLE.get(provider, {})
    bare = name.lower().removeprefix("models/").rpartition("/")[2]
    fitting = [prefix for prefix in table if bare.startswith(prefix)]
    return table[max(fitting, key=len)] if fitting else UNKNOWN
