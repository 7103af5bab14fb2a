"""A harness run of 50 sprints with 20 criteria in the Sprints tab's timeline and matrix: filled, and painted."""

import json
import os
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6 import QtWidgets

from loom.orchestration.record import Criterion, Happening, Span, Sprint
from loom_studio.panels.sprints.matrix import CriteriaTable
from loom_studio.panels.sprints.timeline import TimelineBox
from loom_studio.theme import apply_theme

SPRINTS, CRITERIA, WIDTH, REPEATS = int(sys.argv[3]), 20, 1400, 15


def sprint(number):
    began, took = number * 60.0, 20.0 + number % 7 * 5
    criteria = tuple(
        Criterion(f"Criterion {n} says something that is checked", (n + number) % 3 > 0, f"src/a.py:{n} says so", 0.8)
        for n in range(CRITERIA)
    )
    spans = (
        Span("evaluator", began, took * 0.1, "the evaluator proposed criteria"),
        Span("generator", began + took * 0.1, took * 0.6, "the generator worked"),
        Span("evaluator", began + took * 0.7, took * 0.3, "evaluator 1 judged"),
    )
    pressure = tuple((began + took * (0.1 + n / 100), 0.3 + n / 90) for n in range(60))
    happened = tuple(Happening(began + took * n / 10, "veto", "refused") for n in range(3))
    return Sprint(
        number, "failed", criteria, "x" * 2000, "no", duration_s=took, tokens=900, cost_usd=0.02, spans=spans,
        pressure=pressure, happenings=happened,
    )  # fmt: skip


def best(work):
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return min(times)


app = QtWidgets.QApplication([])
apply_theme(app, "light")
sprints = [sprint(number) for number in range(1, SPRINTS + 1)]
box, table = TimelineBox(), CriteriaTable()
for widget, height in ((box, box.height()), (table, 560)):
    widget.resize(WIDTH, height)
    widget.show()
    app.processEvents()


def fill():
    box.timeline.clear()
    table.show_sprints(())
    box.timeline.show_sprints(sprints)
    table.show_sprints(sprints)


fill_ms = best(fill)


def paint():
    box.timeline.viewport().repaint()
    table.viewport().repaint()


def paint_anew():
    box.timeline._painter.forget()
    paint()


box.timeline.fit()
app.processEvents()
result = {"fill_ms": fill_ms, "paint_ms": best(paint), "anew_ms": best(paint_anew)}
print(json.dumps(result), flush=True)
os._exit(0)
