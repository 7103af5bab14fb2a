"""Skills and plugins on the command line, in the person's profile."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.skills import workspace_in, write_plugin, write_skill


def loom(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    home = {"HOME": str(folder / "home"), "LOOM_HOME": str(folder / "profile")}
    command = [sys.executable, "-c", "import sys; from loom.cli import main; sys.exit(main())", *arguments]
    return subprocess.run(command, input=stdin, env={**os.environ, **home}, capture_output=True, text=True, check=False)


def test_skills_are_listed_trusted_and_validated(tmp_path: Path) -> None:
    work = workspace_in(tmp_path)
    write_skill(work / ".agents/skills", "build", "Make it.")
    write_skill(tmp_path / "home/.claude/skills", "mine")
    (work / "AGENTS.md").write_text("Use tabs.")
    listed = loom(tmp_path, "skills", "list", "--workspace", str(work))
    assert "[untrusted]" in listed.stdout
    assert "wait for your trust" in listed.stderr
    refused = loom(tmp_path, "skills", "trust", "--workspace", str(work), stdin="n\nn\n")
    assert "Make it." in refused.stdout
    assert "Use tabs." in refused.stdout
    assert "[untrusted]" in loom(tmp_path, "skills", "list", "--workspace", str(work)).stdout
    loom(tmp_path, "skills", "trust", "--workspace", str(work), stdin="y\ny\n")
    assert "untrusted" not in loom(tmp_path, "skills", "list", "--workspace", str(work)).stdout
    assert loom(tmp_path, "skills", "validate", str(work / ".agents/skills/build")).returncode == 0
    bad = write_skill(tmp_path, "bad", extra="field")
    result = loom(tmp_path, "skills", "validate", str(bad))
    assert (result.returncode, "no field 'extra'" in result.stdout) == (1, True)
    assert loom(tmp_path, "skills", "validate", str(tmp_path / "nothing")).returncode == 2


def test_a_plugin_is_installed_agreed_to_and_removed(tmp_path: Path) -> None:
    source = write_plugin(tmp_path / "source")
    assert "hooks [waiting]" in loom(tmp_path, "plugins", "install", str(source)).stdout
    shown = loom(tmp_path, "plugins", "agree", "helper", "hooks", stdin="y\n")
    assert "check.sh" in shown.stdout
    listed = loom(tmp_path, "plugins", "list").stdout
    assert "hooks [agreed]" in listed
    assert "skills [waiting]" in listed
    assert loom(tmp_path, "plugins", "disable", "helper").returncode == 0
    assert "[off]" in loom(tmp_path, "plugins", "list").stdout
    assert loom(tmp_path, "plugins", "withdraw", "helper", "hooks").returncode == 0
    assert loom(tmp_path, "plugins", "remove", "helper").returncode == 0
    missing = loom(tmp_path, "plugins", "remove", "helper")
    assert (missing.returncode, "There is no plugin" in missing.stderr) == (2, True)
