"""`loom insights` as a person types it: what failed is seen, proposed, accepted into the file, and undone."""

import json
from pathlib import Path

from tests.loom.cli.test_cli import loom

AGENT = """# mine
name = "Reader"
capabilities = ["files"]
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = [
  { tool_calls = [
    { name = "read_file", arguments = { path = "a.md" } },
    { name = "read_file", arguments = { path = "b.md" } },
    { name = "read_file", arguments = { path = "c.md" } },
  ] },
  "They are not there.",
]
"""


def test_what_failed_is_proposed_accepted_and_undone(tmp_path: Path) -> None:
    file = tmp_path / "reader.toml"
    file.write_text(AGENT)
    assert loom("insights", "list").stdout == ""
    assert loom("run", "read", "--agent", str(file), "--workspace", str(tmp_path)).returncode == 0
    tools = loom("insights", "tools").stdout
    assert "read_file: 0% of 3" in tools
    assert "    path=*.md: 0% of 3" in tools
    [proposal] = [
        json.loads(line) for line in loom("insights", "list", "--json", "--agent", str(file)).stdout.splitlines()
    ]
    assert proposal["state"] == "open"
    assert len(proposal["evidence"]) == 3
    short = proposal["id"][:8]
    assert loom("insights", "accept", short).returncode == 2
    assert loom("insights", "accept", short, "--agent", str(file)).returncode == 0
    assert "When you call read_file" in file.read_text()
    assert "# mine" in file.read_text()
    assert "No call since" in loom("insights", "list").stdout
    assert loom("insights", "undo", short).returncode == 0
    assert file.read_text() == AGENT
    assert loom("insights", "undo", "nothing").returncode == 2
