"""What `make run` and `make test` set up, and what they do with a set-up that ended half way.

Nothing is installed here: Python, apt and what says who one is are small programs that stand in for the real ones.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sets up Debian")

ROOT = Path(__file__).parents[1]
OF_THE_SYSTEM = ["bash", "cat", "cut", "dirname", "grep", "mkdir", "rm", "sh", "sha256sum", "touch", "uname"]
PYTHON = """#!/bin/sh
if [ "$2" = venv ]; then
  mkdir -p .venv/bin
  echo "command = python3 -m venv $PWD/.venv" >.venv/pyvenv.cfg
  cp "$0" .venv/bin/python
fi
"""


class Machine:
    """A checkout, and the programs that its set-up finds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "Meine Übung"
        self.programs = folder / "programs"
        self.programs.mkdir()
        shutil.copytree(ROOT / "packaging", self.folder / "packaging")
        shutil.copy(ROOT / "pyproject.toml", self.folder)
        for name in [*OF_THE_SYSTEM, "cp"]:
            (self.programs / name).symlink_to(shutil.which(name) or name)
        self.add("id", "#!/bin/sh\necho 1000\n")
        self.add("dpkg-query", "#!/bin/sh\necho installed\n")
        self.add("apt-cache", "#!/bin/sh\n")
        self.venv = self.folder / ".venv"

    def add(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def set_up(self, goal: str = "run") -> subprocess.CompletedProcess[str]:
        command = [self.folder / "packaging" / "bootstrap.sh", goal]
        environment = {"PATH": str(self.programs), "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=150, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.add("python3", PYTHON)
    return made


def test_who_may_install_nothing_is_told_one_line_that_has_everything(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.add("dpkg-query", "#!/bin/sh\necho not-installed\n")
    done = machine.set_up()
    line = next(each for each in done.stderr.split("\n") if "apt-get install" in each)
    assert done.returncode == 1
    assert {"libegl1", "libxcb-cursor0", "python3", "python3-venv"} <= set(line.split())


def test_where_apt_has_no_lists_yet_it_is_asked_for_what_debian_has(machine: Machine) -> None:
    machine.add("dpkg-query", "#!/bin/sh\necho not-installed\n")
    machine.add("apt-cache", "#!/bin/sh\nexit 100\n")
    said = machine.set_up("test").stderr.split()
    assert {"chromium", "npm", "libglib2.0-0"} <= set(said)
    assert {"chromium-browser", "nodejs", "libglib2.0-0t64"}.isdisjoint(said)


def test_the_second_time_does_nothing(machine: Machine) -> None:
    assert machine.set_up().returncode == 0
    (machine.venv / "kept").touch()
    done = machine.set_up()
    assert (done.returncode, done.stderr) == (0, "")
    assert (machine.venv / "kept").exists()


@pytest.mark.parametrize("trouble", ["moved", "interrupted", "its Python is gone"])
def test_an_environment_that_is_not_whole_is_made_anew_with_all_that_follows(machine: Machine, trouble: str) -> None:
    assert machine.set_up().returncode == 0
    (machine.venv / "old").touch()
    if trouble == "moved":
        machine.folder = machine.folder.rename(machine.folder.with_name("elsewhere"))
        machine.venv = machine.folder / ".venv"
    elif trouble == "interrupted":
        (machine.venv / "stamps" / "begun").touch()
    else:
        (machine.venv / "bin" / "python").unlink()
        (machine.venv / "bin" / "python").symlink_to("/nowhere/python3")
    done = machine.set_up()
    assert done.returncode == 0
    assert not (machine.venv / "old").exists()
    assert "Installing Loom Studio" in done.stderr
    assert machine.set_up().stderr == ""


def test_what_pip_was_interrupted_in_is_installed_again(machine: Machine) -> None:
    assert machine.set_up().returncode == 0
    packages = machine.venv / "lib" / "python3.11" / "site-packages"
    for name in ("whole-1.dist-info", "half-1.dist-info", "~alf"):
        (packages / name).mkdir(parents=True)
        (packages / name / "METADATA").touch()
    (packages / "whole-1.dist-info" / "RECORD").touch()
    (machine.venv / "stamps" / "packages-run").unlink()
    assert machine.set_up().returncode == 0
    assert [each.name for each in packages.iterdir()] == ["whole-1.dist-info"]


def test_what_could_not_be_installed_is_said_and_tried_again(machine: Machine) -> None:
    assert machine.set_up().returncode == 0
    (machine.venv / "stamps" / "packages-run").unlink()
    whole = (machine.venv / "bin" / "python").read_text()
    (machine.venv / "bin" / "python").write_text('#!/bin/sh\n[ "$1" = -c ] || exit 1\n')
    done = machine.set_up()
    assert (done.returncode, "could not be installed" in done.stderr) == (1, True)
    (machine.venv / "bin" / "python").write_text(whole)
    assert "Installing Loom Studio" in machine.set_up().stderr


@pytest.mark.parametrize(("display", "why"), [("", "neither DISPLAY"), (":987", "none answers at :987")])
def test_without_a_display_that_answers_the_demo_is_run(machine: Machine, display: str, why: str) -> None:
    programs = machine.venv / "bin"
    programs.mkdir(parents=True)
    for name, text in [("python", f'exec {sys.executable} "$@"'), ("loom-studio", 'echo "$QT_QPA_PLATFORM" "$@"')]:
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    places = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "DISPLAY": display, "QT_QPA_PLATFORM": "offscreen"}
    run = [machine.folder / "packaging" / "run.sh", "--theme", "dark"]
    done = subprocess.run(run, env=places, text=True, capture_output=True, timeout=150, check=True)
    assert done.stdout == "offscreen --offscreen-demo shots/demo.png --theme dark\n"
    assert f"No display was found ({why}" in done.stderr
