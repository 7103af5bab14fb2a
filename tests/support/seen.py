"""What a person reads, or has read to them, on a screen, and what of it is cut off."""

from collections.abc import Iterator

from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTabBar,
    QTextEdit,
    QWidget,
)

ROWS = 40
"""The rows of a list that are looked at."""


def seen_on(screen: QWidget) -> Iterator[tuple[str, str]]:
    """Each text of a screen, and what it is of; what is hidden is left out."""
    yield "window title", screen.windowTitle()
    for widget in [screen, *screen.findChildren(QWidget)]:
        if widget is not screen and not widget.isVisibleTo(screen):
            continue
        what = f"{type(widget).__name__} {widget.objectName()!r}"
        for text in _of(widget):
            yield what, text
    for action in screen.findChildren(QAction):
        for text in (action.text(), action.toolTip(), action.statusTip()):
            yield f"QAction {action.objectName()!r}", text


def _of(widget: QWidget) -> Iterator[str]:
    yield widget.toolTip()
    yield widget.accessibleName()
    yield widget.accessibleDescription()
    match widget:
        case QLabel() | QAbstractButton():
            yield widget.text()
        case QGroupBox():
            yield widget.title()
        case QLineEdit() | QPlainTextEdit() | QTextEdit():
            yield widget.placeholderText()
        case QTabBar():
            yield from (words(row) for row in range(widget.count()) for words in (widget.tabText, widget.tabToolTip))
        case QComboBox():
            yield from map(widget.itemText, range(widget.count()))
        case QSpinBox() | QDoubleSpinBox():
            yield from (widget.suffix(), widget.prefix(), widget.specialValueText())
        case QHeaderView():
            pass  # its table has them
        case QAbstractItemView():
            yield from _of_model(widget.model(), widget.rootIndex())
        case _:
            pass


def _of_model(model: QAbstractItemModel | None, root: QModelIndex) -> Iterator[str]:
    if model is None:
        return
    # A list's model keeps its one column to itself.
    for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount(root)):
        yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        for row in range(min(model.rowCount(root), ROWS)):
            index = model.index(row, column, root)
            for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                said = index.data(role)
                if isinstance(said, str):
                    yield said


def clipped_in(screen: QWidget, title: str) -> list[str]:
    """Texts that have less room than they need."""
    faults: list[str] = []
    for widget in screen.findChildren(QWidget):
        if not isinstance(widget, QLabel | QPushButton | QCheckBox) or not widget.isVisibleTo(screen):
            continue
        if not widget.text():
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            needed = QSize(0, widget.heightForWidth(widget.width()))
        else:
            needed = widget.sizeHint()
        if widget.width() + 1 < needed.width() or widget.height() + 1 < needed.height():
            faults.append(f"{title}: {widget.text()[:60]!r} has {widget.size().toTuple()} of {needed.toTuple()}")
    return faults
