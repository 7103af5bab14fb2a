"""The table of models: longest name first, documented defaults."""

import pytest

from loom.config.model import ModelRef
from loom.providers.capabilities import KNOWN_MODELS, UNKNOWN, capabilities_of
from loom.providers.resolve import PROVIDERS


@pytest.mark.parametrize("provider", PROVIDERS)
def test_any_name_is_accepted(provider: str) -> None:
    found = capabilities_of(ModelRef(provider, "a-model-of-tomorrow"))
    assert found.window_tokens > found.max_output_tokens > 0


def test_an_unknown_name_gets_the_documented_defaults() -> None:
    assert capabilities_of(ModelRef.openai("a-model-of-tomorrow")) is UNKNOWN
    assert (UNKNOWN.known, UNKNOWN.window_tokens, UNKNOWN.max_output_tokens) == (False, 128_000, 8_192)


@pytest.mark.parametrize(("provider", "names"), KNOWN_MODELS.items())
def test_every_name_that_is_offered_is_in_the_table(provider: str, names: tuple[str, ...]) -> None:
    assert all(capabilities_of(ModelRef(provider, name)).known for name in names)


def test_the_longest_beginning_counts() -> None:
    haiku, sonnet = (capabilities_of(ModelRef.anthropic(f"claude-{n}")) for n in ("3-haiku-20240307", "3-5-sonnet"))
    assert (haiku.max_output_tokens, sonnet.max_output_tokens) == (4_096, 8_192)
    assert [capabilities_of(ModelRef.openai(n)).window_tokens for n in ("gpt-4", "gpt-4o")] == [8_192, 128_000]


@pytest.mark.parametrize("name", ["claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-4-5", "claude-opus-4-8"])
def test_new_claude_models_take_no_temperature(name: str) -> None:
    found = capabilities_of(ModelRef.anthropic(name))
    assert (found.sampling, found.thinking, found.tools, found.images) == (False, True, True, True)


def test_a_path_and_case_in_a_name_do_not_matter() -> None:
    plain = capabilities_of(ModelRef.gemini("gemini-2.5-flash"))
    assert capabilities_of(ModelRef.gemini("models/Gemini-2.5-Flash")) == plain


def test_the_window_can_be_told() -> None:
    assert capabilities_of(ModelRef.openai("m", extensions={"window_tokens": 9_000})).window_tokens == 9_000
    assert capabilities_of(ModelRef.ollama("qwen3", extensions={"num_ctx": 9_000})).window_tokens == 9_000
    assert capabilities_of(ModelRef.ollama("qwen3", extensions={"num_ctx": "many"})).window_tokens == 16_384


def test_an_ollama_model_takes_only_so_much_memory_unless_told() -> None:
    assert capabilities_of(ModelRef.ollama("a-model-of-tomorrow:70b")).window_tokens == 16_384
