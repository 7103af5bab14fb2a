"""From a model reference to a provider: keys, addresses, and sentences about what is missing."""

import pytest

from loom.config.model import ModelRef
from loom.errors import ProviderUnavailableError
from loom.providers.openai import OpenAIProvider
from loom.providers.qwen import QwenProvider
from loom.providers.resolve import find_key, resolve_provider
from loom.providers.scripted import ScriptedProvider


def test_a_missing_key_is_told_by_the_name_of_its_variable() -> None:
    with pytest.raises(ProviderUnavailableError, match=r"openai:gpt-6 needs a key: set .* OPENAI_API_KEY"):
        resolve_provider(ModelRef.openai("gpt-6"), {})


def test_every_variable_that_would_do_is_named() -> None:
    with pytest.raises(ProviderUnavailableError, match="GEMINI_API_KEY or GOOGLE_API_KEY"):
        find_key(ModelRef.gemini("g"), {})


def test_an_empty_variable_is_no_key() -> None:
    with pytest.raises(ProviderUnavailableError, match="DASHSCOPE_API_KEY"):
        resolve_provider(ModelRef.qwen("qwen-plus"), {"DASHSCOPE_API_KEY": "  "})


@pytest.mark.parametrize("key", ["sk-secret\nX: 1", "sk\rsecret", "sk-secret\0", "sk-secret-密钥", "sk-secret\u200b"])
@pytest.mark.parametrize("provider", ["anthropic", "openai", "gemini", "qwen", "ollama"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(provider: str, key: str) -> None:
    with pytest.raises(ProviderUnavailableError, match="The key in MINE has characters") as caught:
        resolve_provider(ModelRef(provider, "m", "http://127.0.0.1:1", None, "MINE"), {"MINE": key})
    assert "secret" not in str(caught.value)
    assert not caught.value.retryable


def test_the_variable_that_the_model_names_is_the_only_one_read() -> None:
    ref = ModelRef.openai("m", api_key_env="MINE")
    with pytest.raises(ProviderUnavailableError, match="MINE"):
        resolve_provider(ref, {"OPENAI_API_KEY": "k"})
    assert find_key(ref, {"OPENAI_API_KEY": "k", "MINE": "mine"}) == ("mine", "MINE")


def test_the_first_variable_that_is_set_is_taken() -> None:
    assert find_key(ModelRef.gemini("g"), {"GOOGLE_API_KEY": "b"}) == ("b", "GOOGLE_API_KEY")
    assert find_key(ModelRef.gemini("g"), {"GOOGLE_API_KEY": "b", "GEMINI_API_KEY": "a"}) == ("a", "GEMINI_API_KEY")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/v1", "http://localhost:1234/v1", "http://gpu-box:8000/v1"])
def test_a_server_of_ones_own_needs_no_key(address: str) -> None:
    assert isinstance(resolve_provider(ModelRef.openai("m", api_base=address), {}), OpenAIProvider)
    assert isinstance(resolve_provider(ModelRef.openai("m"), {"OPENAI_BASE_URL": address}), OpenAIProvider)


def test_openais_own_address_needs_a_key_however_it_is_given() -> None:
    with pytest.raises(ProviderUnavailableError, match="OPENAI_API_KEY"):
        resolve_provider(ModelRef.openai("m", api_base="https://api.openai.com/v1"), {})


def test_a_provider_that_nobody_knows_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ProviderUnavailableError, match=r"no provider 'acme'.*anthropic, openai"):
        resolve_provider(ModelRef("acme", "m"), {})


def test_each_name_gives_its_provider() -> None:
    assert isinstance(resolve_provider(ModelRef.qwen("qwen-plus"), {"DASHSCOPE_API_KEY": "k"}), QwenProvider)
    assert isinstance(resolve_provider(ModelRef.scripted(["hi"]), {}), ScriptedProvider)
