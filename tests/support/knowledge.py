"""Sources of knowledge over real files, with their indexes in the test's own LOOM_HOME."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest

from loom.config.knowledge import KnowledgeSource
from loom.knowledge.base import KnowledgeBase
from loom.runtime import session
from loom.types.knowledge import KnowledgeBundle, KnowledgeQuery


def write_files(folder: Path, **texts: str) -> None:
    """Write files; `guide_md` is guide.md, `a__b_md` is a/b.md."""
    for name, text in texts.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        file = folder / f"{stem}.{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def wait_for_indexes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have runs wait for their indexes, however long a busy machine takes to start what makes them."""
    monkeypatch.setattr(session, "KNOWLEDGE_WAIT_S", 150.0)
    monkeypatch.setattr(KnowledgeBase, "find", partialmethod(KnowledgeBase.find, wait_s=150.0))


@asynccontextmanager
async def knowing(
    *sources: KnowledgeSource, workspace: Path | None = None, **given: Any
) -> AsyncGenerator[KnowledgeBase]:
    base = KnowledgeBase(list(sources), workspace, **given)
    try:
        yield base
    finally:
        await base.aclose()


async def found(base: KnowledgeBase, question: str, **query: Any) -> list[str]:
    """What is cited for a question, without the folder."""
    return [item.uri for item in (await answer(base, question, **query)).items]


async def answer(base: KnowledgeBase, question: str, **query: Any) -> KnowledgeBundle:
    return await base.find(KnowledgeQuery(question, **query), wait_s=None)
