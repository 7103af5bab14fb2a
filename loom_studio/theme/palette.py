"""The theme in force: palette and style sheet made from its tokens, the system's followed, a change announced."""

from __future__ import annotations

import re
from functools import lru_cache
from string import Template
from typing import cast

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from loom_studio.resource_files import resource_path
from loom_studio.theme.accents import with_accent
from loom_studio.theme.fonts import body_font
from loom_studio.theme.resizing import resize_fixed
from loom_studio.theme.scale import px, scale_percent
from loom_studio.theme.tokens import DARK, LIGHT, Tokens

_SHEET = Template("""
* { font-size: 13px; color: $text; }
QMainWindow, QWidget#Central, QStatusBar { background: $window; }
QDialog, QFrame#Card { background: $surface; }
QDialog { border: 1px solid $border; }
QFrame#Card { border: 1px solid $border; border-radius: 6px; }
QFrame#Card[state="veto"] { border-color: $danger; }
QListView, QListWidget, QPlainTextEdit, QLineEdit { background: $surface; border: 1px solid $border; border-radius: 6px;
  selection-background-color: $accent; selection-color: $on_accent; }
QListView, QListWidget, QTableView, QTreeView { outline: none; }
QListView#Transcript { border: none; background: $surface; }
QListWidget, QListView#Sessions { border: 1px solid transparent; background: $window; padding: 3px; }
QListWidget::item, QListView#Sessions::item { padding: 4px 8px; border-radius: 4px; color: $text; }
QListWidget::item:selected, QListView#Sessions::item:selected { background: $user; color: $text; }
QListWidget#Completions { background: $surface; border: 1px solid $border; border-radius: 6px; }
QListWidget#Completions::item:selected { background: $accent; color: $on_accent; }
QPlainTextEdit:focus, QLineEdit:focus, QListWidget:focus, QListView#Sessions:focus { border: 1px solid $accent; }
QTableView#Criteria, QTableView#Steps { selection-background-color: $user; selection-color: $text; }
QTableView, QTreeView { border: 1px solid $border; border-radius: 6px; gridline-color: $border; }
QHeaderView, QTableCornerButton::section { background: transparent; border: none; }
QHeaderView::section { background: $window; color: $muted; padding: 3px 6px; border: none; }
QHeaderView::section:horizontal { border-bottom: 1px solid $border; border-right: 1px solid $border; }
QHeaderView::section:vertical { border-right: 1px solid $border; }
QAbstractSpinBox { background: $surface; border: 1px solid $border; border-radius: 6px; padding: 3px 6px;
  selection-background-color: $accent; selection-color: $on_accent; }
QAbstractSpinBox { qproperty-alignment: AlignCenter; }
QAbstractSpinBox:focus { border-color: $accent; }
QAbstractSpinBox:disabled { color: $muted; background: $window; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 18px; border: none; background: transparent; }
QAbstractSpinBox::up-arrow { image: url("$chevron_up"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url("$chevron"); width: 10px; height: 10px; }
QPushButton, QComboBox { background: $raised; border: 1px solid $border; border-radius: 5px; padding: 4px 12px; }
QPushButton:hover, QComboBox:hover, QPushButton:focus, QComboBox:focus { border-color: $accent; }
QPushButton { outline: none; }
QPushButton:checked { border-color: $accent; color: $accent; }
QPushButton:disabled { color: $muted; background: $window; }
QPushButton:checked:focus { border-color: $text; }
QPushButton#Send { background: $accent; color: $on_accent; border-color: $accent;
  outline: 1px solid $on_accent; outline-radius: 3px; }
QPushButton#Send:disabled { background: $raised; color: $muted; border-color: $border; }
QComboBox#Mode[mode="plan"] { border-color: $accent; }
QComboBox#Mode[mode="accept_edits"] { border-color: $warning; color: $warning; }
QComboBox#Mode[mode="auto"] { border-color: $danger; color: $danger; font-weight: 600; }
QComboBox#Mode:focus { border-color: $text; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url("$chevron"); width: 12px; height: 12px; }
QCheckBox::indicator, QListWidget::indicator, QTreeView::indicator, QGroupBox::indicator { width: 14px; height: 14px;
  border: 1px solid $muted; border-radius: 3px; background: $surface; }
QCheckBox::indicator:checked, QListWidget::indicator:checked, QTreeView::indicator:checked,
QGroupBox::indicator:checked { background: $accent; border-color: $accent; image: url("$check"); }
QCheckBox::indicator:disabled { border-color: $border; }
QCheckBox:focus { color: $accent; }
QComboBox QAbstractItemView { background: $surface; color: $text; selection-background-color: $accent; }
QLabel#Muted, QStatusBar QLabel { color: $muted; }
QLabel#Heading { color: $muted; font-weight: 600; padding: 8px 8px 2px 10px; }
QLabel#Title { font-size: 15px; font-weight: 600; }
QLabel#Strong { font-weight: 600; }
QLabel#Danger { color: $danger; }
QLabel#Warning { color: $warning; padding: 4px 12px; }
QProgressBar { border: 1px solid $border; border-radius: 4px; background: $raised; text-align: center; }
QProgressBar { max-height: 16px; }
QProgressBar::chunk { background: $success; border-radius: 3px; }
QSplitter::handle { background: $border; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover, QSplitter::handle:pressed { background: $muted; }
QTabWidget#Inspector { background: $window; border-left: 1px solid $border; }
QTabBar::tab { background: transparent; color: $muted; padding: 5px 6px; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:hover, QTabBar::tab:focus { color: $text; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QScrollBar { background: transparent; margin: 0; border: none; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $border; border-radius: 4px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::add-line, QScrollBar::sub-line { height: 0; width: 0; }
QScrollBar::add-page, QScrollBar::sub-page, QAbstractScrollArea::corner { background: transparent; }
QLineEdit { padding: 4px 8px; }
QMenu { background: $surface; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 4px 20px; border-radius: 4px; }
QMenu::item:selected { background: $raised; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; }
""")

_SIZE = re.compile(r"\b([2-9]|\d\d+)px")
"""Every size of the sheet but lines of one pixel."""

_state: dict[str, Tokens] = {"tokens": LIGHT}


def current() -> Tokens:
    """The tokens of the theme in force."""
    return _state["tokens"]


class ThemeWatch(QObject):
    """Follows the system's choice while the theme is `system`, and says when colours have changed."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self.name = "system"
        self.accent = ""
        self._scale = scale_percent()
        app.styleHints().colorSchemeChanged.connect(self._on_system)

    def put_in_force(self) -> Tokens:
        """Give the application the colours of the chosen theme."""
        hints = self._app.styleHints()
        is_dark = self.name == "dark" or (self.name == "system" and hints.colorScheme() == Qt.ColorScheme.Dark)
        tokens = with_accent(DARK if is_dark else LIGHT, self.accent)
        chevron, up, check = (_pair(name)[is_dark] for name in ("chevron", "chevron-up", "check"))
        _state["tokens"] = tokens
        self._app.setPalette(_palette(tokens))
        if self._scale != scale_percent():
            resize_fixed(self._app, self._scale, scale_percent())
            self._scale = scale_percent()
        self._app.setFont(body_font())
        sheet = _SHEET.substitute(tokens._asdict(), chevron=chevron, chevron_up=up, check=check)
        self._app.setStyleSheet(_SIZE.sub(lambda found: f"{px(int(found[1]))}px", sheet))
        self.changed.emit()
        return tokens

    def _on_system(self) -> None:
        if self.name == "system":
            self.put_in_force()


_watches: list[ThemeWatch] = []


def theme_watch(app: QApplication | None = None) -> ThemeWatch:
    """The one watch over the theme of the application, or of the one there is."""
    # Not looked for among the children of the application: to say what each is, all types of Qt's styles are loaded.
    if not (_watches and shiboken6.isValid(_watches[-1])):
        _watches[:] = [ThemeWatch(app or cast("QApplication", QApplication.instance()))]
    return _watches[-1]


def apply_theme(app: QApplication, name: str = "system", accent: str = "") -> Tokens:
    """Put a theme in force, at any time: `light`, `dark`, or the `system`'s, which is followed; returns its tokens.

    `accent` is a name of ACCENTS; the sizes are those of `set_scale`.

    `theme_watch(app).changed` says so; widgets also get Qt's own change of palette.
    """
    watch = theme_watch(app)
    watch.name, watch.accent = name, accent
    return watch.put_in_force()


@lru_cache
def _pair(icon: str) -> tuple[str, str]:
    """The files of an icon for the light and for the dark theme: looked for once, before the loop runs."""
    light, dark = (resource_path(f"icons/{icon}-{name}.svg").as_posix() for name in ("light", "dark"))
    return light, dark


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    pairs = {
        roles.Window: tokens.window, roles.Base: tokens.surface, roles.AlternateBase: tokens.raised,
        roles.Text: tokens.text, roles.WindowText: tokens.text, roles.ButtonText: tokens.text,
        roles.Button: tokens.raised, roles.Highlight: tokens.accent, roles.HighlightedText: tokens.on_accent,
        roles.Link: tokens.accent, roles.PlaceholderText: tokens.muted, roles.ToolTipText: tokens.text,
    }  # fmt: skip
    for role, colour in pairs.items():
        palette.setColor(role, QColor(colour))
    return palette
