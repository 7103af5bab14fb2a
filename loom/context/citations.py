"""Numbers for what was found in an agent's knowledge: each piece has one for its session's life, to be cited by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loom.types.knowledge import KnowledgeEvidenceItem

MOST_KEPT = 40
"""How many citations a session remembers; older ones keep their numbers in what was said."""
HOW_TO_CITE = "Cite a piece that you use by its number, such as [1]."
SNIPPET_CHARS = 240
_NUMBERED = re.compile(r"\[(\d+)\] ")


@dataclass(frozen=True, slots=True)
class Cited:
    """A piece of evidence under its number. `label` says where it is: source, title, document with lines, hash."""

    number: int
    label: str
    item: KnowledgeEvidenceItem

    @property
    def line(self) -> str:
        """The citation as models and handoffs have it."""
        return f"[{self.number}] {self.label}"

    @property
    def piece(self) -> str:
        """The whole piece as a model reads it."""
        return f"{self.line}\n{self.item.content}"

    def to_payload(self) -> dict[str, Any]:
        """The citation as events carry it, so that a click finds the place and sees whether it changed."""
        told, item = self.item.metadata, self.item
        places = {
            name: told[name] for name in ("path", "start", "end", "line", "end_line", "hash", "ranks") if name in told
        }
        return {
            "number": self.number,
            "source": item.source_name,
            "title": item.title,
            "uri": item.uri,
            "score": item.score,
            "snippet": item.content[:SNIPPET_CHARS],
            **places,
        }


def numbered(
    known: Sequence[str], items: Sequence[KnowledgeEvidenceItem], given: int = 0
) -> tuple[list[Cited], list[str]]:
    """The items under their numbers, and the citations that are known then, the last forty.

    An item that is known keeps its number; a new one gets the next, above all that were `given` before.
    """
    numbers: dict[str, int] = {}
    for line in known:
        if found := _NUMBERED.match(line):
            numbers[line[found.end() :]] = int(found[1])
    highest = max(given, *numbers.values()) if numbers else given
    cited: list[Cited] = []
    for item in items:
        label = label_of(item)
        number = numbers.pop(label, 0) or (highest := highest + 1)
        numbers[label] = number  # as the last: what is cited again is remembered longer
        cited.append(Cited(number, label, item))
    kept = [f"[{number}] {label}" for label, number in numbers.items()][-MOST_KEPT:]
    if highest and not any(line.startswith(f"[{highest}] ") for line in kept):
        label = next((label for label, number in numbers.items() if number == highest), "")
        kept[:1] = [f"[{highest}] {label}"] if label else kept[:1]  # so that no number is given twice
    return cited, kept


def label_of(item: KnowledgeEvidenceItem) -> str:
    """Where a piece is: its source, title, document with lines; and the beginning of its hash with the characters."""
    told = item.metadata
    place, start = item.uri, told.get("start", 0)
    is_kept_elsewhere = "path" in told or item.uri.startswith(("http://", "https://"))
    if "path" in told and "line" in told:
        place += f":{told['line']}-{told['end_line']}" if told["end_line"] != told["line"] else f":{told['line']}"
    mark = f"#{told.get('hash', '')}" if is_kept_elsewhere else ""
    if is_kept_elsewhere or start:
        mark += f"@{start}-{told.get('end', start)}"
    return " · ".join(part for part in (item.source_name, item.title, place, mark) if part)
