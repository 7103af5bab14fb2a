"""The meter of the context: its number is readable at any fill, its colour is the level's."""

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from loom_studio.theme import current
from loom_studio.widgets.pressure_meter import PressureMeter


def picture(meter: PressureMeter) -> QImage:
    return meter.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


@pytest.mark.parametrize(
    ("rho", "token"), [(0.3, "success"), (0.697, "success"), (0.72, "warning"), (0.95, "danger"), (1.4, "danger")]
)
def test_the_bar_has_the_colour_of_its_level(qapp: QApplication, rho: float, token: str) -> None:
    meter = PressureMeter()
    meter.resize(meter.width(), 24)
    meter.show_rho(rho)
    image = picture(meter)
    assert image.pixelColor(meter.width() - 38, image.height() // 2) == QColor(getattr(current(), token))
    assert meter.value() == min(100, round(rho * 100))
    assert meter.accessibleName() == "Context pressure"


def test_the_number_is_not_painted_over(qapp: QApplication) -> None:
    meter = PressureMeter()
    meter.resize(meter.width(), 24)
    left = meter.width() - 46
    for rho in (0.31, 0.99):
        meter.show_rho(rho)
        image = picture(meter)
        bar = {QColor(getattr(current(), name)).rgb() for name in ("success", "warning", "danger")}
        words = {image.pixelColor(x, y).rgb() for x in range(left) for y in range(image.height())}
        assert not words & bar
        assert len(words) > 2
    assert "99%" in meter.toolTip()
    meter.show_rho(0.0)
    assert meter.text() == "ρ 0 %"
