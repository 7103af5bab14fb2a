"""Words and colours that the parts of the Sprints tab share."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QListWidget

from loom.orchestration.record import Sprint
from loom_studio.texts import marked, tr
from loom_studio.theme import current

VERDICTS = {True: marked("passed"), False: marked("failed"), None: marked("not judged")}
VERDICT_SIGNS = {True: "✓", False: "✗", None: "–"}
SIGNS = {"passed": "✓", "accepted": "✓", "failed": "✗", "working": "…", "waiting": "⏸"}


def verdict_words(passed: bool | None) -> str:
    """A criterion's verdict with its sign."""
    return f"{VERDICT_SIGNS[passed]} {tr(VERDICTS[passed])}"


def time_words(seconds: float | None) -> str:
    """A duration as people say it; empty while there is none."""
    if seconds is None:
        return ""
    if seconds < 60:
        return tr("{seconds:.1f} s", seconds=seconds)
    if seconds < 3600:
        return tr("{minutes} min {seconds} s", minutes=int(seconds // 60), seconds=int(seconds % 60))
    return tr("{hours} h {minutes} min", hours=int(seconds // 3600), minutes=int(seconds % 3600 // 60))


def cost_words(sprint: Sprint) -> str:
    """What a sprint cost, in dollars, or in tokens where no price is known; empty while that is not known either."""
    if sprint.cost_usd is not None:
        return f"${sprint.cost_usd:.4f}" if sprint.cost_usd < 0.1 else f"${sprint.cost_usd:.2f}"
    if sprint.tokens >= 10_000:
        return tr("{thousands:.0f}k tok", thousands=sprint.tokens / 1000)
    return tr("{tokens:,} tok", tokens=sprint.tokens) if sprint.tokens else ""


def verdict_colour(passed: bool | None) -> QColor:
    """The colour of a criterion's verdict, which never stands alone."""
    tokens = current()
    return _colour(tokens.muted if passed is None else tokens.success if passed else tokens.danger)


@lru_cache(maxsize=16)
def _colour(name: str) -> QColor:
    return QColor(name)


def has_passed(sprint: Sprint) -> bool | None:
    """Whether a sprint passed or was accepted; None while it is not over."""
    return {"passed": True, "accepted": True, "failed": False}.get(sprint.state)


def chosen_row(view: QListWidget) -> int:
    """The row that is selected, -1 where none is: a screen reader or a script selects without making it current."""
    return next((index.row() for index in view.selectedIndexes()), -1)
