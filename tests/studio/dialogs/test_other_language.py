"""In another language what is the Studio's own is found by its English words too, and nothing is decided by a text."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from loom.config import load_agent
from loom.config.agent import AgentConfig
from loom.config.fields import fields_of
from loom.threads import in_thread
from loom_studio.dialogs.agent_editor.section import place_name
from loom_studio.dialogs.palette import CommandPalette
from loom_studio.services.actions import ACTIONS, MENUS
from loom_studio.services.agent_facts import known_tools
from loom_studio.services.agents import AgentLibrary
from loom_studio.services.faults import Fault, FaultLog
from loom_studio.services.field_words import FIELDS, LABELS, SAMPLES, TOOLS
from loom_studio.services.tour import Tour
from loom_studio.texts import use_translation
from loom_studio.windows import Windows
from tests.support.waiting import until
from tests.support.windows import with_windows


@pytest.fixture(autouse=True)
def mirrored() -> Iterator[None]:
    """A language in which each text is written backwards, but those with values."""
    use_translation(lambda text, _count: "" if "{" in text or "%" in text else text[::-1])
    yield
    use_translation(None)


def test_the_palette_finds_actions_by_both_languages_and_menus_are_named_in_one(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        menus = window.actions_of_window.menus()
        assert [menu.title() for menu in menus] == [name[::-1] for name in MENUS]
        assert [menu.objectName() for menu in menus] == [f"{name}Menu" for name in MENUS]
        window.actions_of_window.open_palette()
        palette = window.findChild(CommandPalette)
        assert palette is not None
        by_name = {row.name: row for row in ACTIONS}
        for name in ("harness", "sidebar"):
            words = by_name[name].text
            for typed in (words[::-1], words.lower()):
                palette.line.setText(typed)
                await until(lambda words=words: [each.label for each in palette.model.choices][:1] == [words[::-1]])
        palette.hide()

    with_windows(qapp, tmp_path, use)


def test_words_of_every_field_and_tool_can_be_translated() -> None:
    labels: set[str] = set()
    fields: set[str] = set()
    left, seen = [AgentConfig], set[type]()
    while left:
        cls = left.pop()
        seen.add(cls)
        for each in fields_of(cls):
            labels.add(each.label)
            fields.add(each.about)
            if each.group is not None and each.group not in seen:
                left.append(each.group)
    assert labels == set(LABELS)
    assert fields - {""} == set(FIELDS)
    assert {tool.about for tool in known_tools()} == set(TOOLS)


def test_a_place_is_called_in_the_language_and_known_by_its_english_name() -> None:
    name = place_name(("policy", "permissions", "allow"))
    assert name == ("YciloP snoissimreP wollA", "Policypermissionsallow")
    use_translation(None)
    assert place_name(("triggers", 0, "dry_run")) == ("Triggers 1 dry run", "Triggers1dryrun")
    assert place_name(("mcp_servers",)).said == "Agent mcp servers"


def test_a_fault_is_told_in_the_language_and_reported_in_english(
    qapp: QApplication, error_records: list[logging.LogRecord]
) -> None:
    del qapp
    faults = FaultLog()
    found: list[Fault] = []
    faults.found.connect(found.append)
    faults.install()
    try:
        sys.excepthook(ValueError, ValueError("no number"), None)
    finally:
        faults.remove()
        error_records.clear()
    assert found[0].sentence == "An error that nobody caught: ValueError: no number"
    assert found[0].shown == f"{'An error that nobody caught'[::-1]}: ValueError: no number"
    assert "An error that nobody caught" in faults.report(found[0])


async def test_the_tour_speaks_the_language_and_its_files_are_called_the_same() -> None:
    tour = await Tour.make()
    agent = tour.agent()
    assert agent.safety_rules is not None
    assert (agent.name, agent.safety_rules[0].reason) == ("ruoT", "this agent deletes nothing"[::-1])
    worker = await in_thread(load_agent, tour.scratch / "agent.toml")
    assert worker.name == "Tour worker"[::-1]
    await tour.aclose()


def test_what_shipped_agents_say_of_themselves_can_be_translated(tmp_path: Path) -> None:
    library = AgentLibrary(tmp_path / "agents")
    library.reload()
    assert [entry.config.description for entry in library.entries if entry.config is not None] == list(SAMPLES)
