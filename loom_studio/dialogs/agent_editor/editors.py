"""One widget for one field of a configuration, by the field's kind."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import tomlkit
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QWidget

from loom.config.fields import ConfigField
from loom_studio.runtime_words import said_of
from loom_studio.texts import tr
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named

MANY_LINES = frozenset({"instructions", "prompt", "content", "reason", "text"})
"""Fields that hold more than a line, as a rule."""
BOX_LINES = 3
BOX_FRAME_PX = 18


class Name(NamedTuple):
    """What a widget is called: in the person's language, and in a name that is the same in every one."""

    said: str
    stable: str


Change = Callable[[Any, str], None]
"""Is told a value for the file, None for none; or what is wrong with what was typed, and then nothing is written."""
Take = Callable[[str, Any], Any]
"""Gets what was typed, and what the file has; returns what the file has then."""


@dataclass(frozen=True, slots=True)
class Editor:
    """A widget, and what shows a value of the file in it; None for a value that the file does not have."""

    widget: QWidget
    show: Callable[[Any], None]


def editor_for(field: ConfigField, name: Name, on_change: Change) -> Editor:
    """The editor of a field that is no group; `name` is what it is called."""
    return _MAKERS[field.kind](field, name, on_change)


def _text(field: ConfigField, name: Name, on_change: Change) -> Editor:
    def take(text: str, _held: Any) -> Any:
        value = text if text or field.is_required else None
        on_change(value, "")
        return value

    return _box(name, take, _as_text) if field.name in MANY_LINES else _line(name, _hint(field), take, _as_text)


def _number(field: ConfigField, name: Name, on_change: Change) -> Editor:
    is_whole = field.kind == "integer"

    def take(text: str, held: Any) -> Any:
        try:
            value = None if not text.strip() else int(text) if is_whole else float(text)
        except ValueError:
            no_whole, no_number = tr("{text!r} is no whole number", text=text), tr("{text!r} is no number", text=text)
            on_change(None, no_whole if is_whole else no_number)
            return held
        on_change(value, "")
        return value

    return _line(name, _hint(field), take, _as_number)


def _flag(field: ConfigField, name: Name, on_change: Change) -> Editor:
    box = named(QCheckBox(tr("Yes")), *name)

    def take() -> None:
        on_change(None if box.isChecked() is bool(field.default) else box.isChecked(), "")

    def show(value: Any) -> None:
        box.blockSignals(True)
        box.setChecked(bool(field.default if value is None else value))
        box.blockSignals(False)

    box.toggled.connect(take)
    return Editor(box, show)


def _choice(field: ConfigField, name: Name, on_change: Change) -> Editor:
    box = choice(*name)
    if not field.is_required:
        default = tr("As it is anyway: {default}", default=field.default)
        box.addItem(default if field.default is not None else tr("Not set"), None)
    for each in field.choices:
        box.addItem(each, each)
    box.currentIndexChanged.connect(lambda: on_change(box.currentData(), ""))

    def show(value: Any) -> None:
        box.blockSignals(True)
        at = box.findData(value)
        if at < 0 and value is not None:
            box.addItem(str(value), value)  # a wrong one is shown, with its fault
            at = box.count() - 1
        box.setCurrentIndex(max(0, at))
        box.blockSignals(False)

    return Editor(box, show)


def _choices(field: ConfigField, name: Name, on_change: Change) -> Editor:
    widget = QWidget()
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    boxes = {each: named(QCheckBox(each), f"{name.said} {each}", f"{name.stable}{each}") for each in field.choices}

    def take() -> None:
        chosen = [each for each, box in boxes.items() if box.isChecked()]
        on_change(chosen or None, "")

    for box in boxes.values():
        row.addWidget(box)
        box.toggled.connect(take)
    row.addStretch(1)

    def show(value: Any) -> None:
        for each, box in boxes.items():
            box.blockSignals(True)
            box.setChecked(isinstance(value, list) and each in value)
            box.blockSignals(False)

    return Editor(widget, show)


def _texts(field: ConfigField, name: Name, on_change: Change) -> Editor:
    def take(text: str, _held: Any) -> Any:
        lines = [line for line in text.splitlines() if line.strip()]
        value = lines if lines or field.is_required else None
        on_change(value, "")
        return value

    def shown(value: Any) -> str:
        return "\n".join(map(str, cast("list[Any]", value))) if isinstance(value, list) else ""

    return _box(name, take, shown, tr("One a line"))


def _map(_field: ConfigField, name: Name, on_change: Change) -> Editor:
    def take(text: str, held: Any) -> Any:
        found: dict[str, str] = {}
        for line in text.splitlines():
            key, sign, value = line.partition("=")
            if not line.strip():
                continue
            if not sign or not key.strip():
                on_change(None, tr("Write NAME=text on each line; {line!r} has no NAME=", line=line.strip()))
                return held
            found[key.strip()] = value.strip()
        on_change(found or None, "")
        return found or None

    def shown(value: Any) -> str:
        pairs = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        return "\n".join(f"{key}={each}" for key, each in pairs.items())

    return _box(name, take, shown, tr("NAME=text, one a line"))


def _value(_field: ConfigField, name: Name, on_change: Change) -> Editor:
    """Anything: a table as lines of TOML, another value as one TOML value."""

    def take(text: str, held: Any) -> Any:
        try:
            value = _parsed(text) if text.strip() else None
        except ValueError as error:
            on_change(None, tr("This is not valid TOML: {error}", error=said_of(error)))
            return held
        on_change(value, "")
        return value

    return _box(name, take, _as_toml, tr('TOML, such as  name = "text"'))


def _parsed(text: str) -> Any:
    if text.lstrip().startswith(("[", "{")) and "\n" not in text.strip():
        return tomllib.loads(f"value = {text}")["value"]
    return tomllib.loads(text)


def _as_toml(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return tomlkit.dumps(cast("dict[str, Any]", value)).rstrip("\n")
    return json.dumps(value, ensure_ascii=False, default=str)


def _as_number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else _as_text(value)


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _hint(field: ConfigField) -> str:
    if field.default is not None and field.default != "":
        return f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    return "" if field.is_required else tr("Not set")


def _line(name: Name, hint: str, take: Take, shown: Callable[[Any], str]) -> Editor:
    line = named(QLineEdit(), *name)
    line.setPlaceholderText(hint)
    typed = _Typed(take)
    line.textChanged.connect(typed.on_text)

    def show(value: Any) -> None:
        if typed.gives_way_to(value):
            typed.is_listening = False
            line.setText(shown(value))
            line.setCursorPosition(0)
            typed.is_listening = True

    return Editor(line, show)


def _box(name: Name, take: Take, shown: Callable[[Any], str], hint: str = "") -> Editor:
    box = named(QPlainTextEdit(), *name)
    box.setPlaceholderText(hint)
    box.setTabChangesFocus(True)
    box.setFixedHeight(box.fontMetrics().lineSpacing() * BOX_LINES + BOX_FRAME_PX)
    typed = _Typed(take)
    box.textChanged.connect(lambda: typed.on_text(box.toPlainText()))

    def show(value: Any) -> None:
        if typed.gives_way_to(value):
            typed.is_listening = False
            box.setPlainText(shown(value))
            typed.is_listening = True

    return Editor(box, show)


class _Typed:
    """What a person types is left as they spell it, as long as the file says that, or they are not done."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._is_own = False
        self._value: Any = None
        self.is_listening = True

    def on_text(self, text: str) -> None:
        """Something was typed."""
        if self.is_listening:
            self._is_own = True
            self._value = self._take(text, self._value)

    def gives_way_to(self, value: Any) -> bool:
        """Whether the widget is to show what the file has now."""
        if self._is_own and value == self._value:
            return False
        changed = not self._is_own and value == self._value and value is not None
        self._is_own, self._value = False, value
        return not changed


_MAKERS: dict[str, Callable[[ConfigField, Name, Change], Editor]] = {
    "text": _text,
    "integer": _number,
    "number": _number,
    "flag": _flag,
    "choice": _choice,
    "choices": _choices,
    "texts": _texts,
    "map": _map,
    "value": _value,
}
