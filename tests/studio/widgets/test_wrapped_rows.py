"""Rows of a list that wraps are as high as their text, wherever it breaks."""

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QListWidget

from loom_studio.theme import apply_theme
from loom_studio.widgets.wrapped_rows import PADDING_PX, wrap_rows

TEXT = "long · this project · waits for your trust and for some more words"


@pytest.mark.parametrize("width", [180, 250, 300])
def test_a_row_has_room_for_all_of_its_text(qapp: QApplication, width: int) -> None:
    apply_theme(qapp, "dark")
    rows = QListWidget()
    wrap_rows(rows)
    rows.resize(width, 400)
    rows.addItems([TEXT[:end] for end in range(10, len(TEXT))])
    rows.show()
    qapp.processEvents()
    inner = rows.viewport().width() - 2 * PADDING_PX - 6
    for number in range(rows.count()):
        item = rows.item(number)
        room = QRect(0, 0, inner, 1000)
        needed = rows.fontMetrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), item.text()).height()
        assert rows.visualItemRect(item).height() >= needed, item.text()
    rows.deleteLater()
