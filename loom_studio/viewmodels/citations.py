"""What was found in an agent's knowledge, as rows; and which of it a message cites."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from loom_studio.runtime_words import said
from loom_studio.texts import plural, tr
from loom_studio.transcript_row import CITED, Source, TranscriptRow

if TYPE_CHECKING:
    from loom.types.events import RunEvent

SEARCH_TOOL = "search_knowledge"
_NUMBER = re.compile(r"\d+")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


def found_row(event: RunEvent) -> TranscriptRow:
    """What was found before a run began, folded."""
    sources = sources_of(event)
    told = [said(str(problem)) for problem in event.payload.get("problems", ())]
    if sources:
        found = plural(
            "One piece of knowledge was found for this message.",
            "{n} pieces of knowledge were found for this message.",
            len(sources),
        )
        told.insert(0, found)
    text = "\n".join(told) or tr("Nothing was found.")
    detail = "\n\n".join(f"[{each.number}] {each.source} · {each.label}\n{each.snippet}" for each in sources)
    return TranscriptRow(event.id, "notice", text, tr("Knowledge"), "", detail, n=event.n, sources=sources)


def searched_row(row: TranscriptRow, event: RunEvent) -> TranscriptRow:
    """The row of the search that found something."""
    return row._replace(sources=(*row.sources, *sources_of(event)))


def is_search(row: TranscriptRow) -> bool:
    """Whether a row is that of a search which runs."""
    return row.kind == "tool" and row.title.partition(" · ")[0] == SEARCH_TOOL and row.state.startswith("running")


def sources_of(event: RunEvent) -> tuple[Source, ...]:
    """The pieces that an event tells of; one that is not as it should be is passed over."""
    made = (_source(piece) for piece in event.payload["pieces"])
    return tuple(source for source in made if source is not None)


def cited_in(text: str, rows: Sequence[TranscriptRow]) -> tuple[Source, ...]:
    """The sources that a message cites as [1] or [^1], among what the rows before it found; the newest of a number."""
    wanted = {int(n) for found in CITED.findall(_CODE.sub("", text)) for n in _NUMBER.findall(found)}
    cited: dict[int, Source] = {}
    for row in reversed(rows) if wanted else ():
        if row.kind != "assistant":
            for source in row.sources:
                if source.number in wanted:
                    cited.setdefault(source.number, source)
        if len(cited) == len(wanted):
            break
    return tuple(cited[number] for number in sorted(cited))


def _source(piece: Mapping[str, Any]) -> Source | None:
    try:
        return Source(
            int(piece["number"]),
            str(piece["source"]),
            str(piece["title"]),
            str(piece["uri"]),
            str(piece.get("snippet", "")),
            str(piece.get("path", "")),
            int(piece.get("start", 0)),
            int(piece.get("end", 0)),
            int(piece.get("line", 0)),
            str(piece.get("hash", "")),
        )
    except (KeyError, TypeError, ValueError):
        return None
