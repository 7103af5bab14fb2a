"""Has the accessibility bus told what `bus_widgets` knows of widgets.

Qt asks once for each widget and keeps the answer, so this is installed before a reader can ask: before the event loop
runs, which serves the bus. What answers is loaded with the first question, since a start without a reader has none.
"""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface

_state: list[bool] = []


def install_bus_names() -> None:
    """Have the widgets of this process say what they are; once a process, before its event loop runs."""
    if not _state:
        QAccessible.installFactory(_make)
        _state.append(True)


def _make(_class_name: str, widget: QObject) -> QAccessibleInterface | None:
    from loom_studio.widgets.bus_widgets import made_for

    return made_for(widget)
