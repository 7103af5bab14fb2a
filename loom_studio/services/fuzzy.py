"""Finding by some of the letters: how well a text fits what was typed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from heapq import nlargest

SLICE = 1_000
"""How many texts are looked at before the window does something else."""


def score(typed: str, text: str) -> float:
    """How well `text` fits the letters typed, in their order; 0 if it does not.

    Letters that stand together, at the beginning of a word, or of the last part of a path, count more; long texts less.
    """
    if not typed:
        return 1.0 / (1 + len(text))
    wanted, folded = typed.casefold(), text.casefold()
    name = folded.rfind("/") + 1
    begins = folded.find(wanted, name)
    if begins < 0:
        begins = folded.find(wanted)
    if begins >= 0:
        at_word = begins == 0 or not folded[begins - 1].isalnum()
        return 100.0 + 50 * (begins == name) + 20 * at_word + 10 * (begins > name) - len(text) / 100
    total, at = 0.0, -1
    for letter in wanted:
        found = folded.find(letter, at + 1)
        if found < 0:
            return 0.0
        total += 3.0 if found == at + 1 else 2.0 if found == 0 or not folded[found - 1].isalnum() else 1.0
        at = found
    return max(0.1, total - len(text) / 100)


def best(typed: str, texts: Sequence[str], limit: int) -> list[str]:
    """The texts that fit best, the best first."""
    scored = [(score(typed, text), text) for text in texts]
    return [text for _, text in nlargest(limit, (each for each in scored if each[0] > 0), key=lambda each: each[0])]


async def best_of_many(typed: str, texts: Sequence[str], limit: int) -> list[str]:
    """As `best`, in slices, so that the window goes on meanwhile."""
    found: list[str] = []
    for start in range(0, len(texts), SLICE):
        found = best(typed, [*found, *texts[start : start + SLICE]], limit)
        await asyncio.sleep(0)
    return found
