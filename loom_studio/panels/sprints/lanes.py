"""One sprint as a column of a timeline: its verdict, then a lane for who worked, the context, events and cost."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from loom.orchestration.record import Happening, Span, Sprint
from loom_studio.panels.sprints.told import happening_words, span_words
from loom_studio.panels.sprints.words import SIGNS, cost_words, has_passed, time_words, verdict_colour
from loom_studio.texts import marked, plural, tr
from loom_studio.theme import current, px
from loom_studio.widgets.pressure_chart import AMBER, RED, level_colour

LANES = (
    marked("planner"),
    marked("generator"),
    marked("evaluator"),
    marked("context"),
    marked("events"),
    marked("cost"),
)
LANE_PX = 16
CHIP_PX = 40
EDGE_PX = 3
FULL_PX = 60
"""A narrower column has the sign of its verdict, and no words."""
NARROW_PX = 18
"""Where a column is narrower than this, all are painted as narrow ones."""
LEAST_POINT_PX, COARSE_POINTS = 3, 8


def column_height() -> int:
    """How high a column is, in pixels at the scale of now."""
    return px(CHIP_PX) + len(LANES) * px(LANE_PX) + 2 * px(EDGE_PX) + 2


def lane_top(number: int) -> int:
    """How far below the top of a column the lane of this number begins."""
    return px(CHIP_PX) + px(EDGE_PX) + number * px(LANE_PX)


@dataclass(frozen=True)
class Column:
    """A sprint with the planner's work, which stands before the first; how it is laid out over wall time."""

    sprint: Sprint
    planning: Span | None = None

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """Who worked, in the order in which they began."""
        both = (*((self.planning,) if self.planning is not None else ()), *self.sprint.spans)
        return tuple(sorted(both, key=lambda span: span.began))

    @cached_property
    def began(self) -> float:
        """When it began, in seconds since the epoch; 0 where that is not recorded."""
        return self.spans[0].began if self.spans else 0.0

    @cached_property
    def coarse_pressure(self) -> tuple[tuple[float, float], ...]:
        """The pressure in few points: the highest of each stretch."""
        points = self.sprint.pressure
        size = max(1, -(-len(points) // COARSE_POINTS))
        stretches = [points[at : at + size] for at in range(0, len(points), size)]
        return tuple((each[0][0], max(rho for _, rho in each)) for each in stretches)

    @property
    def seconds(self) -> float:
        """How long it took, or has taken by now; its waiting is in it."""
        if not self.spans:
            return self.sprint.duration_s or 0.0
        return max(self._end(span) for span in self.spans) - self.began

    @property
    def words(self) -> str:
        """What its lanes show, in words."""
        took = [(span_words(span), time_words(span.took_s) or tr("now")) for span in self.spans]
        lines = [tr("{name}: {value}", name=name, value=value) for name, value in took]
        if self.sprint.pressure:
            most = max(rho for _, rho in self.sprint.pressure)
            lines.append(tr("context at most {share:.0%} full", share=most))
        lines += [happening_words(each) for each in self.sprint.happenings[:12]]
        if len(self.sprint.happenings) > 12:
            lines.append(tr("… {more} more events", more=len(self.sprint.happenings) - 12))
        return "\n".join([*lines, *([cost] if (cost := cost_words(self.sprint)) else [])])

    def _end(self, span: Span) -> float:
        return time.time() if span.took_s is None else span.began + span.took_s

    def paint(self, painter: QPainter, rect: QRectF, *, is_chosen: bool, is_narrow: bool = False) -> None:
        """Paint it into a rectangle of `column_height()`; a narrow one has no frame, and a bar for its verdict."""
        tokens = current()
        if is_narrow:
            self._paint_line(painter, rect, is_chosen=is_chosen)
            return
        frame = rect.adjusted(1, 1, -2, -2)
        painter.setPen(QPen(QColor(tokens.accent if is_chosen else tokens.border), 2 if is_chosen else 1))
        painter.setBrush(QColor(tokens.surface))
        painter.drawRect(frame)
        edge = px(EDGE_PX)
        inner = frame.adjusted(edge, edge, -edge, -edge)
        self._paint_chip(painter, QRectF(inner.left(), inner.top(), inner.width(), px(CHIP_PX - 4)))
        self._paint_lanes(painter, inner, frame.top())
        if inner.width() >= _worded_px():
            painter.setPen(QColor(tokens.muted))
            place = QRectF(inner.left() + 1, frame.top() + lane_top(5), inner.width() - 1, px(LANE_PX))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, cost_words(self.sprint))

    def _paint_line(self, painter: QPainter, rect: QRectF, *, is_chosen: bool) -> None:
        """Where there is room for a line: what passed is high, what failed low, so that colour is not all."""
        tokens, passed = current(), has_passed(self.sprint)
        if is_chosen:
            painter.fillRect(rect, QColor(tokens.user))
        inner = rect.adjusted(1, 0, -1, 0)
        high, chip = px(CHIP_PX - 6), px(CHIP_PX)
        height = high if passed else high / 2 if passed is False else px(3)
        place = QRectF(inner.left(), rect.top() + chip - height, inner.width(), height)
        painter.fillRect(place, verdict_colour(passed))
        self._paint_lanes(painter, inner, rect.top() + 1)

    def _paint_lanes(self, painter: QPainter, inner: QRectF, top: float) -> None:
        """Paint what is laid out over time, between the left and the right of `inner`, in a column from `top` on."""
        scale = _Scale(self.began, self.seconds, inner.left(), inner.width())
        self._paint_work(painter, scale, top)
        self._paint_context(painter, scale, top + lane_top(3))
        self._paint_events(painter, scale, top + lane_top(4))

    def _paint_chip(self, painter: QPainter, rect: QRectF) -> None:
        sprint, tokens = self.sprint, current()
        colour = verdict_colour(has_passed(sprint))
        bar = px(3)
        painter.fillRect(QRectF(rect.left(), rect.top(), rect.width(), bar), colour)
        half = (rect.height() - bar - 1) / 2
        upper = QRectF(rect.left() + 1, rect.top() + bar + 1, rect.width() - 1, half)
        lower = upper.translated(0, half)
        painter.setPen(colour)
        if rect.width() < _worded_px():
            painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, SIGNS[sprint.state])
            painter.setPen(QColor(tokens.muted))
            if rect.width() >= px(LANE_PX):
                painter.drawText(lower, Qt.AlignmentFlag.AlignCenter, str(sprint.number))
            return
        font = painter.font()
        bold = QFont(font)
        bold.setBold(True)
        painter.setFont(bold)
        said = f"{sprint.number} {SIGNS[sprint.state]}"
        counted = f"{said} {sprint.passed_criteria}/{len(sprint.criteria)}"
        if painter.fontMetrics().horizontalAdvance(counted) <= upper.width():
            said = counted
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, said)
        painter.setFont(font)
        painter.setPen(QColor(tokens.muted))
        painter.drawText(lower, Qt.AlignmentFlag.AlignVCenter, time_words(sprint.duration_s) or tr("now"))

    def _paint_work(self, painter: QPainter, scale: _Scale, top: float) -> None:
        tokens = current()
        lane, gap = px(LANE_PX), px(4)
        colours = {"planner": tokens.name, "generator": tokens.accent, "evaluator": tokens.warning}
        for span in self.spans:
            left = scale.x(span.began)
            width = max(2.0, scale.x(self._end(span)) - left)
            y = top + lane_top(LANES.index(span.lane)) + gap
            place = QRectF(left, y, min(width, max(1.0, scale.right - left)), lane - 2 * gap)
            painter.fillRect(place, QColor(colours[span.lane]))
            if span.took_s is None:  # it goes on: its end is open
                painter.fillRect(QRectF(scale.right - 2, y - gap / 2, 2, lane - gap), QColor(tokens.text))

    def _paint_context(self, painter: QPainter, scale: _Scale, top: float) -> None:
        points = self.sprint.pressure
        if not points:
            return
        lane = px(LANE_PX)
        if scale.width >= px(FULL_PX):
            painter.setPen(QPen(QColor(current().border), 1))
            for level in (AMBER, RED):
                y = int(top + (lane - 2) * (1 - level) + 1)
                painter.drawLine(int(scale.left), y, int(scale.right), y)
        if len(points) * LEAST_POINT_PX > scale.width:
            points = self.coarse_pressure
        ends = [*(at for at, _ in points[1:]), self._generator_end()]
        for (at, rho), end in zip(points, ends, strict=True):
            left = scale.x(at)
            height = max(1.0, (lane - 2) * min(1.0, rho))
            width = max(1.0, scale.x(end) - left)
            painter.fillRect(QRectF(left, top + lane - 1 - height, width, height), level_colour(rho))

    def _paint_events(self, painter: QPainter, scale: _Scale, top: float) -> None:
        happenings = self.sprint.happenings
        if not happenings:
            return
        tokens, mark = current(), px(2)
        colours = {"veto": tokens.danger, "failed": tokens.danger, "files": tokens.accent, "compressed": tokens.name}
        for each in happenings:
            colour = QColor(colours.get(each.kind, tokens.warning))
            place = QRectF(min(scale.x(each.at), scale.right - mark), top + px(11), mark, px(4))
            painter.fillRect(place, colour)
        said = events_words(happenings) if scale.width >= px(FULL_PX) else ""
        if said and scale.width >= painter.fontMetrics().horizontalAdvance(said):
            painter.setPen(QColor(tokens.muted))
            small = QRectF(scale.left + 1, top - 2, scale.width, px(LANE_PX) - 2)
            painter.drawText(small, Qt.AlignmentFlag.AlignVCenter, said)

    def _generator_end(self) -> float:
        ends = [self._end(span) for span in self.spans if span.lane == "generator"]
        return max(ends, default=self.began + self.seconds)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a time is between the left and the right of a column."""

    began: float
    seconds: float
    left: float
    width: float

    @property
    def right(self) -> float:
        return self.left + self.width

    def x(self, at: float) -> float:
        share = (at - self.began) / self.seconds if self.seconds > 0 else 0.0
        return self.left + self.width * (0.0 if share < 0 else 1.0 if share > 1 else share)


def _worded_px() -> int:
    """The room within a column from which on it has words."""
    return px(FULL_PX) - 2 * px(EDGE_PX) - 4


def events_words(happenings: tuple[Happening, ...]) -> str:
    """How many events there were of each kind, such as `2 vetoes, 1 approval`."""
    counts = Counter(each.kind for each in happenings)
    return tr(", ").join(_counted(kind, count) for kind, count in counts.most_common(3))


def _counted(kind: str, count: int) -> str:
    match kind:
        case "approval":
            return plural("{n} approval", "{n} approvals", count)
        case "veto":
            return plural("{n} veto", "{n} vetoes", count)
        case "files":
            return plural("{n} change of files", "{n} changes of files", count)
        case "failed":
            return plural("{n} failure", "{n} failures", count)
        case "compressed":
            return plural("{n} compression", "{n} compressions", count)
        case "alert":
            return plural("{n} alert", "{n} alerts", count)
        case _:
            return f"{count} {kind}"
