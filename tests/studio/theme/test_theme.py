"""Two themes that can be read, and changed while the program runs."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QPushButton
from pytestqt.qtbot import QtBot

from loom_studio.theme import (
    ACCENTS,
    DARK,
    LIGHT,
    Tokens,
    apply_theme,
    current,
    icon,
    icon_picture,
    px,
    set_scale,
    theme_watch,
)
from loom_studio.theme.accents import with_accent
from loom_studio.theme.icons import icon_names, set_icon
from loom_studio.theme.motion import apply_motion
from loom_studio.transcript_row import TranscriptRow
from loom_studio.viewmodels.transcript import TranscriptModel
from loom_studio.widgets.transcript_view import TranscriptView


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_is_readable_on_every_surface(theme: Tokens) -> None:
    for surface in (theme.window, theme.surface, theme.raised, theme.user, theme.code):
        for text in (theme.text, theme.muted, theme.danger, theme.warning, theme.success, theme.accent):
            assert contrast(text, surface) >= 4.5, (text, surface)
    for colour in (theme.keyword, theme.name, theme.string, theme.number, theme.comment):
        assert contrast(colour, theme.code) >= 4.5, colour
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.text, theme.added) >= 4.5
    assert contrast(theme.text, theme.removed) >= 4.5


def test_a_theme_is_changed_while_the_program_runs(qapp: QApplication, qtbot: QtBot) -> None:
    apply_theme(qapp, "light")
    with qtbot.waitSignal(theme_watch(qapp).changed):
        apply_theme(qapp, "dark")
    assert current() is DARK
    assert qapp.palette().color(QPalette.ColorRole.Base).name() == DARK.surface
    apply_theme(qapp, "light")
    assert current() is LIGHT


def test_only_the_systems_theme_follows_the_system(qapp: QApplication) -> None:
    apply_theme(qapp, "dark")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert current() is DARK
    apply_theme(qapp, "system")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert current() is (DARK if qapp.styleHints().colorScheme() is Qt.ColorScheme.Dark else LIGHT)
    apply_theme(qapp, "light")


@pytest.mark.parametrize("name", icon_names())
def test_every_icon_draws_something(qapp: QApplication, name: str) -> None:
    image = icon_picture(name, "#ff0000", 16, 2.0).toImage()
    assert image.width() == 32
    assert any(image.pixelColor(x, y).alpha() for x in range(32) for y in range(32))
    assert not icon(name).isNull()


@pytest.mark.parametrize("name", list(ACCENTS))
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_accent_is_readable_and_so_is_what_lies_on_its_tint(theme: Tokens, name: str) -> None:
    tokens = with_accent(theme, name)
    for surface in (tokens.window, tokens.surface, tokens.raised, tokens.user, tokens.code):
        assert contrast(tokens.accent, surface) >= 4.5, (name, surface)
    for text in (tokens.text, tokens.muted, tokens.danger, tokens.warning, tokens.success):
        assert contrast(text, tokens.user) >= 4.5, (name, text)
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5


def test_another_font_size_reaches_fonts_fixed_sizes_and_the_transcript(qapp: QApplication, qtbot: QtBot) -> None:
    apply_theme(qapp, "light")
    label, fixed, view = QLabel("words"), QListWidget(), TranscriptView()
    model = TranscriptModel()
    model.load([TranscriptRow("1", "assistant", "Hello there, how are you?\n\n```\ncode\n```")])
    view.setModel(model)
    fixed.setFixedHeight(px(50))
    for widget in (label, fixed, view):
        qtbot.addWidget(widget)
        widget.resize(300, 200)
        widget.show()
    height, before = label.fontMetrics().height(), view.laid_out.total
    try:
        set_scale(200)
        apply_theme(qapp, "light")
        assert label.fontMetrics().height() >= 1.8 * height
        assert fixed.height() == 100
        assert px(50) == 100
        assert view.laid_out.total > 1.5 * before
        set_scale(80)
        apply_theme(qapp, "light")
        assert label.fontMetrics().height() < height
        assert fixed.height() == 40
    finally:
        set_scale(100)
        apply_theme(qapp, "light")
    assert view.laid_out.total == before


def test_less_motion_stops_the_cursor_from_blinking(qapp: QApplication) -> None:
    usual = qapp.cursorFlashTime()
    apply_motion(qapp, reduced=True)
    assert qapp.cursorFlashTime() == 0
    apply_motion(qapp, reduced=False)
    assert qapp.cursorFlashTime() == usual


def test_an_icon_of_a_button_follows_the_theme_and_a_button_that_went_is_let_go(
    qapp: QApplication, qtbot: QtBot
) -> None:
    apply_theme(qapp, "light")
    button, gone = QPushButton(), QPushButton()
    qtbot.addWidget(button)
    set_icon(button, "close")
    set_icon(gone, "close")
    gone.deleteLater()
    qapp.sendPostedEvents(gone, QEvent.Type.DeferredDelete)
    light = button.icon().pixmap(16).toImage()
    apply_theme(qapp, "dark")
    assert button.icon().pixmap(16).toImage() != light
    apply_theme(qapp, "light")
    assert button.icon().pixmap(16).toImage() == light
