"""The colours of both themes by what they are for, and the style sheet made from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme's colours; every text colour has a contrast of at least 4.5:1 on every surface."""

    window: str
    surface: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    user: str
    code: str
    danger: str
    warning: str
    success: str


LIGHT = Tokens(
    window="#f6f7f9", surface="#ffffff", raised="#f0f2f5", border="#d5d9e0", text="#1c2128", muted="#57606a",
    accent="#2458c5", on_accent="#ffffff", user="#e8effc", code="#f3f4f7", danger="#b3261e", warning="#8a5300",
    success="#1a6b35",
)  # fmt: skip
DARK = Tokens(
    window="#16181d", surface="#1c1f26", raised="#252932", border="#363c48", text="#e6e9ef", muted="#a3abb8",
    accent="#83a9ff", on_accent="#10131a", user="#232c40", code="#14161b", danger="#ff8f87", warning="#eab464",
    success="#7fd49a",
)  # fmt: skip

_SHEET = Template("""
* { font-size: 13px; color: $text; }
QMainWindow, QWidget#Central, QStatusBar { background: $window; }
QDialog, QFrame#Card { background: $surface; }
QFrame#Card { border: 1px solid $border; border-radius: 6px; }
QFrame#Card[state="veto"] { border-color: $danger; }
QListView, QListWidget, QPlainTextEdit, QLineEdit { background: $surface; border: 1px solid $border; border-radius: 6px;
  selection-background-color: $accent; selection-color: $on_accent; }
QListView#Transcript { border: none; background: $surface; }
QListWidget { border: none; background: $window; }
QListWidget::item { padding: 4px 8px; border-radius: 4px; color: $text; }
QListWidget::item:selected { background: $raised; color: $text; }
QPlainTextEdit:focus, QLineEdit:focus, QListWidget:focus { border: 1px solid $accent; }
QPushButton, QComboBox { background: $raised; border: 1px solid $border; border-radius: 5px; padding: 4px 12px; }
QPushButton:hover, QComboBox:hover, QPushButton:focus, QComboBox:focus { border-color: $accent; }
QPushButton:disabled { color: $muted; background: $window; }
QPushButton#Send { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton#Send:disabled { background: $raised; color: $muted; border-color: $border; }
QComboBox QAbstractItemView { background: $surface; color: $text; selection-background-color: $accent; }
QLabel#Muted, QStatusBar QLabel { color: $muted; }
QLabel#Heading { color: $muted; font-weight: 600; padding: 8px 8px 2px 8px; }
QLabel#Title { font-size: 15px; font-weight: 600; }
QLabel#Danger { color: $danger; }
QProgressBar { border: 1px solid $border; border-radius: 4px; background: $raised; text-align: center; }
QProgressBar { max-height: 16px; }
QProgressBar::chunk { background: $success; border-radius: 3px; }
QSplitter::handle { background: $border; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar::handle:vertical { background: $border; border-radius: 4px; min-height: 28px; }
QScrollBar::add-line, QScrollBar::sub-line { height: 0; }
QLineEdit { padding: 4px 8px; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; }
""")

_state: dict[str, Tokens] = {"tokens": LIGHT}


def current() -> Tokens:
    """The tokens of the theme in force."""
    return _state["tokens"]


def apply_theme(app: QApplication, name: str = "system") -> Tokens:
    """Put a theme in force: light, dark, or the system's; returns its tokens."""
    dark = name == "dark" or (name == "system" and app.styleHints().colorScheme() == Qt.ColorScheme.Dark)
    tokens = DARK if dark else LIGHT
    _state["tokens"] = tokens
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
    app.setPalette(palette)
    app.setStyleSheet(_SHEET.substitute(asdict(tokens)))
    return tokens
