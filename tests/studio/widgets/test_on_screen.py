"""A window can be taken hold of after a display went, and is left alone where it is seen."""

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from loom_studio.theme import apply_theme, set_scale
from loom_studio.widgets.on_screen import OnScreen, placed_on
from loom_studio.widgets.sized import FRAME_PX, grown, open_at

MAIN, SECOND = QRect(0, 0, 1920, 1040), QRect(1920, 0, 1280, 1000)


@pytest.mark.parametrize(
    "window",
    [
        QRect(100, 100, 1240, 800),
        QRect(1850, 50, 900, 700),  # half on each
        QRect(-1000, 10, 1240, 800),  # enough of its title is seen
        QRect(2000, 900, 1000, 800),  # its foot is below the screen
    ],
)
def test_a_window_that_is_seen_stays(window: QRect) -> None:
    assert placed_on(window, [MAIN, SECOND]) is None


@pytest.mark.parametrize(
    "window",
    [QRect(2000, 100, 1000, 800), QRect(100, -300, 1240, 800), QRect(100, 1030, 800, 600), QRect(-9000, 0, 800, 600)],
)
def test_one_whose_screen_went_comes_whole_onto_the_main_one(window: QRect) -> None:
    placed = placed_on(window, [MAIN])
    assert placed is not None
    assert MAIN.contains(placed)
    assert placed.size() == window.size()


def test_one_that_is_larger_than_what_is_left_fits(qtbot: QtBot) -> None:
    placed = placed_on(QRect(4000, 0, 3000, 2000), [QRect(0, 0, 1280, 720)])
    assert placed == QRect(0, 0, 1280, 720)
    assert placed_on(QRect(0, 0, 10, 10), []) is None


@pytest.mark.parametrize(
    ("window", "placed"),
    [
        (QRect(100, 57, 1240, 800), QRect(0, 0, 1024, 768)),
        (QRect(0, 700, 1100, 500), QRect(0, 268, 1024, 500)),
    ],
)
def test_one_that_is_cut_by_a_screen_that_became_smaller_fits_into_it(window: QRect, placed: QRect) -> None:
    assert placed_on(window, [QRect(0, 0, 1024, 768)]) == placed


def test_one_that_is_seen_whole_over_two_screens_stays() -> None:
    assert placed_on(QRect(100, 20, 2500, 900), [MAIN, SECOND]) is None
    assert placed_on(QRect(100, 20, 2500, 900), [MAIN]) == QRect(0, 20, 1920, 900)


def test_a_change_of_the_screens_brings_a_real_window_back(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    OnScreen(window)
    window.resize(400, 300)
    window.move(-5000, -5000)
    window.show()
    QGuiApplication.screens()[0].availableGeometryChanged.emit(QRect())
    area = QGuiApplication.screens()[0].availableGeometry()
    qtbot.waitUntil(lambda: area.contains(window.geometry().center()))


def test_larger_letters_keep_a_window_on_its_screen_and_give_a_dialog_more_room(
    qapp: QApplication, qtbot: QtBot
) -> None:
    apply_theme(qapp, "light")
    area = QGuiApplication.screens()[0].availableGeometry()
    window, dialog = QWidget(), QWidget()
    for each in (window, dialog):
        qtbot.addWidget(each)
    OnScreen(window)
    open_at(dialog, 300, 500)
    window.show()
    try:
        set_scale(200)
        apply_theme(qapp, "light")
        window.resize(3 * area.width(), 200)  # what its columns ask for
        assert dialog.size().toTuple() == (600, min(1000, area.height() - FRAME_PX))
        qtbot.waitUntil(lambda: window.frameGeometry().width() <= area.width())
    finally:
        set_scale(100)
        apply_theme(qapp, "light")


def test_a_window_opens_larger_with_larger_letters_as_far_as_there_is_room(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    room = window.screen().availableGeometry().size()
    try:
        set_scale(200)
        assert grown(window, 300, 200) == QSize(600, 400)
        assert grown(window, room.width() - 100, 200) == QSize(room.width() - FRAME_PX, 400)
        assert grown(window, room.width() + 50, 200) == QSize(room.width() + 50, 400)
    finally:
        set_scale(100)
    assert grown(window, 300, 200) == QSize(300, 200)
