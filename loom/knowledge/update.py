"""Bringing an index up to date with its source: what is new or changed is read, what is gone leaves."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from loom.errors import KnowledgeError
from loom.file_lock import FileLock
from loom.knowledge.chunks import chunks_of
from loom.knowledge.folders import FoundFile, files_of
from loom.knowledge.index import Document, Index
from loom.knowledge.index_file import DamagedIndexError, remove_index, remove_unused
from loom.knowledge.reading import hash_of, is_document, read_file

BATCH_FILES = 100
BATCH_LETTERS = 2_000_000
RECENT_NS = 2_000_000_000
"""A file may change again within its clock's tick without getting another time: so long it is looked at again."""
LONGEST_WAIT_S = 3600.0
WAIT_S = 0.1
DOCUMENT_LIMIT_S = 180.0
"""How long one document may take its library, before the others are gone on with."""
UPDATED_AT = "updated_at"
ENDED = "was being read when the reader ended"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an update is: `stage` is waiting, looking, reading or embedding; `total` is 0 where it is not known."""

    stage: str
    done: int = 0
    total: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an update did: documents that were read, are gone, are as they were, and have a problem."""

    read: int = 0
    removed: int = 0
    same: int = 0
    problems: int = 0
    seconds: float = 0.0
    note: str = ""


@dataclass
class _Batch:
    index: Index
    held: list[tuple[Document, list[Any]]] = field(default_factory=list[tuple[Document, list[Any]]])
    letters: int = 0

    def add(self, document: Document, text: str) -> None:
        self.held.append((document, chunks_of(text, document.kind)))
        self.letters += len(text)
        if len(self.held) >= BATCH_FILES or self.letters >= BATCH_LETTERS:
            self.write()

    def write(self) -> None:
        if self.held:
            self.index.put(self.held)
        self.held, self.letters = [], 0


Say = Callable[[Progress], None]


def update_from_files(file: Path, path: Path, patterns: Iterable[str], say: Say) -> Outcome:
    """Bring the index in `file` up to date with the files at `path`; one process at a time, others wait for it.

    Files are known again by size and time, else by the hash of their bytes. Raises KnowledgeError.
    """
    began = time.monotonic()
    chosen = list(patterns)
    with _alone(file, say):
        try:
            outcome = _update_file(file, path, chosen, say)
        except DamagedIndexError as error:
            remove_index(file)
            outcome = replace(_update_file(file, path, chosen, say), note=f"{error}: it was made anew")
    remove_unused(file.parent)
    return replace(outcome, seconds=round(time.monotonic() - began, 3))


def update_from_text(file: Path, key: str, title: str, text: str, say: Say) -> Outcome:
    """Bring the index in `file` up to date with one text, such as a page of the web. Raises KnowledgeError."""
    began = time.monotonic()
    with _alone(file, say):
        index = Index(file)
        try:
            document = Document(key, title, hash_of(text.encode("utf-8", "replace")), len(text), kind="markdown")
            known = index.document(key)
            is_same = known is not None and known.hash == document.hash and not known.problem
            if not is_same:
                index.put([(document, chunks_of(text, "markdown"))])
            gone = [other.key for other in index.documents() if other.key != key]
            index.remove(gone)
            index.keep_fact(UPDATED_AT, datetime.now(UTC).isoformat(timespec="seconds"))
        finally:
            index.close()
        seconds = round(time.monotonic() - began, 3)
        return Outcome(int(not is_same), len(gone), int(is_same), 0, seconds, index.rebuilt)


def _update_file(file: Path, path: Path, patterns: list[str], say: Say) -> Outcome:
    index = Index(file)
    try:
        outcome = _update(index, path, patterns, say)
        index.keep_fact(UPDATED_AT, datetime.now(UTC).isoformat(timespec="seconds"))
    finally:
        index.close()
    return replace(outcome, note=index.rebuilt)


def _update(index: Index, path: Path, patterns: list[str], say: Say) -> Outcome:
    known = {document.key: document for document in index.documents()}
    found: list[FoundFile] = []
    for each in files_of(path, patterns):
        found.append(each)
        if len(found) % 500 == 0:
            say(Progress("looking", len(found)))
    gone = known.keys() - {each.key for each in found}
    for keys in _in_parts(sorted(gone), BATCH_FILES):
        index.remove(keys)
    changed = [each for each in found if not _is_as_known(each, known.get(each.key))]
    batch, touched, problems = _Batch(index), list[Document](), 0
    for number, each in enumerate(changed, 1):
        say(Progress("reading", number, len(changed), each.key))
        if is_document(each.key) and not each.problem:
            index.put([(_in_hand(each, known.get(each.key)), [])])
        document, text = _read_in_time(each)
        before = known.get(each.key)
        if before is not None and before.hash and before.hash == document.hash and not is_document(each.key):
            touched.append(document)
        else:
            batch.add(document, text)
    batch.write()
    index.touch(touched)
    problems = index.status().problems
    return Outcome(len(changed) - len(touched), len(gone), len(found) - len(changed) + len(touched), problems)


def _in_hand(found: FoundFile, known: Document | None) -> Document:
    """What the index holds of a document while it is read, in case that takes the process along.

    Tried once more, since a person may have ended the process; then not again until the file changes.
    """
    was_tried = known is not None and known.problem == ENDED and known.size == found.size
    return Document(found.key, _title(found), "", found.size, found.mtime_ns if was_tried else 0, ENDED)


def _is_as_known(found: FoundFile, known: Document | None) -> bool:
    if known is None:
        return False
    if found.problem:
        return known.problem == found.problem
    return (known.size, known.mtime_ns) == (found.size, found.mtime_ns)


def _read_in_time(found: FoundFile) -> tuple[Document, str]:
    """As `_read`, but a document that its library never comes to an end with is left to itself after a while."""
    if found.problem or not is_document(found.key):
        return _read(found)
    answers: SimpleQueue[tuple[Document, str] | BaseException] = SimpleQueue()

    def read() -> None:
        try:
            answers.put(_read(found))
        except BaseException as error:  # noqa: BLE001  raised again by the caller
            answers.put(error)

    # It ends with this process at the latest, which is one for this update alone.
    Thread(target=read, daemon=True, name="read a document").start()
    try:
        answer = answers.get(timeout=DOCUMENT_LIMIT_S)
    except Empty:
        problem = f"took longer than {DOCUMENT_LIMIT_S:g} s to read, and was given up"
        return Document(found.key, _title(found), "", found.size, found.mtime_ns, problem), ""
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _read(found: FoundFile) -> tuple[Document, str]:
    if found.problem:
        return Document(found.key, _title(found), problem=found.problem), ""
    reading = read_file(found.path)
    is_recent = time.time_ns() - reading.mtime_ns < RECENT_NS
    document = Document(
        found.key,
        _title(found),
        reading.hash,
        reading.size,
        0 if is_recent else reading.mtime_ns,
        reading.problem,
        reading.kind,
        {"note": reading.note} if reading.note else {},
    )
    return document, "" if reading.problem else reading.text


def _title(found: FoundFile) -> str:
    return found.key.rpartition("/")[2]


def _in_parts(keys: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


@contextmanager
def _alone(file: Path, say: Say) -> Generator[None]:
    """The only update of an index, in all processes. Raises KnowledgeError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(file.with_name(f"{file.name}.lock"), 0.0)
    except OSError as error:
        raise KnowledgeError(f"The index {file} can't be written: {error.strerror or error}") from None
    try:
        with ExitStack() as holding:
            if not _have(lock, holding):
                say(Progress("waiting"))
                until = time.monotonic() + LONGEST_WAIT_S
                while not _have(lock, holding):
                    if time.monotonic() > until:
                        raise KnowledgeError(f"Another program has been updating the index {file} for an hour")
                    time.sleep(WAIT_S)
            yield
    finally:
        lock.close()


def _have(lock: FileLock, holding: ExitStack) -> bool:
    try:
        holding.enter_context(lock.held())
    except TimeoutError:
        return False
    return True
