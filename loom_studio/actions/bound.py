"""Actions of the table as Qt's: with the keys that hold, on the widget that they work in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from loom_studio.services.actions import AGENTS, BY_NAME, SESSIONS
from loom_studio.services.shortcuts import Shortcuts
from loom_studio.texts import tr


class BoundActions(QObject):
    """The actions that `does` has slots for, on `widget`; keys that are changed hold at once.

    An action of a list works while the focus is in that, any other one wherever the focus is in the window.
    """

    def __init__(self, widget: QWidget, shortcuts: Shortcuts, does: Mapping[str, Callable[[], object]]) -> None:
        super().__init__(widget)
        self._shortcuts = shortcuts
        self.actions = {name: self._made(widget, name, slot) for name, slot in does.items()}
        shortcuts.changed.connect(self._on_changed)

    def _made(self, widget: QWidget, name: str, slot: Callable[[], object]) -> QAction:
        row = BY_NAME[name]
        action = QAction(tr(row.text), widget)
        action.setObjectName(name)
        action.setStatusTip(tr(row.what))
        in_list = row.place in (SESSIONS, AGENTS)
        context = Qt.ShortcutContext.WidgetShortcut if in_list else Qt.ShortcutContext.WindowShortcut
        action.setShortcutContext(context)
        action.setShortcut(QKeySequence(self._shortcuts.keys(name)))
        action.triggered.connect(lambda _checked=False: slot())
        widget.addAction(action)
        return action

    def _on_changed(self, name: str) -> None:
        for known, action in self.actions.items():
            if name in ("", known):
                action.setShortcut(QKeySequence(self._shortcuts.keys(known)))
