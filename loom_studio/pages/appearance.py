"""Settings: how the Studio looks."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QFormLayout, QWidget

from loom_studio.pages.page import Page, PageContext
from loom_studio.theme import apply_theme
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import text_label

THEMES = {"system": "As the system", "light": "Light", "dark": "Dark"}


class AppearancePage(Page):
    """Each choice takes effect at once, and is there at the next start."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(context, "Appearance", "Takes effect at once.", parent)
        self.theme = choice("Theme")
        for name, words in THEMES.items():
            self.theme.addItem(words, name)
        self.theme.setCurrentIndex(max(0, self.theme.findData(context.settings.text("theme", "system"))))
        form = QFormLayout()
        form.addRow(text_label("Theme"), self.theme)
        self.body.addLayout(form)
        self.body.addStretch(1)
        self.theme.currentIndexChanged.connect(self._on_theme)

    def _on_theme(self) -> None:
        name = self.theme.currentData()
        self.context.settings.keep("theme", name)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, name)
