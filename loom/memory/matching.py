"""What a search looks for, and the piece of text around it that is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

AROUND_CHARS = 60


def parse_query(query: str) -> tuple[str, ...]:
    """The words that must all be there; what stands in double quotes is one of them."""
    found = re.findall(r'"([^"]+)"?|(\S+)', query)
    words = dict.fromkeys((quoted or bare).strip().strip('"') for quoted, bare in found)
    return tuple(word for word in words if word)


def found_in(text: str, wanted: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]] | None:
    """A snippet around the first match, and where in it the matches are; None unless all words are in the text.

    Letters match in either case.
    """
    places = [re.search(re.escape(word), text, re.IGNORECASE) for word in wanted]
    if None in places:
        return None
    first = min(place.start() for place in places if place is not None)
    start = max(0, first - AROUND_CHARS)
    end = min(len(text), first + 2 * AROUND_CHARS)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    snippet = before + re.sub(r"\s", " ", text[start:end]) + after
    pattern = "|".join(re.escape(word) for word in sorted(wanted, key=len, reverse=True))
    return snippet, tuple(match.span() for match in re.finditer(pattern, snippet, re.IGNORECASE))
