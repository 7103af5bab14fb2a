"""The one-folder bundle, as a person gets it: its window opens, its local model answers, its metadata is valid."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.bundle, pytest.mark.timeout(300)]

ROOT = Path(__file__).parent.parent.parent
DESK = Path(__file__).parent / "desk.py"
FOLDER = ROOT / "dist" / "loom-studio"
LINUX = ROOT / "packaging" / "linux"


def clean_environment(home: Path) -> dict[str, str]:
    """Nothing of this checkout's environment: a bundle needs no Python."""
    kept = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XAUTHORITY", "LANG", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
    }


def test_its_window_opens_and_its_local_model_answers(tmp_path: Path) -> None:
    assert os.environ.get("DISPLAY"), "make package runs this on a virtual screen"
    size_mb = sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file() and not file.is_symlink()) / 1e6
    work = tmp_path / "work"
    work.mkdir()
    program = [str(FOLDER / "loom-studio"), "--workspace", str(work), "--data-dir", str(tmp_path / "data")]
    steps = {
        "start": [("wait", "Message", "")],
        "answer": [
            ("wait", "Use the local model", ""),
            ("press", "Use the local model", ""),
            ("gone", "Welcome", ""),
            ("type", "Message", "What is the capital of France?"),
            ("press", "Send", ""),
            ("expect", "Transcript", "Paris"),
        ],
    }
    took: dict[str, float] = {}
    for name, told in steps.items():
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(told))
        began = time.monotonic()
        done = subprocess.run(
            ["/usr/bin/python3", str(DESK), str(file), *program],
            env=clean_environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        took[name] = time.monotonic() - began
        assert done.returncode == 0, done.stderr
    print(f"\nThe bundle has {size_mb:.0f} MB; its window took input {took['start']:.1f} s after it was started")


def test_its_command_line_is_there(tmp_path: Path) -> None:
    environment = clean_environment(tmp_path)

    def told(*command: str) -> str:
        line = [FOLDER / command[0], *command[1:]]
        return subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout

    assert told("loom", "--version").split()[-1] == told("loom-studio", "--version").split()[-1]
    assert "local      installed" in told("loom", "models", "list")


def test_the_wheel_can_be_installed_as_a_program_of_its_own(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    places = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    environment = {**os.environ, **places}
    subprocess.run(
        [sys.executable, "-m", "pipx", "install", "--python", sys.executable, wheel], env=environment, check=True
    )
    for program in ("loom", "loom-studio"):
        told = subprocess.run([tmp_path / "bin" / program, "--version"], capture_output=True, text=True, check=True)
        assert told.stdout.startswith(f"{program} "), told
    agents = subprocess.run(
        [tmp_path / "bin" / "loom", "models", "list"], capture_output=True, text=True, check=True, env=environment
    )
    assert "anthropic" in agents.stdout


def test_the_package_holds_programs_entry_icon_and_licence() -> None:
    (package,) = (ROOT / "dist").glob("loom-studio_*.deb")
    listed = subprocess.run(["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True).stdout
    for path in (
        "./usr/bin/loom-studio -> /opt/loom-studio/loom-studio",
        "./usr/bin/loom -> /opt/loom-studio/loom",
        "./usr/share/applications/io.github.loom_studio.LoomStudio.desktop",
        "./usr/share/metainfo/io.github.loom_studio.LoomStudio.metainfo.xml",
        "./usr/share/icons/hicolor/scalable/apps/io.github.loom_studio.LoomStudio.svg",
        "./usr/share/doc/loom-studio/copyright",
    ):
        assert path in listed, path


def test_desktop_entry_and_metadata_are_valid() -> None:
    (entry,), (metadata,) = LINUX.glob("*.desktop"), LINUX.glob("*.metainfo.xml")
    assert shutil.which("desktop-file-validate")
    subprocess.run(["desktop-file-validate", entry], check=True)
    subprocess.run(["appstreamcli", "validate", "--no-net", metadata], check=True, capture_output=True)
