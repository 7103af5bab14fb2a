"""What a list says while there is nothing in it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtWidgets import QAbstractItemView, QLabel

from loom_studio.overriding import override
from loom_studio.theme import px

MARGIN_PX = 8
INDENT_PX = 6
"""What the words have before them beside that, to stand under each other with a list's rows and its heading."""


class EmptyText(QLabel):
    """Words over an empty list, which is asked for its rows whenever they change; give the list its model first."""

    def __init__(self, view: QAbstractItemView, words: str) -> None:
        super().__init__(words, view)
        self.setObjectName("Muted")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setMargin(px(MARGIN_PX))
        self.setIndent(px(INDENT_PX))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        rows = view.model()
        for changed in (rows.rowsInserted, rows.rowsRemoved, rows.modelReset):
            changed.connect(self._fit)
        view.installEventFilter(self)
        self._fit()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return False

    @Slot()
    def _fit(self) -> None:
        view = self.parent()
        if isinstance(view, QAbstractItemView):  # a list that goes takes its rows out when it is none any more
            self.setGeometry(view.rect())
            self.setVisible(view.model().rowCount() == 0)
