"""The child process that brings an index up to date: `python -m loom.knowledge.worker`.

Its standard input is one line of JSON, the job; when that closes, as it does when the parent ends in whatever way, it
ends, too. Its standard output is a line of JSON for each piece of progress, and a last one: `{"outcome": …}`, or
`{"error": …}`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TextIO

from loom.errors import LoomError
from loom.knowledge.update import Outcome, Progress, Say, update_from_files, update_from_text

SAY_EVERY_S = 0.1
MEMORY_LIMIT_BYTES = 4 * 2**30
NICENESS = 10


def main() -> int:
    """Do the job. Exit code 1 when it could not be done."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no line of ours
    _be_modest()
    job: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        outcome = _work(job, _Sayer(answer))
    except LoomError as error:
        _print(answer, {"error": str(error)})
        return 1
    except MemoryError:
        _print(answer, {"error": "There was not enough memory to index this source"})
        return 1
    except Exception as error:  # noqa: BLE001  whatever it was, the parent tells the person
        _print(answer, {"error": f"Indexing failed: {type(error).__name__}: {error}"})
        return 1
    _print(answer, {"outcome": asdict(outcome)})
    return 0


class _Sayer:
    """Prints progress, at most ten times a second, but a new stage at once."""

    def __init__(self, answer: TextIO) -> None:
        self._answer = answer
        self._stage = ""
        self._at = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.stage != self._stage or now - self._at >= SAY_EVERY_S or progress.done == progress.total:
            self._stage, self._at = progress.stage, now
            _print(self._answer, {"progress": asdict(progress)})


def _work(job: dict[str, Any], say: Say) -> Outcome:
    file = Path(job["index"])
    if address := job.get("address", ""):
        outcome = _work_on_page(file, address, job.get("allowed", []), say)
    else:
        outcome = update_from_files(file, Path(job["path"]), job.get("patterns", []), say)
    if embedder := job.get("embedder", ""):
        _embed(file, embedder, say)
    return outcome


def _work_on_page(file: Path, address: str, allowed: list[str], say: Say) -> Outcome:
    from loom.knowledge.reading import DOCUMENT_KINDS, text_of_document
    from loom.safety.fetching import fetch_page, page_text

    say(Progress("reading", 0, 1, address))
    page = asyncio.run(fetch_page(address, allowed, documents=DOCUMENT_KINDS))
    if page.status >= 400:
        raise LoomError(f"{address} answered with {page.status}")
    if page.kind in DOCUMENT_KINDS:
        text, problem = text_of_document(page.body, DOCUMENT_KINDS[page.kind])
        if problem:
            raise LoomError(f"{address} {problem}")
    else:
        text = page_text(page)
    if not text.strip():
        raise LoomError(f"{address} has no text in it")
    say(Progress("reading", 1, 1, address))
    outcome = update_from_text(file, address, _title(text) or address, text, say)
    cut = f"{address} is longer than {len(page.body) // 2**20} MB: only its beginning is indexed"
    return replace(outcome, note=cut) if page.is_cut else outcome


def _embed(file: Path, name: str, say: Say) -> None:
    from loom.knowledge.embedders import resolve_embedder
    from loom.knowledge.embedding import embed_missing
    from loom.knowledge.index import Index

    index = Index(file)
    try:
        asyncio.run(embed_missing(index, resolve_embedder(name), say))
    finally:
        index.close()


def _title(text: str) -> str:
    """The first heading of a page."""
    first = next((line for line in text.splitlines()[:200] if line.startswith("#")), "")
    return first.strip("# ")[:200]


def _print(answer: TextIO, told: dict[str, Any]) -> None:
    print(json.dumps(told, ensure_ascii=True), file=answer, flush=True)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(3)


def _be_modest() -> None:
    """Leave the processor to others, and do not take all memory for one strange document."""
    if sys.platform == "win32":
        return
    import resource

    os.nice(NICENESS)
    limit = resource.getrlimit(resource.RLIMIT_AS)[1]
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # it does not push aside what wakes up
        if limit in (resource.RLIM_INFINITY, -1):
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, limit))


if __name__ == "__main__":
    code = main()
    os._exit(code)  # the thread that waits for the parent's end does not end by itself
