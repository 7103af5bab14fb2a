"""The menu of a transcript; it is popped up, never executed, so that the loop goes on behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu

from loom_studio.texts import tr
from loom_studio.widgets.row_parts import Part, part_at

if TYPE_CHECKING:
    from loom_studio.widgets.transcript_view import TranscriptView


def show_menu(view: TranscriptView, event: QContextMenuEvent) -> None:
    """Pop up what can be done at the mouse, or with the row that has the focus."""
    is_keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
    rect = view.visualRect(view.currentIndex())
    point = QPointF(rect.x() + 40, max(8, rect.y() + 8)) if is_keyboard else QPointF(event.pos())
    menu = make_menu(view, view.from_top(point))
    menu.popup(view.viewport().mapToGlobal(point.toPoint()))
    event.accept()


def make_menu(view: TranscriptView, point: QPointF) -> QMenu:
    """The menu for a point, in px from the top of all rows; it deletes itself when it closes."""
    layout = view.laid_out
    menu = QMenu(view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    copy = menu.addAction(tr("Copy"), QKeySequence(QKeySequence.StandardKey.Copy), view.copy)
    copy.setEnabled(view.reader.has_text)
    if layout.count and 0 <= point.y() < layout.total:
        place = layout.place_at(point.y())
        row = layout.row(place[0])
        menu.addAction(tr("Copy message"), lambda: _put(row.text or row.plain))
        if layout.laid(place[0]).blocks[place[1]].block.kind == "code":
            menu.addAction(tr("Copy code block"), lambda: view.use(Part("copy", place)))
        part = part_at(layout, point)
        if part is not None and part.kind == "link":
            menu.addAction(tr("Copy link address"), lambda: _put(part.value))
        if row.detail:
            menu.addAction(tr("Fold") if row.is_open else tr("Open"), lambda: view.toggle(place[0]))
        if view.message_menu is not None:
            menu.addSeparator()
            view.message_menu(menu, row)
    menu.addSeparator()
    menu.addAction(tr("Select all"), QKeySequence(QKeySequence.StandardKey.SelectAll), view.selectAll)
    return menu


def _put(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
