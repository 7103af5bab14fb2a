"""Settings: how the Studio looks."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QCheckBox, QFormLayout, QHBoxLayout, QSlider, QSpinBox, QWidget
from typing_extensions import override

from loom_studio.language import LANGUAGES, SYSTEM, language_for
from loom_studio.pages.page import Page, PageContext
from loom_studio.services.settings import Settings
from loom_studio.texts import language_in_use, marked, tr
from loom_studio.theme import ACCENTS, LEAST, MOST, apply_theme, set_scale
from loom_studio.theme.motion import apply_motion
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named

THEMES = {"system": marked("As the system"), "light": marked("Light"), "dark": marked("Dark")}
COLOURS = {
    "blue": marked("Blue"),
    "teal": marked("Teal"),
    "green": marked("Green"),
    "amber": marked("Amber"),
    "rose": marked("Rose"),
    "violet": marked("Violet"),
}
STEP = 10
SETTLED_MS = 150


class AppearancePage(Page):
    """Each choice takes effect at once, and is there at the next start."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(
            context,
            marked("Appearance"),
            marked("Takes effect at once; another language from the next start on."),
            parent,
        )
        settings = context.settings
        self.theme = choice("Theme")
        for name, words in THEMES.items():
            self.theme.addItem(tr(words), name)
        self.theme.setCurrentIndex(max(0, self.theme.findData(settings.text("theme", "system"))))
        self.accent = choice("Accent colour")
        for name in ACCENTS:
            self.accent.addItem(tr(COLOURS[name]), name)
        self.accent.setCurrentIndex(max(0, self.accent.findData(settings.text("accent", "blue"))))
        self.font_size = named(QSpinBox(), "Font size")
        self.font_size.setRange(LEAST, MOST)
        self.font_size.setSingleStep(STEP)
        self.font_size.setSuffix(" %")
        self.font_size.setValue(font_percent(settings))
        self.slider = named(QSlider(), "Font size slider")
        still = tr("Reduce motion: a cursor that does not blink, menus that do not slide")
        self.motion = named(QCheckBox(still), "Reduce motion")
        self.motion.setChecked(settings.flag("reduced_motion"))
        self.language = choice("Language")
        self.language.addItem(tr("As the system"), SYSTEM)
        for name, words in LANGUAGES.items():
            self.language.addItem(words, name)  # as its speakers call it
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._show_language()
        self._lay_out()
        self.theme.currentIndexChanged.connect(self._on_theme)
        self.accent.currentIndexChanged.connect(self._on_theme)
        self.font_size.valueChanged.connect(self._on_size)
        self.slider.valueChanged.connect(self.font_size.setValue)
        self._settled.timeout.connect(self.apply)
        self.motion.toggled.connect(self._on_motion)
        self.language.currentIndexChanged.connect(self._on_language)

    def _lay_out(self) -> None:
        self.slider.setOrientation(Qt.Orientation.Horizontal)
        self.slider.setRange(LEAST, MOST)
        self.slider.setSingleStep(STEP)
        self.slider.setPageStep(STEP)
        self.slider.setValue(self.font_size.value())
        row = QHBoxLayout()
        row.addWidget(self.font_size)
        row.addWidget(self.slider, 1)
        form = QFormLayout()
        form.addRow(tr("Theme"), self.theme)
        form.addRow(tr("Accent"), self.accent)
        form.addRow(tr("Font size"), row)
        form.addRow(tr("Language"), self.language)
        self.body.addLayout(form)
        self.body.addWidget(self.motion)
        self.body.addStretch(1)

    @override
    async def refresh(self) -> None:
        settings = self.context.settings
        widgets = (self.theme, self.accent, self.font_size, self.slider, self.motion, self.language)
        for widget in widgets:
            widget.blockSignals(True)
        self.theme.setCurrentIndex(max(0, self.theme.findData(settings.text("theme", "system"))))
        self.accent.setCurrentIndex(max(0, self.accent.findData(settings.text("accent", "blue"))))
        self.font_size.setValue(font_percent(settings))
        self.slider.setValue(font_percent(settings))
        self.motion.setChecked(settings.flag("reduced_motion"))
        self._show_language()
        for widget in widgets:
            widget.blockSignals(False)

    def _show_language(self) -> None:
        self.language.setCurrentIndex(max(0, self.language.findData(self.context.settings.text("language", SYSTEM))))

    def apply(self) -> None:
        """Put what is chosen in force."""
        self._settled.stop()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            set_scale(self.font_size.value())
            apply_theme(app, self.theme.currentData(), self.accent.currentData())

    def _on_theme(self) -> None:
        self.context.settings.keep("theme", self.theme.currentData())
        self.context.settings.keep("accent", self.accent.currentData())
        self.apply()

    def _on_size(self, percent: int) -> None:
        """Take effect once the value stands still: while a slider is dragged it changes many times a second."""
        self.context.settings.keep("font_percent", str(percent))
        self.slider.setValue(percent)
        self._settled.start()

    def _on_motion(self, reduced: bool) -> None:
        self.context.settings.keep("reduced_motion", reduced)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_motion(app, reduced=reduced)

    def _on_language(self) -> None:
        self.context.settings.keep("language", self.language.currentData())
        is_spoken = language_for(self.language.currentData()) == language_in_use()
        self.say("" if is_spoken else tr("The Studio speaks it from its next start on."))


def font_percent(settings: Settings) -> int:
    """The chosen font size; 100 where it is none."""
    text = settings.text("font_percent", "100")
    return min(MOST, max(LEAST, int(text))) if text.isdigit() else 100
