"""kill -9 at any moment: nothing that was seen is lost, nothing is done twice, what is not known is said to be so."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_hundred_sessions_survive_being_killed_at_random_moments(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.support.crash_trials", "--trials", "100", "--seed", "4", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "100 trials, 0 went wrong" in done.stdout
