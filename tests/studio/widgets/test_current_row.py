"""What a screen reader selects is what a page acts on."""

from PySide6.QtWidgets import QApplication, QListWidget

from loom_studio.widgets.current_row import follow_selection


def test_a_row_that_was_selected_alone_is_the_current_one(qapp: QApplication) -> None:
    rows = follow_selection(QListWidget())
    rows.addItems(["a", "b", "c"])
    rows.setCurrentRow(0)
    heard: list[int] = []
    rows.currentRowChanged.connect(heard.append)
    rows.item(2).setSelected(True)  # as the accessibility bus does it
    assert rows.currentRow() == 2
    assert heard == [2]
    rows.setCurrentRow(1)
    assert [item.text() for item in rows.selectedItems()] == ["b"]
    rows.clear()
    assert heard[:2] == [2, 1]
    rows.deleteLater()
