"""Buttons that take as many lines as they need, in a column that scrolls where there is no room."""

from PySide6.QtWidgets import QApplication, QListWidget, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from loom_studio.widgets.column import Column
from loom_studio.widgets.flow import FlowLayout

WORDS = ("Dismiss alert", "Show in transcript", "Tell the agent", "Run…", "Mute 1 h")


def buttons(layout: FlowLayout) -> list[QPushButton]:
    made = [QPushButton(word) for word in WORDS]
    for button in made:
        layout.addWidget(button)
    return made


def test_buttons_go_to_further_lines_and_hidden_ones_take_no_room(qapp: QApplication, qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    layout = FlowLayout(holder)
    made = buttons(layout)
    holder.resize(2000, 40)
    holder.show()
    qapp.processEvents()
    assert len({button.y() for button in made}) == 1
    holder.resize(220, 400)
    qapp.processEvents()
    assert len({button.y() for button in made}) > 2
    assert all(button.geometry().right() <= 220 for button in made)
    tall = layout.heightForWidth(220)
    for button in made[1:]:
        button.hide()
    assert layout.heightForWidth(220) < tall
    assert layout.minimumSize().width() == made[0].sizeHint().width()


def test_a_column_scrolls_only_below_its_least_height(qapp: QApplication, qtbot: QtBot) -> None:
    column = Column()
    qtbot.addWidget(column)
    grows = QListWidget()
    grows.setMinimumHeight(100)
    column.lines.addWidget(grows)
    flow = FlowLayout()
    made = buttons(flow)
    column.lines.addLayout(flow)
    column.resize(260, 600)
    column.show()
    qapp.processEvents()
    assert not column.verticalScrollBar().isVisible()
    assert grows.height() > 300, "the list takes what is left"
    column.resize(260, 120)
    qapp.processEvents()
    assert column.verticalScrollBar().isVisible()
    assert grows.height() == 100
    assert all(button.y() > grows.geometry().bottom() for button in made)
