"""A form for one configuration class: a row for each of its fields, groups in it, and lists of objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QListWidget, QPushButton, QVBoxLayout, QWidget

from loom.config.editing import Place
from loom.config.fields import ConfigField, fields_of, made_in_code
from loom.errors import ConfigError
from loom_studio.dialogs.agent_editor.editors import Name, editor_for
from loom_studio.runtime_words import said, said_of
from loom_studio.services.agent_draft import AgentDraft
from loom_studio.texts import tr
from loom_studio.theme import px
from loom_studio.widgets.named import named, text_label

INDENT_PX = 14
LABEL_PX = 150
LIST_PX = 96


class DraftForm:
    """What the forms of one editor share: the draft, and who is told that it changed.

    `local` holds what is wrong with what was typed, by place: it is in no file yet.
    """

    def __init__(self, draft: AgentDraft, on_change: Callable[[], None]) -> None:
        self.draft = draft
        self.local: dict[Place, str] = {}
        self._on_change = on_change

    def put(self, place: Place, value: Any, fault: str = "") -> None:
        """Write a value of the form to the draft, or remember why it can't be."""
        self.local.pop(place, None)
        if fault:
            self.local[place] = fault
        else:
            self._try(place, partial(self.draft.put, place, value))
        self._on_change()

    def add(self, place: Place, group: type) -> None:
        """Add an object to a list."""
        self._try(place, partial(self.draft.add, place, group))
        self._on_change()

    def drop(self, place: Place, number: int) -> None:
        """Take an object out of a list."""
        self.local = {each: said for each, said in self.local.items() if each[: len(place)] != place}
        self._try(place, partial(self.draft.drop, place, number))
        self._on_change()

    def _try(self, place: Place, change: Callable[[], None]) -> None:
        try:
            change()
        except ConfigError as error:
            self.local[place] = said_of(error)

    def faults(self, place: Place, *, within: bool) -> str:
        """What is wrong at a place, or anywhere in it, in sentences."""
        told = [said(each.sentence) for each in self.draft.faults_within(place) if within or each.place == place]
        known = [each for each in [self.local.get(place, ""), *told] if each]
        return " ".join(each if each.endswith("。") else tr("{error}.", error=each.rstrip(".")) for each in known)


class Row(QWidget):
    """A field that is no group: its label, its editor, what it is about, and what is wrong with it."""

    def __init__(self, form: DraftForm, field: ConfigField, place: Place) -> None:
        super().__init__()
        self._form = form
        self._place = place
        self.editor = editor_for(field, place_name(place), partial(form.put, place))
        label = text_label(tr(field.label))
        label.setFixedWidth(px(LABEL_PX))
        label.setContentsMargins(0, 4, 0, 0)
        self.fault = text_label(look="Danger")
        right = QVBoxLayout()
        right.setSpacing(2)
        right.addWidget(self.editor.widget)
        if field.about:
            right.addWidget(text_label(tr(field.about), "Muted"))
            self.editor.widget.setAccessibleDescription(tr(field.about))
        right.addWidget(self.fault)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 4)
        row.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(right, 1)

    def refresh(self) -> None:
        """Show what the draft has."""
        self.editor.show(self._form.draft.value(self._place))
        said = self._form.faults(self._place, within=True)
        self.fault.setText(said)
        self.fault.setVisible(bool(said))


class Group(QWidget):
    """An object in an object, under its own heading; one that may be absent has a switch."""

    def __init__(self, form: DraftForm, field: ConfigField, place: Place, cls: type) -> None:
        super().__init__()
        self._form = form
        self._place = place
        self._cls = cls
        self._inner: Section | None = None
        self._is_optional = field.is_optional
        name = place_name(place)
        self.switch = named(QCheckBox(tr(field.label)), tr("{place} on", place=name.said), f"{name.stable}on")
        self.fault = text_label(look="Danger")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 6, 0, 6)
        self._layout.setSpacing(4)
        if field.is_optional:
            self._layout.addWidget(self.switch)
            self.switch.toggled.connect(self._on_switch)
        else:
            self._layout.addWidget(text_label(tr(field.label), "Strong"))
        if field.about:
            self._layout.addWidget(text_label(tr(field.about), "Muted"))
        self._layout.addWidget(self.fault)

    def refresh(self) -> None:
        """Show what the draft has."""
        held = self._form.draft.value(self._place)
        is_on = held is not None or not self._is_optional
        self.switch.blockSignals(True)
        self.switch.setChecked(is_on)
        self.switch.blockSignals(False)
        if is_on and self._inner is None:
            self._inner = Section(self._form, self._cls, self._place)
            self._inner.setContentsMargins(INDENT_PX, 0, 0, 0)
            self._layout.addWidget(self._inner)
        if self._inner is not None:
            self._inner.setVisible(is_on)
            self._inner.refresh()
        said = self._form.faults(self._place, within=False)
        self.fault.setText(said)
        self.fault.setVisible(bool(said))

    def _on_switch(self, is_on: bool) -> None:
        from loom_studio.services.agent_draft import blank

        self._form.put(self._place, blank(self._cls) if is_on else None)


class Members(QWidget):
    """A list of objects: which there are, and the form of the one that is chosen."""

    def __init__(self, form: DraftForm, field: ConfigField, place: Place, cls: type) -> None:
        super().__init__()
        self._form = form
        self._place = place
        self._cls = cls
        self._inner: Section | None = None
        self._shown = -1
        name = place_name(place)
        self.list = named(QListWidget(), *name)
        self.list.setFixedHeight(px(LIST_PX))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.add = named(QPushButton(tr("Add")), tr("Add to {list}", list=name.said), f"Addto{name.stable}")
        remove = tr("Remove from {list}", list=name.said)
        self.remove = named(QPushButton(tr("Remove")), remove, f"Removefrom{name.stable}")
        self.fault = text_label(look="Danger")
        buttons = QHBoxLayout()
        for button, slot in ((self.add, self._on_add), (self.remove, self._on_remove)):
            button.setAutoDefault(False)
            button.clicked.connect(slot)
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 6, 0, 6)
        self._layout.setSpacing(4)
        self._layout.addWidget(text_label(tr(field.label), "Strong"))
        if field.about:
            self._layout.addWidget(text_label(tr(field.about), "Muted"))
        self._layout.addWidget(self.list)
        self._layout.addLayout(buttons)
        self._layout.addWidget(self.fault)
        self.list.itemSelectionChanged.connect(self._on_row)

    def refresh(self) -> None:
        """Show what the draft has."""
        held = self._form.draft.value(self._place)
        members = cast("list[Any]", held) if isinstance(held, list) else []
        row = self._row
        self.list.blockSignals(True)
        while self.list.count() > len(members):
            self.list.takeItem(self.list.count() - 1)
        for number, member in enumerate(members):
            text = _summary(member, number, bad=bool(self._form.draft.faults_within((*self._place, number))))
            if number < self.list.count():
                self.list.item(number).setText(text)
            else:
                self.list.addItem(text)
        self.list.blockSignals(False)
        self.list.setVisible(bool(members))
        self.remove.setVisible(bool(members))
        said = self._form.faults(self._place, within=False)
        self.fault.setText(said)
        self.fault.setVisible(bool(said))
        wanted = min(max(row, 0), len(members) - 1)
        if wanted != self._shown:
            self.list.setCurrentRow(wanted)
            self._show(wanted)
        elif self._inner is not None:
            self._inner.refresh()

    def _show(self, row: int) -> None:
        self._shown = row
        if self._inner is not None:
            self._layout.removeWidget(self._inner)
            self._inner.hide()
            self._inner.deleteLater()
            self._inner = None
        if row >= 0:
            self._inner = Section(self._form, self._cls, (*self._place, row))
            self._inner.setContentsMargins(INDENT_PX, 0, 0, 0)
            self._layout.addWidget(self._inner)
            self._inner.refresh()

    @property
    def _row(self) -> int:
        chosen = self.list.selectedIndexes()
        return chosen[0].row() if chosen else -1

    def _on_row(self) -> None:
        if self._row >= 0 and self._row != self._shown:
            self._show(self._row)

    def _on_add(self) -> None:
        count = self.list.count()
        self._form.add(self._place, self._cls)
        self.list.setCurrentRow(min(count, self.list.count() - 1))

    def _on_remove(self) -> None:
        row = self._row
        if row >= 0:
            self._shown = -2  # what stands at this number then is another
            self._form.drop(self._place, row)


class Section(QWidget):
    """The fields of one class at one place, but those that `skip` names, or only those of `only`."""

    def __init__(
        self, form: DraftForm, cls: type, place: Place, *, only: tuple[str, ...] = (), skip: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setSpacing(2)
        self.parts: dict[str, Row | Group | Members] = {}
        for field in fields_of(cls):
            if field.name in skip or (only and field.name not in only):
                continue
            self.parts[field.name] = part = _part(form, field, (*place, field.name))
            layout.addWidget(part)
        code = [name for name in made_in_code(cls) if not only and name not in skip]
        if code:
            layout.addWidget(
                text_label(tr("Only made in code, so in no file: {names}.", names=", ".join(code)), "Muted")
            )

    def refresh(self) -> None:
        """Show what the draft has."""
        for part in self.parts.values():
            part.refresh()


def _part(form: DraftForm, field: ConfigField, place: Place) -> Row | Group | Members:
    if field.kind == "group" and field.group is not None:
        return Group(form, field, place, field.group)
    if field.kind == "groups" and field.group is not None:
        return Members(form, field, place, field.group)
    return Row(form, field, place)


def place_name(place: Place) -> Name:
    """A place as a name: its words, members counted from 1."""
    names = [str(part + 1) if isinstance(part, int) else part.replace("_", " ") for part in place]
    words = [str(part + 1) if isinstance(part, int) else _spoken(part) for part in place]
    if len(place) == 1:  # not what a label or a section beside it is called
        return Name(tr("Agent {field}", field=words[0]), f"Agent{names[0]}".replace(" ", ""))
    said = " ".join(words)
    return Name(said[:1].upper() + said[1:], " ".join(names).capitalize().replace(" ", ""))


def _spoken(name: str) -> str:
    """A field's name in words."""
    label = ConfigField(name, "text").label
    said = tr(label)
    return name.replace("_", " ") if said == label else said


def _summary(member: Any, number: int, *, bad: bool) -> str:
    """A member of a list in a line: the first of its values that say something."""
    values = cast("dict[str, Any]", member).values() if isinstance(member, dict) else [member]
    words = [" ".join(map(str, cast("list[Any]", each))) if isinstance(each, list) else str(each) for each in values]
    said = " · ".join(" ".join(word.split())[:60] for word in words[:3] if word.strip())
    return f"{'✗  ' if bad else ''}{number + 1}. {said or tr('empty')}"
