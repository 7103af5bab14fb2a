"""How the Studio is started: from a desktop's menu, and in which folder."""

import asyncio
import configparser
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from loom_studio.__main__ import main
from loom_studio.app import DESKTOP_ID, workspace_for
from loom_studio.services.recent import recent_workspaces
from loom_studio.services.settings import Settings
from tests.support.waiting import until

LINUX = Path(__file__).parents[2] / "packaging" / "linux"


@pytest.mark.parametrize("file", [[], ["/some where"]])
def test_a_desktop_can_start_it_with_a_folder_and_without(file: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(LINUX / f"{DESKTOP_ID}.desktop")
    program, *words = shlex.split(entry["Desktop Entry"]["Exec"])
    arguments = [each for word in words for each in (file if word == "%f" else [word])]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--version"])
    assert (program, ended.value.code, capsys.readouterr().out[:12]) == ("loom-studio", 0, "loom-studio ")


def test_the_folder_is_the_given_one_or_where_it_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path)
    recent_workspaces(settings).add(str(tmp_path))
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    assert workspace_for(None, settings) == tmp_path / "project"
    assert workspace_for("..", settings) == tmp_path


def test_started_by_a_desktop_it_opens_the_last_folder_that_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, home, project = Settings(tmp_path), tmp_path / "home", tmp_path / "project"
    home.mkdir()
    project.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for here in (home, Path("/")):
        monkeypatch.chdir(here)
        assert workspace_for(None, settings) == home
    for each in (project, tmp_path / "gone"):
        recent_workspaces(settings).add(str(each))
    assert workspace_for(None, settings) == project
    monkeypatch.chdir(project)
    project.rmdir()
    assert workspace_for(None, settings) == home


def started(*arguments: str, **more: str) -> subprocess.Popen[str]:
    """The Studio in a process of its own, without a screen."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **more}
    command = [sys.executable, "-m", "loom_studio", *arguments]
    return subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE)


@pytest.mark.skipif(sys.platform == "win32", reason="its systems end programs otherwise")
def test_asked_to_end_by_the_system_it_keeps_its_layout(tmp_path: Path) -> None:
    data = tmp_path / "data"
    studio = started("--data-dir", str(data), "--workspace", str(tmp_path))
    log = data / "profile" / "loom.db"
    asyncio.run(until(log.exists))
    studio.send_signal(signal.SIGTERM)
    _, said = studio.communicate(timeout=150)
    assert (studio.returncode, "Traceback" in said) == (0, False), said
    assert "window=" in (data / "settings.ini").read_text()


def test_why_there_is_no_window_is_told(tmp_path: Path) -> None:
    studio = started("--data-dir", str(tmp_path), str(tmp_path / "gone"))
    assert studio.communicate(timeout=150)[1] == f"loom-studio: {tmp_path / 'gone'} is not a folder\n"
    assert studio.returncode == 2


GREETER = 'name = "Greeter"\n[model]\nprovider = "scripted"\nname = "script"\n[model.extensions]\nturns = ["Hello."]\n'


def demo(folder: Path, picture: Path) -> subprocess.CompletedProcess[str]:
    """The demo, whose person has everything in `folder`."""
    (folder / "greeter.toml").write_text(GREETER)
    places = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "LOOM_HOME": str(folder / "profile")}
    words = ["--agent", str(folder / "greeter.toml"), "--workspace", str(folder), "--offscreen-demo", str(picture)]
    # A desktop's word in the environment, as a terminal has that was started from a menu: no box may wait for a press.
    environment = {**os.environ, **places, "DESKTOP_STARTUP_ID": "x"}
    command = [sys.executable, "-m", "loom_studio", *words]
    return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=150, check=False)


def test_the_demo_leaves_a_picture_of_the_whole_window_and_nothing_in_the_profile(tmp_path: Path) -> None:
    done = demo(tmp_path, tmp_path / "shots" / "demo.png")
    assert (done.returncode, done.stdout.split("\n")[-2]) == (0, "Hello."), done.stderr
    picture = QImage(str(tmp_path / "shots" / "demo.png"))
    assert (picture.width(), picture.height()) == (1240, 800)
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "profile").exists()


def test_a_demo_whose_picture_can_not_be_saved_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for picture in (tmp_path / "file" / "demo.png", tmp_path / "demo.unknown"):
        done = demo(tmp_path, picture)
        assert (done.returncode, done.stdout.split("\n")[-2]) == (1, "Hello.")
        assert f"The picture can't be saved as {picture}" in done.stderr
        assert "Traceback" not in done.stderr
