"""A drawing says on the accessibility bus that it is a chart, with its name and what can be seen."""

import sys

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from loom_studio.widgets.bus_names import install_bus_names
from loom_studio.widgets.pressure_chart import PartitionBar, PressureChart
from loom_studio.widgets.sparkline import Sparkline
from loom_studio.widgets.usage_chart import UsageChart

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Qt names widgets itself")


@pytest.fixture(scope="module", autouse=True)
def installed(qapp: QApplication) -> None:
    install_bus_names()


def test_a_drawing_is_a_chart_with_a_name_and_a_summary(qtbot: QtBot) -> None:
    history = PressureChart()
    history.show_history([0.1, 0.4], [], "2 steps, at most 40%")
    drawings: list[tuple[QWidget, str]] = [
        (history, "Pressure history"),
        (PartitionBar(), "Context window"),
        (Sparkline("CPU", "SparklineCPU"), "CPU"),
        (UsageChart(), "Usage chart"),
    ]
    for widget, name in drawings:
        qtbot.addWidget(widget)
        seen = QAccessible.queryAccessibleInterface(widget)
        assert (seen.role(), seen.text(QAccessible.Text.Name)) == (QAccessible.Role.Chart, name)
    seen = QAccessible.queryAccessibleInterface(history)
    assert seen.text(QAccessible.Text.Description) == "2 steps, at most 40%"
    plain = QWidget()
    qtbot.addWidget(plain)
    assert QAccessible.queryAccessibleInterface(plain).role() is QAccessible.Role.Client
