"""One trigger of an agent file is changed, and the rest of the file stays as its person wrote it."""

from dataclasses import replace
from pathlib import Path

import pytest

from loom.config import TriggerConfig, load_agent
from loom.config.trigger_file import change_trigger, with_trigger
from loom.errors import ConfigError

FILE = """# my watcher
name = "Watcher"

[model]
provider = "scripted"  # no key
name = "s"

[heartbeat]
interval = 2.0  # often enough

# the sources
[[heartbeat.watch_sources]]
kind = "filesystem"
paths = ["src"]
"""
TWO = """
# reviews Python
[[heartbeat.triggers]]
name = "Review"  # shown in the sidebar
prompt = "Review it."
path = "*.py"  # only these
cooldown_s = 5.0

# sweeps
[[heartbeat.triggers]]
name = "Sweep"
prompt = "Sweep it."
kind = "deleted"
"""
REVIEW = TriggerConfig("Review", "Review it.", path="*.py", cooldown_s=5.0)


def file_of(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "agent.toml"
    file.write_text(text)
    return file


def triggers_of(file: Path) -> list[TriggerConfig]:
    heartbeat = load_agent(file).heartbeat
    assert heartbeat is not None
    return heartbeat.triggers


def test_a_trigger_is_added_behind_what_is_there(tmp_path: Path) -> None:
    file = file_of(tmp_path, FILE)
    added = TriggerConfig("Über", 'Say "so"\nin two lines.', agent="r.toml", path="src/**/*.py", dry_run=True)
    config = change_trigger(file, "", added)
    assert config == load_agent(file)
    assert triggers_of(file) == [added]
    assert file.read_text().startswith(FILE.rstrip())
    change_trigger(file, "", REVIEW)
    assert triggers_of(file) == [added, REVIEW]
    change_trigger(file, "Über", None)
    change_trigger(file, "Review", None)
    assert file.read_text().rstrip() == FILE.rstrip(), "the file is as it was"


def test_a_trigger_is_changed_in_its_place_and_the_comments_stay(tmp_path: Path) -> None:
    file = file_of(tmp_path, FILE + TWO)
    change_trigger(file, "Review", replace(REVIEW, name="Look", cooldown_s=60.0, urgency="high"))
    text = file.read_text()
    assert [each.name for each in triggers_of(file)] == ["Look", "Sweep"]
    for kept in (
        "# reviews Python",
        "# shown in the sidebar",
        "# only these",
        "# sweeps",
        "# often enough",
        "# no key",
    ):
        assert kept in text
    assert "cooldown_s" not in text, "what is as it is anyway is not written"
    change_trigger(file, "Look", None)
    assert [each.name for each in triggers_of(file)] == ["Sweep"]
    assert "# the sources" in file.read_text()


def test_triggers_in_one_line_and_tables_out_of_order_are_changed_too(tmp_path: Path) -> None:
    line = 'triggers = [{ name = "Review", prompt = "Review it.", path = "*.py" }]  # short'
    file = file_of(tmp_path, FILE.replace("# the sources", f"{line}\n"))
    change_trigger(file, "Review", replace(REVIEW, cooldown_s=7.0))
    change_trigger(file, "", TriggerConfig("Other", "Do.", kind="deleted"))
    assert [(each.name, each.cooldown_s) for each in triggers_of(file)] == [("Review", 7.0), ("Other", 60.0)]
    apart = FILE.replace("[model]", "[heartbeat.interrupt_policy]\nhigh = 'queue'\n\n[model]") + TWO
    file = file_of(tmp_path, apart)
    change_trigger(file, "Sweep", TriggerConfig("Sweep", "Sweep again.", kind="deleted"))
    assert triggers_of(file)[1].prompt == "Sweep again."


@pytest.mark.parametrize(
    ("text", "before", "said"),
    [
        ('[model]\nprovider = "scripted"\nname = "s"\n', "", r"no \[heartbeat\]"),
        (FILE + TWO, "Gone", "There is no trigger 'Gone' any more"),
        (FILE + TWO, "Sweep", "There is a trigger 'Review' already"),
        ("[model\n", "", "agent.toml"),
    ],
)
def test_what_cannot_be_changed_leaves_the_file_as_it_was(tmp_path: Path, text: str, before: str, said: str) -> None:
    file = file_of(tmp_path, text)
    with pytest.raises(ConfigError, match=said):
        change_trigger(file, before, REVIEW)
    assert file.read_text() == text


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be changed"):
        change_trigger(tmp_path / "none.toml", "", REVIEW)


def test_the_list_after_a_change() -> None:
    other = TriggerConfig("Other", "Do.", kind="deleted")
    assert with_trigger([REVIEW], "", other) == [REVIEW, other]
    assert with_trigger([REVIEW, other], "Review", None) == [other]
    assert with_trigger([REVIEW, other], "Review", replace(REVIEW, name="New"))[0].name == "New"
