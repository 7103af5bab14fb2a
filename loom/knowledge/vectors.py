"""Vectors of texts: as the bytes that an index keeps, and which of them are nearest to another."""

from __future__ import annotations

import importlib
import math
import operator
import sys
from array import array
from collections.abc import Sequence
from typing import Any

SLOW_LIMIT = 3_000
"""Without numpy, of so many vectors at most the nearest is looked for: about 100 ms at 256 dimensions."""


def to_blob(vector: Sequence[float]) -> bytes:
    """A vector at length 1, as little-endian float32. A zero vector stays one."""
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    held = array("f", (value / length for value in vector))
    if sys.byteorder == "big":
        held.byteswap()
    return held.tobytes()


def from_blob(blob: bytes) -> array[float]:
    """The numbers of such bytes."""
    held = array("f")
    held.frombytes(blob[: len(blob) - len(blob) % 4])
    if sys.byteorder == "big":
        held.byteswap()
    return held


class VectorSet:
    """Vectors of one length under ids, to look for the nearest."""

    def __init__(self, ids: Sequence[int], blobs: Sequence[bytes]) -> None:
        self.ids = list(ids)
        self._numpy = _numpy()
        self._matrix: Any = None
        self._rows: list[array[float]] = []
        if self._numpy is not None and ids:
            self._matrix = self._numpy.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(ids), -1)
        else:
            self._rows = [from_blob(blob) for blob in blobs[:SLOW_LIMIT]]

    @property
    def is_whole(self) -> bool:
        """False where, without numpy, there are more vectors than are looked at."""
        return self._matrix is not None or len(self._rows) == len(self.ids)

    def nearest(self, vector: Sequence[float], limit: int) -> list[tuple[int, float]]:
        """(id, cosine) of the nearest, nearest first; empty if the vector has another length."""
        wanted = from_blob(to_blob(vector))
        if not self.ids:
            return []
        if self._matrix is not None:
            if self._matrix.shape[1] != len(wanted):
                return []
            scores = self._matrix @ self._numpy.frombuffer(wanted, dtype=self._numpy.float32)
            if len(self.ids) > limit:
                best = self._numpy.argpartition(-scores, limit)[:limit]
                best = best[self._numpy.argsort(-scores[best])]
            else:
                best = self._numpy.argsort(-scores)
            return [(self.ids[int(row)], float(scores[row])) for row in best[:limit]]
        found = [
            (self.ids[number], sum(map(operator.mul, row, wanted)))
            for number, row in enumerate(self._rows)
            if len(row) == len(wanted)
        ]
        return sorted(found, key=operator.itemgetter(1), reverse=True)[:limit]


def _numpy() -> Any:
    try:
        return importlib.import_module("numpy")
    except ImportError:
        return None
