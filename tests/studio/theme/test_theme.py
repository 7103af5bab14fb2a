"""Two themes that can be read, and changed while the program runs."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loom_studio.theme import DARK, LIGHT, Tokens, apply_theme, current, icon, icon_picture, theme_watch
from loom_studio.theme.icons import icon_names


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
