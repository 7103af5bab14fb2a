"""The sections of the agent editor: some made by hand, and one for each other field that an agent file has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QWidget

from loom.config.agent import AgentConfig
from loom.config.fields import fields_of
from loom.config.model import ModelRef
from loom_studio.dialogs.agent_editor.instructions import Instructions
from loom_studio.dialogs.agent_editor.model_picker import ModelPicker, Start
from loom_studio.dialogs.agent_editor.section import DraftForm, Section
from loom_studio.dialogs.agent_editor.tools_picker import ToolsPicker
from loom_studio.texts import marked
from loom_studio.widgets.column import Column

LAST = ("runtime",)


class Shown(Protocol):
    """What shows a part of the draft."""

    def refresh(self) -> None:
        """Show what the draft has."""
        ...


@dataclass(frozen=True, slots=True)
class SectionPage:
    """A page, and what of it shows the draft."""

    widget: QWidget
    parts: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class SectionEntry:
    """A section by its English title, the fields that it is about, and what makes its page when it is first chosen."""

    title: str
    fields: tuple[str, ...]
    make: Callable[[], SectionPage]


def agent_sections(form: DraftForm, start: Start, instructions: Instructions, prices: Path) -> list[SectionEntry]:
    """The sections that a form has; together they have every field of the configuration."""
    made = [
        SectionEntry(marked("About"), ("name", "description"), partial(_fields, form, ("name", "description"))),
        SectionEntry(marked("Model"), ("model", "generation"), partial(_model, form, start, prices)),
        SectionEntry(marked("Instructions"), ("instructions",), lambda: SectionPage(instructions, (instructions,))),
        SectionEntry(marked("Tools"), ("capabilities",), partial(_tools, form)),
    ]
    taken = {name for entry in made for name in entry.fields}
    others = [each for each in fields_of(AgentConfig) if each.name not in taken]
    rest = [
        SectionEntry(field.label, (field.name,), partial(_fields, form, (field.name,)))
        for field in sorted(others, key=lambda each: each.name in LAST)
    ]
    return [*made, *rest]


def _fields(form: DraftForm, only: tuple[str, ...]) -> SectionPage:
    section = Section(form, AgentConfig, (), only=only)
    return SectionPage(_scrolled(section), (section,))


def _model(form: DraftForm, start: Start, prices: Path) -> SectionPage:
    picker = ModelPicker(form, start, prices)
    rest = Section(form, ModelRef, ("model",), skip=("provider", "name"))
    generation = Section(form, AgentConfig, (), only=("generation",))
    return SectionPage(_scrolled(picker, rest, generation), (picker, rest, generation))


def _tools(form: DraftForm) -> SectionPage:
    picker = ToolsPicker(form)
    return SectionPage(_scrolled(picker), (picker,))


def _scrolled(*parts: QWidget) -> QWidget:
    page = Column()
    page.lines.setContentsMargins(0, 0, 8, 0)
    for part in parts:
        page.lines.addWidget(part)
    page.lines.addStretch(1)
    return page
