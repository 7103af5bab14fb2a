"""One value of an agent file is changed; everything else stays as it was written."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.config.agent import AgentConfig
from loom.config.editing import value_at, with_member, with_value, without_member
from loom.config.faults import check_agent
from loom.config.fields import ConfigField, fields_of
from loom.errors import ConfigError

FILE = """# what it is
name = "A"  # mine
instructions = \"\"\"
hello
\"\"\"

[model]
provider = "scripted"  # for now
name = "s"

[policy.permissions]
deny = ["x"]  # never
"""


def test_comments_and_order_survive_a_change() -> None:
    changed = with_value(FILE, ("model", "name"), "t")
    assert changed == FILE.replace('name = "s"', 'name = "t"')


def test_tables_are_made_on_the_way_and_empty_ones_go() -> None:
    made = with_value(FILE, ("runtime", "limits", "max_iterations"), 5)
    assert tomllib.loads(made)["runtime"] == {"limits": {"max_iterations": 5}}
    assert with_value(made, ("runtime", "limits", "max_iterations"), None, lambda _place: False).strip() == FILE.strip()
    kept = with_value(made, ("runtime", "limits", "max_iterations"), None, lambda place: place == ("runtime",))
    assert tomllib.loads(kept)["runtime"] == {}


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_written_so_that_it_reads_the_same(text: str) -> None:
    try:
        changed = with_value(FILE, ("instructions",), text)
    except ConfigError:  # said, and nothing changed
        return
    assert tomllib.loads(changed)["instructions"] == text


@pytest.mark.parametrize("text", ['a "b" \\ c\n"""\n', "\t\x01\n\r\nend", 'ends with"\n"', "\n\n", "\\\n"])
def test_texts_of_several_lines_keep_quotes_backslashes_and_control_characters(text: str) -> None:
    assert tomllib.loads(with_value(FILE, ("instructions",), text))["instructions"] == text


def test_members_are_added_changed_and_taken_out() -> None:
    text = with_member(FILE, ("hooks",), {"event": "Stop", "command": ["a"]})
    text = with_member(text, ("hooks",), {"event": "Stop", "command": ["b"]})
    text = with_value(text, ("hooks", 1, "environment"), {"A": "b"})
    text = without_member(text, ("hooks",), 0)
    assert tomllib.loads(text)["hooks"] == [{"event": "Stop", "command": ["b"], "environment": {"A": "b"}}]
    assert without_member(text, ("hooks",), 0, lambda _place: False).strip() == FILE.strip()


def test_tables_in_a_line_stay_in_their_line() -> None:
    text = 'model = {provider = "x", name = "y"}\nhooks = [{event = "Stop", command = ["a"]}]\n'
    changed = with_value(text, ("model", "extensions", "a"), 1)
    changed = with_member(changed, ("hooks",), {"event": "Stop", "command": ["b"]})
    assert len(changed.splitlines()) == 2
    assert len(value_at(tomllib.loads(changed), ("hooks",))) == 2


def test_every_fault_is_said_at_its_place() -> None:
    checked = check_agent(
        'capabilities = ["files", "all"]\n[model]\nname = "m"\n[heartbeat]\ninterval = "x"\n'
        '[[hooks]]\nevent = "Often"\ncommand = ["a"]\n'
    )
    assert checked.config is None
    places = {fault.place: fault.sentence for fault in checked.faults}
    assert "is required" in places["model", "provider"]
    assert "must be a valid number" in places["heartbeat", "interval"]
    assert "'Often' is not one of" in places["hooks", 0, "event"]
    assert check_agent("name = ").faults[0].place == ()


def test_the_form_has_every_field_that_a_file_can_hold() -> None:
    def leaves(cls: type, seen: tuple[type, ...] = ()) -> list[ConfigField]:
        found: list[ConfigField] = []
        for field in fields_of(cls):
            group = field.group
            found += leaves(group, (*seen, cls)) if group is not None and group not in seen else [field]
        return found

    names = {field.name for field in leaves(AgentConfig)}
    assert {"provider", "instructions", "max_iterations", "snip_at", "allow", "event", "cooldown_s"} <= names
    kinds: dict[str, Any] = {field.name: field.kind for field in fields_of(AgentConfig)}
    assert (kinds["model"], kinds["hooks"], kinds["capabilities"]) == ("group", "groups", "texts")
    assert "tools" not in kinds  # made in code
