"""A question in a bar, with a button for each answer: in its place a modal box would stop the loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from loom_studio.widgets.column import reveal
from loom_studio.widgets.named import named, text_label


class QuestionBar(QFrame):
    """Hidden until something is asked. None of its buttons is the default."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Question", "Card")
        self.text = text_label()
        self.buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 8, 12, 8)
        self._row.addWidget(self.text, 1)
        self.hide()

    def ask(self, sentence: str, answers: Mapping[str, tuple[Callable[[], None], bool]]) -> None:
        """Show a question; an answer is what it does, and whether the question is settled by it.

        Both are in the person's language already.
        """
        self.text.setText(sentence)
        for button in self.buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = [self._button(words, *answer) for words, answer in answers.items()]
        for button in self.buttons:
            self._row.addWidget(button)
        self.show()
        reveal(self)

    def _button(self, words: str, act: Callable[[], None], settles: bool) -> QPushButton:
        button = named(QPushButton(words), words)
        button.setAutoDefault(False)

        def on_click() -> None:
            if settles:
                self.hide()
            act()

        button.clicked.connect(on_click)
        return button
