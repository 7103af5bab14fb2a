"""Agents and settings in the real window, used by the names that screen readers use."""

from pathlib import Path

import pytest

from tests.e2e.test_window import AGENT, use

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

MADE = """
name = "Greeter"  # made in the editor
description = "Greets"
[model]
provider = "scripted"
name = "script"
[[model.extensions.turns]]
text = "Good morning to you."
"""


def test_an_agent_is_made_in_the_editor_tried_saved_and_talked_to(tmp_path: Path) -> None:
    first = tmp_path / "agent.toml"
    first.write_text(AGENT)
    done = use(
        tmp_path,
        [
            ("press", "New agent…", ""),
            ("wait", "Agent file text", ""),
            ("type", "Agent name", "Somebody"),
            ("expect", "Agent file text", 'name = "Somebody"'),
            ("type", "Agent file text", MADE.replace('"scripted"', "3")),
            ("expect", "Agent sections", "Model · 1 to mend"),
            ("type", "Agent file text", MADE),
            ("expect", "Agent name", "Greeter"),
            ("press", "Try it", ""),
            ("press", "Run the test", ""),
            ("expect", "Test answer", "Good morning to you."),
            ("press", "Save agent", ""),
            ("expect", "Agents", "Greeter"),
            ("press", "Close editor", ""),
            ("gone", "Agent file text", ""),
            ("choose", "Agent", "Greeter"),
            ("type", "Message", "Hello"),
            ("press", "Send", ""),
            ("expect", "Transcript", "Good morning to you."),
        ],
        "--agent",
        str(first),
    )
    assert done.returncode == 0, done.stderr
    assert "# made in the editor" in (tmp_path / "data" / "agents" / "greeter.toml").read_text()


def test_a_rule_made_in_the_settings_stops_a_command(tmp_path: Path) -> None:
    agent = tmp_path / "agent.toml"
    agent.write_text(AGENT)
    done = use(
        tmp_path,
        [
            ("press", "Open settings", ""),
            ("wait", "Settings pages", ""),
            ("press", "Permissions", ""),
            ("wait", "Permissions page", ""),
            ("type", "Permission rule", "run_command(echo *)"),
            ("press", "Add rule", ""),
            ("expect", "Permission rules", "deny  run_command(echo *)"),
            ("type", "Message", "Make me a file"),
            ("press", "Send", ""),
            ("expect", "Transcript", "The file is there."),
        ],
        "--agent",
        str(agent),
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "work" / "made.txt").exists()
