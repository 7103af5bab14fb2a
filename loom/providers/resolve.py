"""From a model reference to its provider: which module, which key, which address."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from loom.config.model import ModelRef
from loom.entry_points import load, names_in
from loom.errors import ConfigError, LoomError, ProviderUnavailableError
from loom.providers.base import Provider
from loom.providers.keys import ADDRESS_VARIABLES, KEY_VARIABLES, is_own, key_in
from loom.threads import in_thread

GROUP = "loom.providers"
"""The entry point under which packages bring further ones: a callable of a ModelRef and an environment."""

_CLASSES = {
    "anthropic": ("loom.providers.anthropic", "AnthropicProvider"),
    "openai": ("loom.providers.openai", "OpenAIProvider"),
    "gemini": ("loom.providers.gemini", "GeminiProvider"),
    "qwen": ("loom.providers.qwen", "QwenProvider"),
    "ollama": ("loom.providers.ollama", "OllamaProvider"),
    "local": ("loom.providers.local", "LocalProvider"),
    "scripted": ("loom.providers.scripted", "ScriptedProvider"),
}

PROVIDERS = tuple(_CLASSES)
"""The names that a ModelRef's `provider` may have."""


def parse_model(text: str) -> ModelRef:
    """The model that `provider:name` names. Raises ConfigError."""
    provider, colon, name = text.partition(":")
    if not colon or not name or (provider not in PROVIDERS and provider not in names_in(GROUP)):
        known = ", ".join([*PROVIDERS, *names_in(GROUP)])
        raise ConfigError(f"{text!r} is no model; give PROVIDER:NAME, with a provider of {known}")
    return ModelRef(provider, name)


async def load_provider(ref: ModelRef) -> None:
    """Import what a model's provider is made of, in a thread: on the loop all would stand still meanwhile."""
    module = _CLASSES.get(ref.provider, ("", ""))[0]
    if module and module not in sys.modules:
        await in_thread(importlib.import_module, module)


def resolve_provider(ref: ModelRef, environment: Mapping[str, str] | None = None) -> Provider:
    """The provider of a model.

    Raises ProviderUnavailableError, saying what to set, when the provider is not known or its key is missing.
    """
    env = os.environ if environment is None else environment
    if ref.provider not in _CLASSES:
        return _brought(ref, env)
    module, name = _CLASSES[ref.provider]
    try:
        make: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise ProviderUnavailableError(
            f"{ref.provider} is not supported by this version yet", provider=ref.provider
        ) from None
    if ref.provider == "ollama":
        return make(ref, env)
    if ref.provider not in KEY_VARIABLES:
        return make(ref)
    address = address_of(ref, env)
    key, source = find_key(ref, env, address)
    if ref.provider in ("anthropic", "openai"):  # what their models name themselves can be told from this
        return make(ref, key, source, address)
    return make(replace(ref, api_base=address), key, source)


def _brought(ref: ModelRef, environment: Mapping[str, str]) -> Provider:
    """The provider of another package: what its entry point makes of the model and the environment."""
    brought = names_in(GROUP)
    if ref.provider not in brought:
        known = ", ".join([*PROVIDERS, *brought])
        raise ProviderUnavailableError(
            f"There is no provider {ref.provider!r}; there are {known}", provider=ref.provider
        )
    try:
        return load(GROUP, ref.provider)(ref, environment)
    except LoomError:
        raise
    except Exception as error:
        raise ProviderUnavailableError(
            f"The provider {ref.provider!r}, which a package brings, can't be made: {error}", provider=ref.provider
        ) from error


def address_of(ref: ModelRef, environment: Mapping[str, str] | None = None) -> str | None:
    """Where a model's server is, if it was said: by `api_base`, else by the provider's own variable."""
    env = os.environ if environment is None else environment
    return ref.api_base or env.get(ADDRESS_VARIABLES.get(ref.provider, ""), "") or None


def find_key(ref: ModelRef, environment: Mapping[str, str], address: str | None = None) -> tuple[str, str]:
    """The key of a model's provider and the name of the variable that it came from.

    A server of one's own, at `address` or the model's `api_base`, may need none: then the key is a placeholder, as it
    is where `api_key_env` is empty. Raises ProviderUnavailableError.
    """
    if ref.api_key_env == "":
        return "none", ""
    variables = (ref.api_key_env,) if ref.api_key_env else KEY_VARIABLES[ref.provider]
    for variable in variables:
        value = key_in(environment, variable, ref.provider)
        if value:
            return value, variable
    if ref.api_key_env is None and not is_own(ref.provider, address or ref.api_base):
        return "none", ""
    raise ProviderUnavailableError(
        f"{ref.identifier} needs a key: set the environment variable {' or '.join(variables)}", provider=ref.provider
    )
