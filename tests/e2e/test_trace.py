"""The Trace tab and the Usage page in the real window."""

from pathlib import Path

import pytest

from tests.e2e.test_window import AGENT, use

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def test_a_run_is_seen_step_by_step_and_forked_after_one(tmp_path: Path) -> None:
    agent = tmp_path / "agent.toml"
    agent.write_text(AGENT)
    done = use(
        tmp_path,
        [
            ("wait", "Message", ""),
            ("type", "Message", "Make me a file"),
            ("press", "Send", ""),
            ("wait", "Approval request", ""),
            ("press", "Allow once", ""),
            ("expect", "Transcript", "The file is there."),
            ("press", "Trace", ""),
            ("wait", "Steps", ""),
            ("press", "Next step", ""),
            ("expect", "Request", "Make me a file"),
            ("press", "Previous step", ""),
            ("press", "Response", ""),
            ("expect", "Response", "echo hello"),
            ("press", "Fork from here", ""),
            ("expect", "Transcript", "Forked here."),
            ("press", "Open settings", ""),
            ("press", "Usage", ""),
            ("wait", "Usage chart", ""),
            ("wait", "Usage table", ""),
        ],
        "--agent",
        str(agent),
    )
    assert done.returncode == 0, done.stderr
