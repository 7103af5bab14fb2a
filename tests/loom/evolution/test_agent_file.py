"""What a person accepts is written into the agent's file, whose comments stay, and goes out of it in one step."""

from pathlib import Path

import pytest

from loom import ConfigError
from loom.config import AgentConfig, load_agent
from loom.evolution.agent_file import put_in, take_out
from loom.evolution.proposals import Change

FILE = '''# Our programmer. Do not remove this comment.
name = "Coder"
instructions = """
Read before you change.
"""
capabilities = ["files", "search", "edit", "web"] # all of them

[model]
provider = "scripted"  # not a real one
name = "s"

[policy.permissions]
deny = ["run_command(rm *)"] # never
'''
BARE = '[model]\nprovider = "scripted"\nname = "s"\n'
HINT = Change("hint", "When you call edit_file: 4 of 6 such calls failed, most often with “old_text is not in 'a'”.")
DENY = Change("deny", "run_command(git push)", "run_command")
ALLOW = Change("allow", "run_command(git status)", "run_command")
RULE = Change("safety_rule", 'It failed 3 of 3 times: no such "thing"', "deploy", {"target": "moon"}, "learned_deploy")
SPLIT = Change("split", name="Coder – web", capabilities=("web",))
CHANGES = pytest.mark.parametrize("change", [HINT, DENY, ALLOW, RULE, SPLIT], ids=lambda change: change.kind)


@CHANGES
def test_a_change_is_put_in_with_comments_kept_and_taken_out_to_the_byte(tmp_path: Path, change: Change) -> None:
    file = tmp_path / "coder.toml"
    file.write_text(FILE)
    before, after, made = put_in(file, change)
    assert before == FILE
    assert file.read_text() == after != FILE
    for comment in ("# Our programmer.", "# not a real one", "# never"):
        assert comment in after
    load_agent(file)
    take_out(file, change, before, after, made)
    assert file.read_text() == FILE
    assert [each.name for each in tmp_path.iterdir()] == ["coder.toml"]


@CHANGES
def test_a_file_that_was_changed_since_loses_only_the_change(tmp_path: Path, change: Change) -> None:
    file = tmp_path / "coder.toml"
    file.write_text(FILE)
    before, after, made = put_in(file, change)
    file.write_text(after.replace('name = "Coder"', 'name = "Coder"\ndescription = "mine"'))
    take_out(file, change, before, after, made)
    config = load_agent(file)
    expected = load_agent_from(FILE, tmp_path)
    assert config.description == "mine"
    assert config.instructions.strip() == expected.instructions.strip()
    assert sorted(config.capabilities) == sorted(expected.capabilities)
    assert (config.safety_rules or []) == []
    assert config.policy is not None
    assert expected.policy is not None
    assert config.policy.permissions == expected.policy.permissions
    if change.kind != "split":
        with pytest.raises(ConfigError, match="nothing to undo"):
            take_out(file, change, before, after, made)


@pytest.mark.parametrize("change", [HINT, DENY, ALLOW, RULE], ids=lambda change: change.kind)
def test_a_file_without_a_place_for_it_gets_one(tmp_path: Path, change: Change) -> None:
    file = tmp_path / "bare.toml"
    file.write_text(BARE)
    before, after, made = put_in(file, change)
    config = load_agent(file)
    assert (HINT.text in config.instructions) == (change is HINT)
    assert bool(config.safety_rules) == (change is RULE)
    take_out(file, change, before, after, made)
    assert file.read_text() == BARE


def test_an_agent_that_was_split_off_and_changed_since_stays(tmp_path: Path) -> None:
    file = tmp_path / "coder.toml"
    file.write_text(FILE)
    before, after, made = put_in(file, SPLIT)
    (tmp_path / "coder-web.toml").write_text("mine now")
    take_out(file, SPLIT, before, after, made)
    assert file.read_text() == FILE
    assert (tmp_path / "coder-web.toml").read_text() == "mine now"


def test_what_the_change_says_is_what_the_agent_has(tmp_path: Path) -> None:
    file = tmp_path / "coder.toml"
    file.write_text(FILE)
    for change in (HINT, DENY, ALLOW, RULE, SPLIT):
        put_in(file, change)
    config = load_agent(file)
    assert config.instructions == f"Read before you change.\n\n{HINT.text}\n"
    assert config.policy is not None
    assert config.policy.permissions.deny == ["run_command(rm *)", "run_command(git push)"]
    assert config.policy.permissions.allow == ["run_command(git status)"]
    assert config.safety_rules is not None
    assert config.safety_rules[0].matches("deploy", {"target": "moon"})
    assert config.capabilities == ["files", "search", "edit"]
    other = load_agent(tmp_path / "coder-web.toml")
    assert (other.name, other.capabilities) == ("Coder – web", ["web"])
    assert "# Our programmer." in (tmp_path / "coder-web.toml").read_text()


def test_a_file_that_can_not_be_changed_is_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("name = ")
    with pytest.raises(ConfigError):
        put_in(file, HINT)
    assert file.read_text() == "name = "
    with pytest.raises(ConfigError, match="can't be read"):
        put_in(tmp_path / "none.toml", HINT)
    file.write_text(FILE)
    (tmp_path / "broken-web.toml").write_text("there already")
    with pytest.raises(ConfigError, match="already"):
        put_in(file, SPLIT)
    assert file.read_text() == FILE
    inline = BARE + 'policy = { permissions = { allow = ["a"] } }\n'
    file.write_text(
        inline.replace("[model]\n", "model = {").replace(
            'provider = "scripted"\nname = "s"\n', 'provider = "scripted", name = "s"}\n'
        )
    )
    put_in(file, ALLOW)
    assert load_agent(file).policy is not None


def load_agent_from(text: str, folder: Path) -> AgentConfig:
    file = folder / "expected.toml"
    file.write_text(text)
    config = load_agent(file)
    file.unlink()
    return config
