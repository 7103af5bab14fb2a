"""The search in the list of harness runs: by brief, state and agent, with keys, for as many runs as there may be."""

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from loom_studio.panels.sprints.run_list import RunFinder
from loom_studio.services.harness import HarnessRun


def harness_run(number: int, brief: str, how: str = "passed", **details: object) -> HarnessRun:
    is_done = how not in ("running", "queued", "interrupted")
    return HarnessRun(f"run-{number}", brief, how, 1, 5, how == "running", is_done, dict(details), 9)


RUNS = [
    harness_run(1, "Write a poem about the Moon", "failed", agent="/home/ada/agents/poet.toml"),
    harness_run(2, "Make calc.py\nwith a function add", "passed", models={"agent": "anthropic:opus"}),
    harness_run(3, "Write a letter", "running", evaluators=["/x/stern.toml"]),
]


@pytest.fixture
def finder(qtbot: QtBot) -> RunFinder:
    made = RunFinder()
    qtbot.addWidget(made)
    made.resize(420, 200)
    made.show()
    qtbot.waitExposed(made)
    made.runs.show_runs(RUNS, "run-1")
    return made


def found(finder: RunFinder) -> list[str]:
    return [finder.runs.item(row).text().rpartition("· ")[2] for row in range(finder.runs.count())]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("moon", ["Write a poem about the Moon"]),
        ("write  LETTER", ["Write a letter"]),
        ("function", ["Make calc.py"]),
        ("running", ["Write a letter"]),
        ("failed poet", ["Write a poem about the Moon"]),
        ("opus", ["Make calc.py"]),
        ("stern", ["Write a letter"]),
        ("run-2", ["Make calc.py"]),
        ("ada", []),  # the folder of an agent is not its name
        ("  ", ["Write a poem about the Moon", "Make calc.py", "Write a letter"]),
    ],
)
def test_runs_are_found_by_brief_state_agent_and_model(finder: RunFinder, text: str, titles: list[str]) -> None:
    finder.field.setText(text)
    assert found(finder) == titles


def test_the_search_is_worked_by_keys_and_an_empty_result_says_so(finder: RunFinder, qtbot: QtBot) -> None:
    assert finder.field.accessibleName() == "Search runs"
    said = finder.runs.findChild(QLabel, "Muted")
    assert said is not None
    qtbot.keyClicks(finder.field, "nowhere")
    assert found(finder) == []
    assert said.isVisible()
    assert "No run has these words" in said.text()
    qtbot.keyClick(finder.field, Qt.Key.Key_Down)
    assert not finder.runs.hasFocus()
    qtbot.keyClick(finder.field, Qt.Key.Key_Escape)
    assert finder.field.text() == ""
    assert len(found(finder)) == 3
    assert not said.isVisible()
    qtbot.keyClicks(finder.field, "letter")
    finder.field.setFocus()
    qtbot.keyClick(finder.field, Qt.Key.Key_Down)
    qtbot.waitUntil(finder.runs.hasFocus)
    assert finder.runs.chosen == RUNS[2]


def test_what_is_chosen_stays_chosen_while_the_search_hides_it(finder: RunFinder) -> None:
    finder.field.setText("calc")
    assert finder.runs.selectedItems() == []
    assert finder.runs.chosen == RUNS[0]
    # Runs are read again meanwhile.
    now = [harness_run(4, "Write a play", "running"), *RUNS]
    finder.runs.show_runs(now, "run-1")
    assert found(finder) == ["Make calc.py"]
    assert finder.runs.chosen == RUNS[0]
    finder.field.clear()
    assert [item.text() for item in finder.runs.selectedItems()] == [RUNS[0].words]
    finder.field.setText("calc")
    finder.runs.setCurrentRow(0)
    assert finder.runs.chosen == RUNS[1]
    finder.field.clear()
    assert finder.runs.chosen == RUNS[1]
    finder.runs.choose_none()
    assert finder.runs.chosen is None


def test_a_single_run_needs_no_search(finder: RunFinder) -> None:
    assert finder.field.isVisible()
    finder.runs.show_runs(RUNS[:1], "run-1")
    assert not finder.field.isVisible()
    finder.runs.show_runs(RUNS, "run-1")
    finder.field.setText("moon")
    assert finder.field.isVisible()  # one is left, and the words must go


def test_two_hundred_runs_with_long_briefs_are_searched_while_one_types(finder: RunFinder) -> None:
    runs = [harness_run(n, f"Brief {n}\n" + "words and more words " * 500) for n in range(200)]
    finder.runs.show_runs(runs, "run-0")
    finder.field.setText("b")
    took: list[float] = []
    for text in ("br", "bri", "brief", "brief 1", "brief 19", "brief 199"):
        began = time.process_time()
        finder.field.setText(text)
        took.append(time.process_time() - began)
    assert found(finder) == ["Brief 199"]
    assert sorted(took)[len(took) // 2] < 0.05


def test_esc_empties_the_search_before_it_shuts_what_is_beside_the_chat(finder: RunFinder, qtbot: QtBot) -> None:
    shut: list[bool] = []
    escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), finder)
    escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)  # as `Beside` has it
    escape.activated.connect(lambda: shut.append(True))
    finder.activateWindow()
    finder.field.setFocus()
    qtbot.waitUntil(finder.field.hasFocus)
    qtbot.keyClicks(finder.field, "moon")
    qtbot.keyClick(finder.field, Qt.Key.Key_Escape)
    assert (finder.field.text(), shut) == ("", [])
    qtbot.keyClick(finder.field, Qt.Key.Key_Escape)
    assert shut == [True]
