"""An agent file while it is edited: its text, which is the truth, and what that says, field by field."""

from __future__ import annotations

from typing import Any

from loom.config.agent import AgentConfig
from loom.config.editing import Place, value_at, with_member, with_value, without_member
from loom.config.faults import CheckedAgent, Fault, check_agent
from loom.config.fields import ConfigField, field_at, fields_of


class AgentDraft:
    """Form and text both change it; a text that is no TOML leaves the form with the values from before."""

    def __init__(self, text: str) -> None:
        self.text = ""
        self.checked = CheckedAgent(None)
        self.data: dict[str, Any] = {}
        self.take(text)

    @property
    def config(self) -> AgentConfig | None:
        """The agent that the text describes; None while something is wrong with it."""
        return self.checked.config

    @property
    def is_toml(self) -> bool:
        """False while the text can't be read at all, and so no field of it changed."""
        return self.checked.data is not None

    def take(self, text: str) -> None:
        """Take another text."""
        self.text = text
        self.checked = check_agent(text)
        if self.checked.data is not None:
            self.data = self.checked.data

    def value(self, place: Place) -> Any:
        """What the file says at a place; None where it says nothing."""
        return value_at(self.data, place)

    def put(self, place: Place, value: Any) -> None:
        """Write a value; None takes it out of the file. Raises ConfigError where the text can't be changed so."""
        if self.value(place) != value or type(self.value(place)) is not type(value):
            self.take(with_value(self.text, place, value, _means_something))

    def add(self, place: Place, group: type) -> None:
        """Put one more member to a list of tables, with the fields that it needs. Raises ConfigError."""
        self.take(with_member(self.text, place, blank(group)))

    def drop(self, place: Place, number: int) -> None:
        """Take a member out of a list of tables. Raises ConfigError."""
        self.take(without_member(self.text, place, number, _means_something))

    def faults_within(self, place: Place) -> list[Fault]:
        """What is wrong with a place and everything in it."""
        return [fault for fault in self.checked.faults if fault.place[: len(place)] == place]


def blank(group: type) -> dict[str, Any]:
    """The fields that an object of a class can't be without, as empty as they can be."""
    return {each.name: _blank(each) for each in fields_of(group) if each.is_required}


def _blank(field: ConfigField) -> Any:
    if field.kind == "choice":
        return field.choices[0]
    if field.kind == "group" and field.group is not None:
        return blank(field.group)
    empty: dict[str, Any] = {"text": "", "integer": 1, "number": 1.0, "flag": False, "map": {}, "value": {}}
    return empty.get(field.kind, [])


def _means_something(place: Place) -> bool:
    """Whether an empty table at a place says more than none: it switches on what is off without it."""
    field = field_at(AgentConfig, place)
    return field is None or field.is_optional
