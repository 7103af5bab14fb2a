"""What the command palette offers, and which of it fits what was typed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import nlargest

from loom_studio.services.fuzzy import SLICE, score

MOST_FOUND = 60
RECENT_BONUS = 25.0
"""What having been chosen last adds to how well something fits; less for what was chosen earlier."""
DETAIL_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to do or to open: a key that stays the same, its words, what it is, its shortcut, and the doing.

    It is found by `english` too, its words in English where they are shown in another language.
    """

    key: str
    label: str
    detail: str
    keys: str
    do: Callable[[], object]
    english: str = ""


async def fitting(typed: str, choices: Sequence[Choice], recent: Sequence[str]) -> list[Choice]:
    """The choices that fit best, the best first; with nothing typed those of before, then the others as they come.

    Thousands are looked at in slices, so that the window goes on meanwhile.
    """
    typed = " ".join(typed.split())
    places = {key: place for place, key in enumerate(recent)}
    if not typed:
        known = sorted((each for each in choices if each.key in places), key=lambda each: places[each.key])
        return [*known, *(each for each in choices if each.key not in places)][:MOST_FOUND]
    found: list[tuple[float, int, Choice]] = []
    for start in range(0, len(choices), SLICE):
        part = choices[start : start + SLICE]
        scored = [(_score(typed, each, places), -number, each) for number, each in enumerate(part, start)]
        fits = [*found, *(each for each in scored if each[0] > 0)]
        found = nlargest(MOST_FOUND, fits, key=lambda each: each[:2])
        await asyncio.sleep(0)
    return [choice for _, _, choice in found]


def _score(typed: str, choice: Choice, places: dict[str, int]) -> float:
    fits = max(score(typed, choice.label), DETAIL_SHARE * score(typed, f"{choice.detail} {choice.label}"))
    if choice.english:
        fits = max(fits, score(typed, choice.english))
    if fits > 0 and choice.key in places:
        fits += RECENT_BONUS / (1 + places[choice.key])
    return fits
