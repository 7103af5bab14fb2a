"""Sums of row heights that can change one at a time, in logarithmic time (Fenwick 1994)."""

from __future__ import annotations

from collections.abc import Iterable


class Heights:
    """Heights of rows, with the position of each and the row at each position."""

    def __init__(self, heights: Iterable[float] = ()) -> None:
        self._build(list(heights))

    def put_before(self, heights: Iterable[float]) -> None:
        """Add rows before the first; in time that grows with all rows."""
        self._build([*heights, *self._values])

    def _build(self, heights: list[float]) -> None:
        self._values: list[float] = heights
        self._tree: list[float] = [0.0, *self._values]
        for index in range(1, len(self._tree)):
            above = index + (index & -index)
            if above < len(self._tree):
                self._tree[above] += self._tree[index]

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, row: int) -> float:
        return self._values[row]

    @property
    def total(self) -> float:
        """The sum of all heights."""
        return self.top(len(self._values))

    def append(self, height: float) -> None:
        """Add a row at the end."""
        self._values.append(height)
        index = len(self._values)
        total, step = height, 1
        while step < (index & -index):
            total += self._tree[index - step]
            step <<= 1
        self._tree.append(total)

    def set(self, row: int, height: float) -> float:
        """Change a row's height; returns by how much it grew."""
        grown = height - self._values[row]
        if grown:
            self._values[row] = height
            index = row + 1
            while index < len(self._tree):
                self._tree[index] += grown
                index += index & -index
        return grown

    def top(self, row: int) -> float:
        """The sum of the heights before `row`."""
        total = 0.0
        while row:
            total += self._tree[row]
            row &= row - 1
        return total

    def row_at(self, y: float) -> int:
        """The row that covers position `y`; the last one beyond the end, -1 without rows."""
        position, bit, rest = 0, 1 << len(self._values).bit_length(), max(0.0, y)
        while bit:
            following = position + bit
            if following <= len(self._values) and self._tree[following] <= rest:
                position = following
                rest -= self._tree[following]
            bit >>= 1
        return min(position, len(self._values) - 1)
