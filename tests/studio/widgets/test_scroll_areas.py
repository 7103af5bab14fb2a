"""A scroll area answers a screen reader that asks for a child that is not there any more."""

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from loom_studio.widgets.bus_names import install_bus_names


def test_a_child_that_has_gone_is_none(qtbot: QtBot) -> None:
    install_bus_names()
    area = QScrollArea()
    qtbot.addWidget(area)
    area.setAccessibleName("Pages")
    area.setWidgetResizable(True)
    content = QLabel("text\n" * 200)
    area.setWidget(content)
    area.resize(200, 100)
    area.show()
    seen = QAccessible.queryAccessibleInterface(area)
    assert seen is not None
    assert seen.text(QAccessible.Text.Name) == "Pages"
    with_bar = seen.childCount()
    assert all(seen.child(number) is not None for number in range(with_bar))
    content.setText("short")
    for number in (with_bar, with_bar + 1, 50, -1):
        assert seen.child(number) is None
