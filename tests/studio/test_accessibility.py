"""Every control of every screen has a name, a role, and a way to it by keyboard."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollBar,
    QTabBar,
    QTableView,
    QTextEdit,
    QWidget,
)

from loom_studio.dialogs.palette import CommandPalette
from loom_studio.dialogs.settings import PAGES
from loom_studio.services.loading import load_runtime
from loom_studio.theme import apply_theme, set_scale
from loom_studio.window import MainWindow
from loom_studio.windows import Windows
from tests.support.seen import clipped_in
from tests.support.waiting import until
from tests.support.windows import with_windows

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
)
SIZE = (1440, 900)
LAID_OUT_S = 0.05
PARTS_OF_ONE = (QAbstractSpinBox, QComboBox, QLineEdit, QTabBar)
"""Controls whose own parts are reached with them."""


def controls(screen: QWidget) -> Iterator[QWidget]:
    """What a person can use of a screen, without the parts that a control is made of."""
    for widget in screen.findChildren(QWidget):
        is_control = isinstance(widget, CONTROLS) and not isinstance(widget, QScrollBar | QHeaderView)
        if not is_control or not widget.isVisibleTo(screen):
            continue
        parent = widget.parentWidget()
        if isinstance(parent, PARTS_OF_ONE) or widget.objectName().startswith("qt_"):
            continue
        yield widget


def name_of(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface else ""


def faults_of(screen: QWidget, title: str) -> list[str]:
    """What is wrong with the controls of a screen, a sentence for each."""
    faults: list[str] = []
    for widget in controls(screen):
        what = f"{title}: {type(widget).__name__} {widget.objectName()!r} {name_of(widget)!r}"
        if not name_of(widget):
            faults.append(f"{what} has no name")
        interface = QAccessible.queryAccessibleInterface(widget)
        if not interface or interface.role() == QAccessible.Role.NoRole:
            faults.append(f"{what} has no role")
        takes_keys = widget.focusProxy() or widget  # the keys of a list may go to the box above it
        if widget.isEnabledTo(screen) and not takes_keys.focusPolicy() & Qt.FocusPolicy.TabFocus:
            faults.append(f"{what} can't be reached with Tab")
        if isinstance(widget, QAbstractItemView) and widget.tabKeyNavigation():
            faults.append(f"{what} can't be left with Tab")
    return faults


Look = Callable[[QWidget, str], list[str]]
SETTLED_S = 2.0
"""What a screen may take to be laid out where the machine is busy."""


async def at_last(look: Look, screen: QWidget, title: str) -> list[str]:
    """What `look` says of a screen once that is laid out."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLED_S
    while (found := look(screen, title)) and loop.time() < deadline:
        await asyncio.sleep(LAID_OUT_S)
    return found


async def look_at_dialogs(window: MainWindow, look: Look) -> list[str]:
    window.dialogs.open_settings()
    settings = window.dialogs.settings
    assert settings is not None
    settings.resize(*SIZE)
    found: list[str] = []
    for entry in PAGES:
        settings.show_page(entry.title)
        page = await settings.page(entry.title)
        await until(lambda page=page: settings.pages.currentWidget() is page)
        await until(lambda page=page: not page.tasks._tasks)
        await asyncio.sleep(LAID_OUT_S)
        found += await at_last(look, settings, f"Settings, {entry.title}")
    settings.close()
    window.agents.act_on_named("edit", window.panel.conversation.config.name)
    await until(lambda: window.agents.editors)
    editor = window.agents.editors[0]
    editor.resize(*SIZE)
    for row in range(editor.list.count()):
        editor.list.setCurrentRow(row)
        await asyncio.sleep(LAID_OUT_S)
        found += await at_last(look, editor, f"Agent editor, {editor.list.item(row).text()}")
    editor.close()
    window.dialogs.open_welcome()
    welcome = window.dialogs.welcome
    assert welcome is not None
    welcome.resize(*SIZE)
    for row in range(welcome.pages.count()):
        welcome.pages.setCurrentIndex(row)
        await asyncio.sleep(LAID_OUT_S)
        found += await at_last(look, welcome, f"Welcome, page {row}")
    welcome.close()
    window.actions_of_window.open_palette()
    palette = window.findChild(CommandPalette)
    assert palette is not None
    found += await at_last(look, palette, "Command palette")
    palette.close()
    window.dialogs.open_manual()
    manual = window.dialogs.manual
    assert manual is not None
    await until(manual.list.count)
    found += await at_last(look, manual, "Manual")
    manual.close()
    return found


def looked_at(app: QApplication, folder: Path, look: Look) -> list[str]:
    """What `look` says of every screen, each said once."""
    found: list[str] = []

    async def use(windows: Windows) -> None:
        window = windows.front
        window.resize(*SIZE)
        await load_runtime()
        inspector = window.inspector
        inspector.fill()
        for row in range(inspector.count()):
            inspector.setCurrentIndex(row)
            await asyncio.sleep(LAID_OUT_S)
            found.extend(await at_last(look, window, f"Window, {inspector.tabText(row)}"))
        found.extend(await look_at_dialogs(window, look))

    with_windows(app, folder, use)
    return list(dict.fromkeys(found))


def test_every_control_has_a_name_a_role_and_a_keyboard_path(qapp: QApplication, tmp_path: Path) -> None:
    assert looked_at(qapp, tmp_path, faults_of) == []


@pytest.mark.parametrize("percent", [100, 200])
def test_no_text_is_cut_off(qapp: QApplication, tmp_path: Path, percent: int) -> None:
    set_scale(percent)
    try:
        apply_theme(qapp, "light")
        assert looked_at(qapp, tmp_path, clipped_in) == []
    finally:
        set_scale(100)
        apply_theme(qapp, "light")


def test_with_text_of_twice_the_size_the_window_fits_on_a_common_screen(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        await load_runtime()
        window.inspector.fill()
        await asyncio.sleep(LAID_OUT_S)
        least = window.minimumSizeHint()
        assert (least.width() <= 1366, least.height() <= 860) == (True, True), least

    set_scale(200)
    apply_theme(qapp, "light")
    try:
        with_windows(qapp, tmp_path, use)
    finally:
        set_scale(100)
        apply_theme(qapp, "light")


def test_what_is_wrong_is_found(qapp: QApplication) -> None:
    screen = QWidget()
    nameless, unreachable, fine = QLineEdit(screen), QPushButton("Go", screen), QPushButton("Stop", screen)
    unreachable.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    table = QTableView(screen)
    table.setAccessibleName("Prices")
    assert faults_of(screen, "Screen") == [
        f"Screen: QLineEdit {nameless.objectName()!r} '' has no name",
        f"Screen: QPushButton {unreachable.objectName()!r} 'Go' can't be reached with Tab",
        "Screen: QTableView '' 'Prices' can't be left with Tab",
    ]
    assert list(controls(screen)) == [nameless, unreachable, fine, table]


def test_what_is_cut_off_is_found(qapp: QApplication) -> None:
    screen = QWidget()
    button = QPushButton("A long sentence that needs room", screen)
    button.setFixedWidth(30)
    assert len(clipped_in(screen, "Screen")) == 1
