"""The third tier, for code: entries found by what they say, by words and, where there are vectors, by meaning.

Words are weighed by BM25 (Robertson and Zaragoza, 2009); the two rankings are joined by reciprocal rank fusion.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loom.errors import StoreError
from loom.files import write_private

K1, B = 1.2, 0.75
RRF_K = 60
_WORDS = re.compile(r"[^\W_]+", re.UNICODE)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass
class MemoryEntry:
    """A text, its vector where the caller has one, and what else is known of it."""

    content: str
    embedding: list[float] | None = None
    metadata: dict[str, Any] | None = None


class SemanticMemory:
    """Up to `max_size` entries; of more the oldest go. With `persist_path` they are kept there, a line of JSON each.

    Raises StoreError for a file that can't be read, which is left as it is. Calls block.
    """

    def __init__(self, max_size: int = 10000, persist_path: str | Path | None = None) -> None:
        self.max_size = max_size
        self.persist_path = str(persist_path) if persist_path is not None else None
        self.entries: list[MemoryEntry] = []
        self._counts: list[Counter[str]] = []
        self._lines = 0
        if self.persist_path is not None:
            self._load(Path(self.persist_path))

    def add(self, entry: MemoryEntry) -> None:
        """Keep an entry. With a file one line is added, and the file is written anew when half of it is gone."""
        self.entries.append(entry)
        self._counts.append(Counter(words_of(entry.content)))
        gone = max(0, len(self.entries) - max(0, self.max_size))
        del self.entries[:gone]
        del self._counts[:gone]
        if self.persist_path is not None:
            self._keep(Path(self.persist_path), entry)

    def search(self, query: str, top_k: int = 5, query_embedding: list[float] | None = None) -> list[MemoryEntry]:
        """The entries that fit best, the best first; one that shares nothing with the query is not among them."""
        if top_k <= 0:
            return []
        rankings = [self._by_words(query)]
        if query_embedding is not None:
            rankings.append(self._by_meaning(query_embedding))
        fused: dict[int, float] = {}
        for ranking in rankings:
            for rank, number in enumerate(ranking, 1):
                fused[number] = fused.get(number, 0.0) + 1 / (RRF_K + rank)
        best = sorted(fused, key=lambda number: (-fused[number], number))
        return [self.entries[number] for number in best[:top_k]]

    def _by_words(self, query: str) -> list[int]:
        asked = set(words_of(query))
        counts = self._counts
        average = sum(count.total() for count in counts) / max(1, len(counts)) or 1.0
        known = {word: sum(word in count for count in counts) for word in asked}
        scored: list[tuple[float, int]] = []
        for number, count in enumerate(counts):
            length = K1 * (1 - B + B * count.total() / average)
            score = sum(
                math.log(1 + (len(counts) - known[word] + 0.5) / (known[word] + 0.5))
                * count[word] * (K1 + 1) / (count[word] + length)
                for word in asked
                if word in count
            )  # fmt: skip
            if score > 0:
                scored.append((-score, number))
        return [number for _, number in sorted(scored)]

    def _by_meaning(self, vector: Sequence[float]) -> list[int]:
        scored = [
            (-likeness, number)
            for number, entry in enumerate(self.entries)
            if entry.embedding is not None and (likeness := cosine(vector, entry.embedding)) > 0
        ]
        return [number for _, number in sorted(scored)]

    def _keep(self, file: Path, entry: MemoryEntry) -> None:
        try:
            if self._lines >= 2 * max(1, len(self.entries)):
                write_private(file, "".join(map(_line, self.entries)))
                self._lines = len(self.entries)
                return
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as opened:
                opened.write(_line(entry))
            self._lines += 1
        except (OSError, TypeError, ValueError) as error:
            raise StoreError(f"The memory can't be kept in {file}: {error}") from None

    def _load(self, file: Path) -> None:
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"The memory in {file} can't be read: {error}") from None
        try:
            kept = [MemoryEntry(**each) for each in _parsed(text)]
        except (ValueError, TypeError) as error:
            raise StoreError(f"The memory in {file} is damaged, and is left as it is: {error}") from None
        # What is not in lines, or was cut off in one, is written anew before a line is added.
        is_whole = not text or (text.endswith("\n") and not text.lstrip().startswith("["))
        self._lines = len(kept) if is_whole else 2 * max(1, len(kept)) + 2
        self.entries = kept[-self.max_size :] if self.max_size > 0 else []
        self._counts = [Counter(words_of(entry.content)) for entry in self.entries]


def words_of(text: str) -> list[str]:
    """The words of a text, folded; of scripts without spaces each two neighbours."""
    words: list[str] = []
    for word in _WORDS.findall(text.casefold()):
        if _WIDE.search(word):
            words += [word[n : n + 2] for n in range(max(1, len(word) - 1))]
        else:
            words.append(word)
    return words


def cosine(left: Sequence[float], right: Sequence[float]) -> float:
    """How alike two vectors are, -1 to 1; 0 for vectors of other lengths, and for one of length 0."""
    if len(left) != len(right):
        return 0.0
    norm = math.sqrt(sum(x * x for x in left)) * math.sqrt(sum(y * y for y in right))
    return sum(x * y for x, y in zip(left, right, strict=True)) / norm if norm else 0.0


def _line(entry: MemoryEntry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False) + "\n"


def _parsed(text: str) -> Iterable[dict[str, Any]]:
    """The entries of a file: a line each, or the one list that 0.7.3 wrote; a line that was cut off is left out."""
    if text.lstrip().startswith("["):
        return json.loads(text)
    lines = text.split("\n")
    return [json.loads(line) for line in lines[:-1] if line.strip()]
