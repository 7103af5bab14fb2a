"""A list with nothing in it says so, and says nothing once there is something."""

from PySide6.QtWidgets import QApplication, QListWidget

from loom_studio.widgets.empty_text import EmptyText


def test_words_stand_in_an_empty_list_only(qapp: QApplication) -> None:
    view = QListWidget()
    words = EmptyText(view, "Nothing waits for you.")
    view.resize(200, 100)
    view.show()
    assert words.isVisible()
    view.addItem("A call")
    assert not words.isVisible()
    view.takeItem(0)
    assert words.isVisible()
    view.addItem("Another")
    view.clear()
    assert words.isVisible()
    view.resize(300, 150)
    assert words.size() == view.size()
