"""Combo boxes say their name to assistive technology, and can be chosen from by it."""

import sys

import pytest
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loom_studio.widgets.bus_names import install_bus_names
from loom_studio.widgets.choice import choice

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Qt names combo boxes itself")


@pytest.fixture(scope="module", autouse=True)
def installed(qapp: QApplication) -> None:
    install_bus_names()


def test_it_goes_by_its_name_and_its_text_is_the_value(qtbot: QtBot) -> None:
    box = choice("Mode")
    qtbot.addWidget(box)
    box.addItems(["Plan", "Ask"])
    seen = QAccessible.queryAccessibleInterface(box)
    assert seen.text(QAccessible.Text.Name) == "Mode"
    assert seen.text(QAccessible.Text.Value) == "Plan"
    assert seen.role() is QAccessible.Role.ComboBox
    assert seen.childCount() == 1
    assert seen.indexOfChild(seen.child(0)) == 0
    assert seen.child(0).role() is QAccessible.Role.List


def test_a_selection_over_the_bus_chooses_and_one_by_keyboard_waits_for_enter(qtbot: QtBot) -> None:
    box = choice("Mode")
    qtbot.addWidget(box)
    box.addItems(["Plan", "Ask", "Auto"])
    chosen: list[str] = []
    box.textActivated.connect(chosen.append)
    model = box.view().selectionModel()
    model.select(box.model().index(2, 0), QItemSelectionModel.SelectionFlag.Select)
    qtbot.waitUntil(lambda: chosen == ["Auto"])
    assert box.currentText() == "Auto"
    model.setCurrentIndex(box.model().index(1, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    qtbot.wait(20)
    assert chosen == ["Auto"]


def test_a_box_that_is_filled_anew_and_shows_none_of_its_items_chooses_nothing(
    qapp: QApplication, qtbot: QtBot
) -> None:
    box = choice("Agent")
    qtbot.addWidget(box)
    chosen: list[int] = []
    box.activated.connect(chosen.append)
    box.addItems(["One", "Two"])
    qapp.processEvents()
    box.clear()
    box.addItems(["One", "Two"])
    box.setCurrentIndex(-1)
    for _ in range(3):
        qapp.processEvents()
    assert chosen == []
    assert box.currentIndex() == -1
