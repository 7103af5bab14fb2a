"""A diff is shown whole, unified and side by side, and never holds the window up."""

import difflib
import gc
import time

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loom_studio.theme import apply_theme, current
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.diff_rows import DiffRow, broken, diff_rows, side_by_side
from loom_studio.widgets.diff_view import DiffView


def diff(before: list[str], after: list[str], around: int = 3) -> str:
    return "\n".join(difflib.unified_diff(before, after, "a/f", "b/f", lineterm="", n=around))


def shown(qtbot: QtBot, text: str, choice: DiffChoice | None = None) -> DiffView:
    view = DiffView("Diff", choice)
    qtbot.addWidget(view)
    view.resize(700, 400)
    view.show()
    view.show_text(text, as_diff=True)
    qtbot.waitUntil(lambda: view.is_filled, timeout=20_000)
    return view


def test_lines_know_their_numbers_and_their_part() -> None:
    text = diff(["one", "two", *"abcdefgh", "last"], ["one", "2", "2.5", *"abcdefgh", "end"], around=1)
    rows = [(row.kind, row.old, row.new, row.hunk) for row in diff_rows(text) if row.kind != "head"]
    assert rows == [
        ("hunk", 0, 1, 0), ("same", 1, 1, 0), ("removed", 2, 2, 0), ("added", 0, 2, 0), ("added", 0, 3, 0),
        ("same", 3, 4, 0), ("hunk", 0, 11, 1), ("same", 10, 11, 1), ("removed", 11, 12, 1), ("added", 0, 12, 1),
    ]  # fmt: skip


def test_a_changed_line_that_looks_like_a_head_is_a_changed_line() -> None:
    text = diff(["-- a/x", "@@ -1 +1 @@"], ["++ b/x", "diff --git"])
    assert [row.kind for row in diff_rows(text)][3:] == ["removed", "removed", "added", "added"]


def test_what_was_removed_stands_beside_what_came_for_it() -> None:
    pairs = list(side_by_side(diff_rows(diff(["one", "two", "three"], ["one", "2"]))))[3:]
    assert [(old.text, new.text) for old, new in pairs] == [(" one", " one"), ("-two", "+2"), ("-three", "")]
    assert pairs[-1][1].kind == "gap"


@pytest.mark.parametrize("text", ["+" + "x" * 1000, "+" + "字" * 500, "+a\tb" * 100, "+e\u0301" * 300])
def test_a_line_is_broken_to_a_width_and_nothing_is_lost(text: str) -> None:
    pieces = broken(DiffRow("added", text, new=7), 80)
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.continues for piece in pieces] == [False] + [True] * (len(pieces) - 1)
    assert all(len(piece.text) <= 160 for piece in pieces)


def test_both_sides_stay_level_and_all_places_follow_one_choice(qtbot: QtBot) -> None:
    choice = DiffChoice()
    text = diff(["same", "short", "tail"], ["same", "long " * 100, "more", "tail"])
    view, other = shown(qtbot, text, choice), shown(qtbot, text, choice)
    assert view.unified.isVisible()
    assert view.unified.toPlainText() == text
    view.switch.click()
    for each in (view, other):
        assert each.after.isVisible()
        assert each.before.isVisible()
        assert not each.unified.isVisible()
        assert each.before.blockCount() == each.after.blockCount()
    left, right = view.before.toPlainText().split("\n"), view.after.toPlainText().split("\n")
    assert "-short" in left
    assert left[-1] == right[-1] == " tail"
    assert "".join(right).count("long ") == 100
    assert view.row is not None
    assert (view.row.kind, view.row.new) == ("added", 2)
    view.after.go_to(len(view.after.rows) - 1)
    assert view.row == DiffRow("same", " tail", 3, 4, 0)
    other.switch.click()
    assert view.unified.isVisible()
    assert (view.before.accessibleName(), view.after.accessibleName()) == ("Diff before", "Diff after")


def test_hidden_characters_are_escapes_on_both_sides(qtbot: QtBot) -> None:
    view = shown(qtbot, diff(["a\u200bb"], ["a\u202eb"]))
    for _ in range(2):
        whole = view.unified.toPlainText() + view.before.toPlainText() + view.after.toPlainText()
        assert "a\\u200bb" in whole
        assert "a\\u202eb" in whole
        assert "\u202e" not in whole
        assert view.hidden == 2
        view.switch.click()


@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("case", ["5,000 lines", "long lines", "one line", "not ASCII"])
def test_the_window_never_waits_for_a_diff(qtbot: QtBot, case: str, side_by_side: bool) -> None:
    before, after = {
        "5,000 lines": ([f"line {n} of a file" for n in range(5000)], [f"line {n} of the file" for n in range(5000)]),
        "long lines": (["x y " * 1000] * 100, ["x z " * 1000] * 100),
        "one line": (["a"], ["word " * 80_000]),
        "not ASCII": ([f"Zeile {n} – größer" for n in range(5000)], [f"第 {n} 行 приве\u0301т" for n in range(5000)]),
    }[case]
    text = diff(before, after)
    view = DiffView("Diff", DiffChoice(side_by_side=side_by_side))
    qtbot.addWidget(view)
    view.resize(700, 400)
    view.show()
    QApplication.processEvents()
    gc.collect()  # the Studio collects in a quiet moment, and never in a turn
    gc.disable()
    try:
        longest = _turn(lambda: view.show_text(text, as_diff=True))
        turns = 0
        while not view.is_filled:
            longest = max(longest, _turn(QApplication.processEvents))
            turns += 1
            assert turns < 5000
        longest = max(longest, _turn(QApplication.processEvents))
    finally:
        gc.enable()
    assert longest < 0.25, f"{longest * 1000:.0f} ms"


@pytest.mark.parametrize("name", ["light", "dark"])
def test_changed_lines_have_the_theme_s_colour(qtbot: QtBot, qapp: QApplication, name: str) -> None:
    apply_theme(qapp, name)
    view = shown(qtbot, diff(["a"], ["b"]))
    picture = view.unified.grab().toImage()
    colours = {picture.pixelColor(picture.width() - 30, y).name() for y in range(picture.height())}
    assert {current().added, current().removed} <= colours
    apply_theme(qapp, "light")


def _turn(work: object) -> float:
    assert callable(work)
    began = time.thread_time()
    work()
    return time.thread_time() - began
