"""Which model, and how it is asked to generate."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from loom.types.checked import AtLeastOne, AtLeastZero, config_value


@config_value
class ModelRef:
    """A model by provider and name; any name is accepted.

    `api_base` is the server's URL where it is not the provider's own. `api_key_env` names the environment variable
    that holds the key; without it the provider's usual ones are read, and their key goes to whatever server `api_base`
    names; empty, no key is sent. `extensions` go to the provider.
    """

    provider: str
    name: str
    api_base: str | None = None
    organization: str | None = None
    api_key_env: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def anthropic(
        cls,
        name: str,
        *,
        api_base: str | None = None,
        api_key_env: str | None = None,
        extensions: dict[str, Any] | None = None,
    ) -> ModelRef:
        """A Claude model, over the Messages API."""
        return cls("anthropic", name, api_base, None, api_key_env, extensions or {})

    @classmethod
    def openai(
        cls,
        name: str,
        *,
        api_base: str | None = None,
        organization: str | None = None,
        api_key_env: str | None = None,
        extensions: dict[str, Any] | None = None,
    ) -> ModelRef:
        """An OpenAI model, or any server that speaks chat completions at `api_base`."""
        return cls("openai", name, api_base, organization, api_key_env, extensions or {})

    @classmethod
    def gemini(
        cls,
        name: str,
        *,
        api_base: str | None = None,
        api_key_env: str | None = None,
        extensions: dict[str, Any] | None = None,
    ) -> ModelRef:
        """A Gemini model (extra `gemini`)."""
        return cls("gemini", name, api_base, None, api_key_env, extensions or {})

    @classmethod
    def qwen(
        cls,
        name: str,
        *,
        api_base: str | None = None,
        api_key_env: str | None = None,
        extensions: dict[str, Any] | None = None,
    ) -> ModelRef:
        """A Qwen model at DashScope."""
        return cls("qwen", name, api_base, None, api_key_env, extensions or {})

    @classmethod
    def ollama(cls, name: str, *, api_base: str | None = None, extensions: dict[str, Any] | None = None) -> ModelRef:
        """A model that an Ollama server has (its native /api/chat)."""
        return cls("ollama", name, api_base, None, None, extensions or {})

    @classmethod
    def local(cls, name: str = "smollm2-135m", *, path: str | None = None) -> ModelRef:
        """A model run on this machine, in a child process, with no key and no network (extra `local`).

        Without `path` it is the small model that `loom models install local` installs; with it, any GGUF file.
        """
        return cls("local", name, None, None, None, {"path": path} if path else {})

    @classmethod
    def scripted(cls, turns: list[Any] | None = None, *, name: str = "script", afterwards: Any = None) -> ModelRef:
        """A model that plays a list of turns: for tests and the tour. See `loom.providers.scripted` for their shape.

        `afterwards` is the turn for every request after the last; without it those fail.
        """
        rest = {} if afterwards is None else {"afterwards": afterwards}
        return cls("scripted", name, None, None, None, {"turns": list(turns or []), **rest})

    @property
    def identifier(self) -> str:
        """Provider and name as one word: `anthropic:claude-sonnet-4`."""
        return f"{self.provider}:{self.name}"


DEFAULT_TEMPERATURE = 0.7
"""What a model is asked for when nobody chose a temperature."""


@config_value
class GenerationConfig:
    """How the model generates.

    A `temperature` that a model does not take is left out, with one warning if it was chosen, which is to say is
    another than the default. `max_output_tokens` None means the model's own limit.
    """

    temperature: AtLeastZero = DEFAULT_TEMPERATURE
    max_output_tokens: AtLeastOne | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
