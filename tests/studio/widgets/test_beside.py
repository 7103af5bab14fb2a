"""The inspector's place: a column in a wide window, above the chat in a narrow one."""

from PySide6.QtWidgets import QLabel, QMainWindow, QSplitter
from pytestqt.qtbot import QtBot
from typing_extensions import override

from loom_studio.widgets.beside import Beside


class Window(QMainWindow):
    def __init__(self) -> None:
        super().__init__()
        self.columns = QSplitter()
        self.chat, self.panel = QLabel("chat"), QLabel("panel")
        self.columns.addWidget(self.chat)
        self.setCentralWidget(self.columns)
        self.beside = Beside(self.columns, self.panel, 1100, is_wanted=True)
        self.columns.setSizes([800, 400])

    @override
    def resizeEvent(self, event: object) -> None:
        self.beside.fit()


def test_a_narrow_window_gives_the_chat_all_the_room_until_the_panel_is_wanted(qtbot: QtBot) -> None:
    window = Window()
    qtbot.addWidget(window)
    window.resize(1300, 700)
    window.show()
    assert window.panel.isVisible()
    before = window.columns.sizes()
    window.resize(1000, 680)
    assert not window.panel.isVisible()
    assert window.chat.width() == window.columns.width()
    window.beside.toggle()
    assert window.panel.isVisible()
    assert window.chat.width() == window.columns.width(), "it lies above"
    assert window.panel.geometry().right() >= window.columns.width() - 1
    window.resize(900, 600)
    assert window.panel.geometry().right() == window.columns.width() - 1, "it stays at the edge"
    window.beside.toggle()
    assert not window.panel.isVisible()
    window.resize(1300, 700)
    assert window.panel.isVisible()
    qtbot.waitUntil(lambda: all(abs(a - b) <= 4 for a, b in zip(window.columns.sizes(), before, strict=True)))


def test_what_was_put_away_in_a_wide_window_stays_away_and_a_narrow_one_does_not_decide_that(qtbot: QtBot) -> None:
    window = Window()
    qtbot.addWidget(window)
    window.resize(1300, 700)
    window.show()
    window.beside.toggle()
    window.resize(1000, 680)
    window.beside.toggle()
    window.resize(1300, 700)
    assert (window.panel.isVisible(), window.beside.is_wanted) == (False, False)
    window.beside.show()
    assert (window.panel.isVisible(), window.beside.is_wanted) == (True, True)
