"""`loom memory` as a person types it: what an agent wrote is listed, read, searched and forgotten."""

import json
from pathlib import Path

from tests.loom.cli.test_cli import loom

AGENT = """
name = "Programmer"
capabilities = ["memory"]
[model]
provider = "scripted"
name = "s"
[[model.extensions.turns]]
tool = "memory"
arguments = { command = "create", path = "/memories/taste.md", file_text = "# Taste\\n\\nTabs, not spaces.\\n" }
[[model.extensions.turns]]
text = "I will remember it."
[policy.permissions]
allow = ["memory(create)"]
"""


def test_what_an_agent_wrote_is_listed_shown_searched_and_forgotten(tmp_path: Path) -> None:
    agent = tmp_path / "agent.toml"
    agent.write_text(AGENT)
    ran = loom("run", "Remember that I like tabs", "--agent", str(agent), "--workspace", str(tmp_path))
    assert ran.returncode == 0
    assert "✎ Remembered: /memories/taste.md (“Taste”)" in ran.stderr
    place = ("--workspace", str(tmp_path))
    [listed] = loom("memory", "list", *place).stdout.splitlines()
    assert listed.startswith("/memories/taste.md")
    assert "by Programmer" in listed
    assert "on the words “Remember that I like tabs”" in listed
    shown = json.loads(loom("memory", "show", "taste.md", "--json", *place).stdout)
    assert shown["text"] == "# Taste\n\nTabs, not spaces.\n"
    assert shown["on_words"] == "Remember that I like tabs"
    assert "/memories/taste.md:1:" in loom("memory", "search", "tabs", *place).stdout
    assert loom("memory", "forget", "taste.md", *place).stdout == "Forgotten: /memories/taste.md.\n"
    assert loom("memory", "list", *place).stdout == ""
    gone = loom("memory", "forget", "taste.md", *place)
    assert gone.returncode == 2
    assert "There is no memory /memories/taste.md" in gone.stderr


def test_a_memory_that_came_with_a_folder_is_said_and_trusted(tmp_path: Path) -> None:
    folder = tmp_path / ".loom" / "memory"
    folder.mkdir(parents=True)
    (folder / "team.md").write_text("# The team's notes\n\x1b[31mred")
    place = ("--workspace", str(tmp_path))
    listed = loom("memory", "list", *place)
    assert listed.stdout == ""
    assert "loom memory trust" in listed.stderr
    assert loom("memory", "trust", *place).returncode == 0
    assert "/memories/workspace/team.md" in loom("memory", "list", *place).stdout
    assert "\x1b" not in loom("memory", "show", "workspace/team.md", *place).stdout
