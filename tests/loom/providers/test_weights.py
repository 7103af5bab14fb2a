"""How the embedded model is installed: with which engine, and into which environments."""

import json
import os
import subprocess
import tomllib
import venv
from pathlib import Path

from loom.providers.weights import ENGINE

ROOT = Path(__file__).parents[3]
ASK = "import json; from loom.providers.weights import install_commands; print(json.dumps(install_commands()))"


def test_the_command_installs_the_engine_that_the_extra_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["optional-dependencies"]["local"] == [ENGINE]


def test_an_environment_without_pip_gets_it_first(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    python = str(tmp_path / "bare" / ("Scripts" if os.name == "nt" else "bin") / "python")
    answer = subprocess.check_output([python, "-c", ASK], env={**os.environ, "PYTHONPATH": str(ROOT)})
    first, *others = json.loads(answer)
    subprocess.run(first, check=True, capture_output=True)
    assert b"pip" in subprocess.check_output([python, "-m", "pip", "--version"])
    assert [each[:5] for each in others] == [[python, "-P", "-m", "pip", "install"]] * 2
