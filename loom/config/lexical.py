"""Ranking of short texts by the words they share with a query."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

K1 = 1.2
B = 0.75
_WORD = re.compile(r"[a-z0-9_]+|[^\W\d_a-z]", re.UNICODE)


def words(text: str) -> list[str]:
    """Latin words whole, every other letter (so also CJK) by itself; lower case, plural s dropped."""
    found = _WORD.findall(text.lower())
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in found]


def rank(query: str, texts: Sequence[str]) -> list[tuple[int, float]]:
    """(index, score in 0..1) of the texts that share words with `query`, best first; equal ones in their order.

    Okapi BM25 (Robertson and Zaragoza, 2009) with k1 = 1.2 and b = 0.75, divided by the best score.
    """
    bags = [Counter(words(text)) for text in texts]
    mean_length = sum(bag.total() for bag in bags) / len(bags) if bags else 0.0
    scores = [0.0] * len(bags)
    for word in set(words(query)):
        holders = sum(1 for bag in bags if word in bag)
        weight = math.log(1 + (len(bags) - holders + 0.5) / (holders + 0.5))
        for index, bag in enumerate(bags):
            count = bag[word]
            length = bag.total() / mean_length if mean_length else 1.0
            scores[index] += weight * count * (K1 + 1) / (count + K1 * (1 - B + B * length)) if count else 0.0
    best = max(scores, default=0.0)
    found = [(index, score / best) for index, score in enumerate(scores) if score > 0]
    return sorted(found, key=lambda pair: -pair[1])
