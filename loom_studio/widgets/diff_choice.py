"""How diffs are read: one below the other, or side by side."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class DiffChoice(QObject):
    """Whether diffs are read side by side: one choice for every place that shows one."""

    changed = Signal(bool)

    def __init__(self, *, side_by_side: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.side_by_side = side_by_side

    def choose(self, *, side_by_side: bool) -> None:
        """Choose, and say so."""
        if side_by_side != self.side_by_side:
            self.side_by_side = side_by_side
            self.changed.emit(side_by_side)
