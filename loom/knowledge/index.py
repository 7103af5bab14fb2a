"""An index of texts in SQLite: by words, by pieces of words, and by meaning where vectors were given; fused by rank.

Everything blocks: call it off the event loop. One index may be used by several threads and processes.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loom.knowledge.chunks import Chunk
from loom.knowledge.index_file import explain, open_index
from loom.knowledge.terms import Terms, indexed_terms, terms_of
from loom.knowledge.vectors import VectorSet, to_blob

POOL = 50
"""How many of each ranking are fused."""
RANK_CONSTANT = 60
"""The k of reciprocal rank fusion: Cormack, Clarke and Büttcher, 2009."""
MOST_MATCHES = 6_000
"""Words that more pieces have than this are left out beside rarer ones: they cost time and say little."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document of an index.

    `key` tells it from others (a path, an address, an id); `hash` is of its text, and `kind` is markdown, code or text.
    `problem` says, for a person, why it has no pieces; `size` in bytes and `mtime_ns` are its file's, if it has one.
    """

    key: str
    title: str = ""
    hash: str = ""
    size: int = 0
    mtime_ns: int = 0
    problem: str = ""
    kind: str = "text"
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Hit:
    """A piece that was found. `score` is in 0..1; `ranks` says why: its place, from 1, among words, pieces, vectors."""

    document: Document
    chunk: Chunk
    score: float
    ranks: dict[str, int]
    chunk_id: int = 0


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How much an index holds."""

    documents: int
    chunks: int
    vectors: int
    problems: int


class Index:
    """The index in a file, or in memory for None. `rebuilt` says why it was begun anew, else it is empty.

    What it holds can be made again, so a damaged file is begun anew when it is opened. Every method raises
    KnowledgeError; DamagedIndexError where opening it again would help.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._connection, self.rebuilt = open_index(path)
        self._lock = threading.RLock()
        self._vectors: tuple[tuple[str, int, int], VectorSet] | None = None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def put(self, documents: Iterable[tuple[Document, Sequence[Chunk]]]) -> None:
        """Take documents with their pieces, each in place of what the index had under its key; all or none."""
        with self._writing() as connection:
            for document, chunks in documents:
                self._remove(connection, document.key)
                identity = connection.execute(
                    "INSERT INTO documents (key, title, hash, size, mtime_ns, problem, kind, metadata) "
                    "VALUES (?,?,?,?,?,?,?,?)",
                    _document_row(document),
                ).lastrowid
                for chunk in chunks:
                    _insert(connection, identity, document, chunk)

    def touch(self, documents: Iterable[Document]) -> None:
        """Take other facts of documents whose text is the same: their pieces stay."""
        with self._writing() as connection:
            connection.executemany(
                "UPDATE documents SET title=?2, hash=?3, size=?4, mtime_ns=?5, problem=?6, kind=?7, metadata=?8 "
                "WHERE key=?1",
                [_document_row(document) for document in documents],
            )

    def remove(self, keys: Iterable[str]) -> None:
        """Forget documents; keys that are not there are passed over."""
        with self._writing() as connection:
            for key in keys:
                self._remove(connection, key)

    def documents(self, *, only_problems: bool = False, limit: int = -1) -> list[Document]:
        """The documents, by key."""
        where = "WHERE problem != ''" if only_problems else ""
        with self._reading() as connection:
            rows = connection.execute(f"SELECT {_DOCUMENT} FROM documents d {where} ORDER BY key LIMIT ?", (limit,))  # noqa: S608
            return [_document(row) for row in rows]

    def document(self, key: str) -> Document | None:
        """The document of a key."""
        with self._reading() as connection:
            row = connection.execute(f"SELECT {_DOCUMENT} FROM documents d WHERE key=?", (key,)).fetchone()  # noqa: S608
        return _document(row) if row is not None else None

    def chunks(self, key: str) -> list[Chunk]:
        """The pieces of a document, in their order."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {_CHUNK} FROM chunks c JOIN documents d ON d.id = c.document WHERE d.key=? ORDER BY start",  # noqa: S608
                (key,),
            )
            return [_chunk(row) for row in rows]

    def status(self) -> IndexStatus:
        """How much there is."""
        with self._reading() as connection:
            counts = [
                connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0]  # noqa: S608
                for what in ("documents", "chunks", "vectors", "documents WHERE problem != ''")
            ]
        return IndexStatus(*counts)

    def fact(self, name: str) -> str:
        """What was kept under a name; empty if nothing was."""
        with self._reading() as connection:
            row = connection.execute("SELECT value FROM facts WHERE name=?", (name,)).fetchone()
        return row[0] if row is not None else ""

    def keep_fact(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def without_vector(self, embedder_id: str, limit: int) -> list[tuple[int, str]]:
        """(id, text) of pieces that have no vector of this embedder yet; the text begins with what stands above it."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT c.id, c.heading, c.text FROM chunks c LEFT JOIN vectors v ON v.chunk = c.id AND v.embedder = ? "
                "WHERE v.chunk IS NULL ORDER BY c.id LIMIT ?",
                (embedder_id, limit),
            )
            return [(row[0], f"{row[1]}\n{row[2]}" if row[1] else row[2]) for row in rows]

    def put_vectors(self, embedder_id: str, vectors: Iterable[tuple[int, Sequence[float]]]) -> None:
        """Take vectors of pieces, in place of any other embedder's; those of pieces that are gone are passed over."""
        rows = [(embedder_id, to_blob(vector), chunk) for chunk, vector in vectors]
        with self._writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO vectors (chunk, embedder, vector) "
                "SELECT c.id, ?1, ?2 FROM chunks c WHERE c.id=?3",
                rows,
            )

    def search(
        self,
        question: str,
        limit: int = 10,
        *,
        vector: Sequence[float] | None = None,
        embedder_id: str = "",
        pool: int = POOL,
    ) -> list[Hit]:
        """The pieces that answer a question best, best first, by reciprocal rank fusion of up to three rankings.

        Words and pieces of words are ranked by BM25; `vector` is the question's own by the embedder, and ranks by
        cosine. The score is the fused one over the highest possible.
        """
        terms = terms_of(question)
        with self._reading() as connection:
            rankings = {"words": self._by_words(connection, terms.words, pool)}
            if terms.pieces:
                rankings["pieces"] = self._by_pieces(connection, terms, pool)
            if vector is not None:
                nearest = self._vector_set(connection, embedder_id).nearest(vector, pool)
                rankings["vectors"] = [chunk for chunk, cosine in nearest if cosine > 0]
            fused = fuse(rankings)[:limit]
            return [hit for chunk, score, ranks in fused if (hit := self._hit(connection, chunk, score, ranks))]

    def _by_words(self, connection: sqlite3.Connection, words: Sequence[str], pool: int) -> list[int]:
        if not words:
            return []
        counted = sorted((self._matches(connection, word), word) for word in words)
        chosen: list[str] = []
        room = MOST_MATCHES
        for count, word in counted:
            if count and (not chosen or count <= room):
                chosen.append(word)
                room -= count
        if not chosen:
            return []
        rows = connection.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, 3.0, 1.0, 1.0) LIMIT ?",
            (" OR ".join(_asked(word) for word in chosen), pool),
        )
        return [row[0] for row in rows]

    def _matches(self, connection: sqlite3.Connection, word: str) -> int:
        """How many pieces have a word, as far as that matters."""
        counting = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
        return int(connection.execute(counting, (_asked(word), MOST_MATCHES + 1)).fetchone()[0])

    def _by_pieces(self, connection: sqlite3.Connection, terms: Terms, pool: int) -> list[int]:
        rows = connection.execute(
            "SELECT rowid FROM pieces WHERE pieces MATCH ? ORDER BY bm25(pieces) LIMIT ?",
            (" OR ".join(_quoted(piece) for piece in terms.pieces), pool),
        )
        return [row[0] for row in rows]

    def _vector_set(self, connection: sqlite3.Connection, embedder_id: str) -> VectorSet:
        """The vectors of an embedder, kept until the file changes."""
        version = int(connection.execute("PRAGMA data_version").fetchone()[0])
        key = (embedder_id, version, connection.total_changes)
        if self._vectors is None or self._vectors[0] != key:
            rows = connection.execute(
                "SELECT chunk, vector FROM vectors WHERE embedder = ?1 AND length(vector) = "
                "(SELECT length(vector) FROM vectors WHERE embedder = ?1 LIMIT 1)",
                (embedder_id,),
            ).fetchall()
            self._vectors = (key, VectorSet([row[0] for row in rows], [row[1] for row in rows]))
        return self._vectors[1]

    def _hit(self, connection: sqlite3.Connection, chunk: int, score: float, ranks: dict[str, int]) -> Hit | None:
        row = connection.execute(
            f"SELECT {_CHUNK}, {_DOCUMENT} FROM chunks c JOIN documents d ON d.id = c.document WHERE c.id = ?",  # noqa: S608
            (chunk,),
        ).fetchone()
        return Hit(_document(row[6:]), _chunk(row[:6]), score, ranks, chunk) if row is not None else None

    def _remove(self, connection: sqlite3.Connection, key: str) -> None:
        row = connection.execute("SELECT id FROM documents WHERE key=?", (key,)).fetchone()
        if row is None:
            return
        held = connection.execute("SELECT id, heading, text, parts, grams FROM chunks WHERE document=?", row).fetchall()
        for chunk, heading, text, parts, grams in held:
            connection.execute(
                "INSERT INTO words (words, rowid, heading, text, parts) VALUES ('delete', ?, ?, ?, ?)",
                (chunk, heading, text, parts),
            )
            if grams:
                connection.execute("INSERT INTO pieces (pieces, rowid, grams) VALUES ('delete', ?, ?)", (chunk, grams))
            connection.execute("DELETE FROM vectors WHERE chunk=?", (chunk,))
        connection.execute("DELETE FROM chunks WHERE document=?", row)
        connection.execute("DELETE FROM documents WHERE id=?", row)

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise explain(self.path, error) from None

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def fuse(rankings: dict[str, list[int]]) -> list[tuple[int, float, dict[str, int]]]:
    """(id, score in 0..1, its rank in each) of everything ranked, best first, by reciprocal rank fusion.

    The score is Σ 1 / (60 + rank) over that of a first place in every ranking that found anything.
    """
    asked = {name: found for name, found in rankings.items() if found}
    scores: dict[int, float] = {}
    ranks: dict[int, dict[str, int]] = {}
    for name, found in asked.items():
        for rank, identity in enumerate(found, 1):
            scores[identity] = scores.get(identity, 0.0) + 1 / (RANK_CONSTANT + rank)
            ranks.setdefault(identity, {})[name] = rank
    highest = len(asked) / (RANK_CONSTANT + 1)
    best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(identity, score / highest, ranks[identity]) for identity, score in best]


_DOCUMENT = "d.key, d.title, d.hash, d.size, d.mtime_ns, d.problem, d.kind, d.metadata"
_CHUNK = "c.start, c.end, c.line, c.end_line, c.heading, c.text"


def _insert(connection: sqlite3.Connection, holder: int | None, document: Document, chunk: Chunk) -> None:
    heading = " > ".join(part for part in (document.title, chunk.heading) if part)
    whole = f"{heading}\n{chunk.text}"
    parts, grams = indexed_terms(whole, is_code=document.kind == "code")
    identity = connection.execute(
        "INSERT INTO chunks (document, start, end, line, end_line, heading, text, parts, grams) "
        "VALUES (?,?,?,?,?,?,?,?,?)",
        (holder, chunk.start, chunk.end, chunk.line, chunk.end_line, heading, chunk.text, parts, grams),
    ).lastrowid
    connection.execute(
        "INSERT INTO words (rowid, heading, text, parts) VALUES (?,?,?,?)", (identity, heading, chunk.text, parts)
    )
    if grams:
        connection.execute("INSERT INTO pieces (rowid, grams) VALUES (?,?)", (identity, grams))


def _document_row(document: Document) -> tuple[Any, ...]:
    told = json.dumps(document.metadata, ensure_ascii=False, default=str)
    return (
        document.key,
        document.title,
        document.hash,
        document.size,
        document.mtime_ns,
        document.problem,
        document.kind,
        told,
    )


def _document(row: Sequence[Any]) -> Document:
    return Document(*row[:7], metadata=json.loads(row[7]))


def _chunk(row: Sequence[Any]) -> Chunk:
    return Chunk(*row)


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


def _asked(word: str) -> str:
    """A word as the word index is asked for it: a single letter that is not ASCII also as the beginning of a pair."""
    return f"{_quoted(word)} *" if len(word) == 1 and not word.isascii() else _quoted(word)
