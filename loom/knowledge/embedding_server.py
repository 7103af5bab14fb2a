"""Embeddings by a server: OpenAI's, Gemini's and Ollama's formats, over the connections that chat models use."""

from __future__ import annotations

import asyncio
import base64
import math
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from loom.config.model import ModelRef
from loom.errors import KnowledgeError, LoomError, ProviderError
from loom.providers.faults import Origin, from_exception, from_status, unreadable
from loom.providers.pool import borrow_client, return_client
from loom.providers.retry import RetryPolicy
from loom.threads import in_thread

if TYPE_CHECKING:
    import httpx2

BATCH = 64
LONGEST_TEXT_CHARS = 8_000
"""Embedding models read some hundred to some thousand tokens, and refuse or drop the rest."""
ANSWER_LIMIT_S = 60.0
LONGEST_ANSWER_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of server is asked: the path below its address, headers, the body for texts, the vectors told."""

    path: str
    headers: dict[str, str]
    body: Callable[[Sequence[str], bool], dict[str, Any]]
    vectors: Callable[[Any], list[Any]]


def openai_dialect(model: str, key: str) -> Dialect:
    """`/embeddings`, as OpenAI and the servers that speak like it have it."""
    return Dialect(
        "/embeddings",
        {"authorization": f"Bearer {key}"},
        lambda texts, _is_query: {"model": model, "input": list(texts), "encoding_format": "base64"},
        lambda told: [each["embedding"] for each in sorted(told["data"], key=lambda each: each.get("index", 0))],
    )


def gemini_dialect(model: str, key: str) -> Dialect:
    """`batchEmbedContents`, which is told whether a text is a question."""
    name = model if model.startswith("models/") else f"models/{model}"

    def body(texts: Sequence[str], is_query: bool) -> dict[str, Any]:
        task = "RETRIEVAL_QUERY" if is_query else "RETRIEVAL_DOCUMENT"
        parts = [{"model": name, "content": {"parts": [{"text": text}]}, "taskType": task} for text in texts]
        return {"requests": parts}

    return Dialect(
        f"/v1beta/{name}:batchEmbedContents",
        {"x-goog-api-key": key},
        body,
        lambda told: [each["values"] for each in told["embeddings"]],
    )


def ollama_dialect(model: str, key: str) -> Dialect:
    """`/api/embed`."""
    return Dialect(
        "/api/embed",
        {"authorization": f"Bearer {key}"} if key else {},
        lambda texts, _is_query: {"model": model, "input": list(texts), "truncate": True},
        lambda told: told["embeddings"],
    )


class EmbeddingServer:
    """Asks a server for vectors, at most 64 at a time, and again where that makes sense."""

    def __init__(
        self, ref: ModelRef, dialect: Dialect, address: str, key_source: str = "", retries: RetryPolicy | None = None
    ) -> None:
        self._dialect = dialect
        self._url = address + dialect.path
        self._origin = Origin(ref.provider, ref.name, key_source, address)
        self._retries = retries or RetryPolicy()
        self._id = ref.identifier
        self._dim = 0
        self._borrowed: set[asyncio.AbstractEventLoop] = set()

    @property
    def id(self) -> str:
        """The model, such as `ollama:nomic-embed-text`."""
        return self._id

    @property
    def dim(self) -> int:
        """How many numbers a vector has; 0 until the first was made."""
        return self._dim

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> list[list[float]]:
        """A vector for each text. Raises ProviderError, and KnowledgeError for vectors that can't be right."""
        found: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            batch = [text[:LONGEST_TEXT_CHARS] or " " for text in texts[start : start + BATCH]]
            body = to_json(self._dialect.body(batch, is_query))
            told = await self._with_retries(body)
            found += await in_thread(self._read, told, len(batch))
        return found

    async def aclose(self) -> None:
        """Give the shared connections back."""
        loop = asyncio.get_running_loop()
        if loop in self._borrowed:
            self._borrowed.discard(loop)
            await return_client()

    async def _with_retries(self, body: bytes) -> bytes:
        began, attempt = time.monotonic(), 1
        while True:
            try:
                return await self._ask(body)
            except ProviderError as error:
                wait = self._retries.delay_s(attempt, error, time.monotonic() - began)
                if wait is None:
                    raise
            await asyncio.sleep(wait)
            attempt += 1

    async def _ask(self, body: bytes) -> bytes:
        """The answer's bytes. Raises ProviderError."""
        import httpx2

        http = await self._client()
        headers = {"content-type": "application/json", **self._dialect.headers}
        try:
            async with (
                asyncio.timeout(ANSWER_LIMIT_S),
                http.stream("POST", self._url, content=body, headers=headers) as response,
            ):
                told = bytearray()
                async for piece in response.aiter_bytes():
                    told += piece
                    if len(told) > LONGEST_ANSWER_BYTES:
                        raise unreadable(self._origin, "an answer that is too large", bytes(told[:200]))
                if response.status_code >= 300:
                    raise from_status(self._origin, response.status_code, _parsed(bytes(told)), response.headers)
                return bytes(told)
        except (httpx2.HTTPError, TimeoutError) as error:
            raise from_exception(self._origin, error) from error

    async def _client(self) -> httpx2.AsyncClient:
        loop = asyncio.get_running_loop()
        client = await borrow_client()
        if loop in self._borrowed:
            await return_client()
        self._borrowed.add(loop)
        return client

    def _read(self, told: bytes, count: int) -> list[list[float]]:
        try:
            vectors = [_numbers(vector) for vector in self._dialect.vectors(from_json(told))]
        except LoomError:
            raise
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise unreadable(self._origin, "vectors that can't be read", told[:200]) from error
        self._dim = self._dim or (len(vectors[0]) if vectors else 0)
        check_vectors(self._id, vectors, count, self._dim)
        return vectors


def check_vectors(name: str, vectors: Sequence[Sequence[float]], count: int, dim: int) -> None:
    """Raise KnowledgeError unless there are `count` vectors of length `dim`, of finite numbers."""
    if len(vectors) != count:
        raise KnowledgeError(f"{name} gave {len(vectors)} vectors for {count} texts")
    if any(len(vector) != dim or not dim for vector in vectors):
        lengths = sorted({len(vector) for vector in vectors})
        raise KnowledgeError(f"{name} gave vectors of lengths {lengths}, not of {dim}")
    if not all(math.isfinite(sum(vector)) for vector in vectors):
        raise KnowledgeError(f"{name} gave a vector that is not of numbers")


def _numbers(vector: Any) -> list[float]:
    if isinstance(vector, str):
        return list(array("f", base64.b64decode(vector, validate=True)))
    return [float(value) for value in vector]


def _parsed(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        return body.decode("utf-8", "replace")
