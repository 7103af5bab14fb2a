"""Data that is moved is whole in one place or the other, whatever is killed when."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loom.data_move import finish_move, plan_move
from loom.data_place import POINTER, located, read_pointer
from loom.errors import ConfigError

FILES = {"agents/a.toml": b"name = 'a'", "settings.ini": b"[x]\n", "big.bin": os.urandom(3_000_000), "d/e/f": b""}


def filled(folder: Path) -> Path:
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name != POINTER and "moved-" not in file.relative_to(folder).parts[0]
    }


def test_a_planned_move_changes_nothing_until_the_next_start_then_all_is_there(tmp_path: Path) -> None:
    home, target = filled(tmp_path / "home"), tmp_path / "new"
    plan_move(home, home, target)
    assert located(home) == home
    assert content(home) == FILES
    heard: list[tuple[int, int]] = []
    assert finish_move(home, lambda done, total: heard.append((done, total))) == target
    assert located(home) == target
    assert content(target) == FILES
    assert content(home) == {}
    assert content(home / "moved-1") == FILES  # nothing was deleted
    assert heard[-1][0] == heard[-1][1] == sum(map(len, FILES.values()))
    assert finish_move(home) == target
    further = tmp_path / "further"
    plan_move(home, target, further)
    assert finish_move(home) == located(home) == further
    assert content(further) == FILES


def test_a_plan_can_be_dropped_by_choosing_where_it_is(tmp_path: Path) -> None:
    home = filled(tmp_path / "home")
    plan_move(home, home, tmp_path / "new")
    plan_move(home, home, home)
    assert read_pointer(home).wanted is None
    assert finish_move(home) == home


def test_a_folder_that_is_not_empty_or_inside_is_refused(tmp_path: Path) -> None:
    home = filled(tmp_path / "home")
    with pytest.raises(ConfigError, match="lie in each other"):
        plan_move(home, home, home / "agents")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(ConfigError, match="is not empty"):
        plan_move(home, home, tmp_path / "full")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="can't be used"):
        plan_move(home, home, tmp_path / "file" / "below")


def test_a_target_that_went_leaves_the_data_where_it_was(tmp_path: Path) -> None:
    home, target = filled(tmp_path / "home"), tmp_path / "new"
    plan_move(home, home, target)
    target.rmdir()
    target.write_text("a file now")
    with pytest.raises(ConfigError, match="It stays in"):
        finish_move(home)
    assert located(home) == home
    assert content(home) == FILES
    assert finish_move(home) == home


def test_what_another_program_has_open_is_not_moved_and_tried_again_at_the_next_start(tmp_path: Path) -> None:
    home, target = filled(tmp_path / "home"), tmp_path / "new"
    database = sqlite3.connect(home / "loom.db")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE t (x)")
    database.commit()
    plan_move(home, home, target)
    child = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(home / "loom.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "1\n"
    database.close()
    with pytest.raises(ConfigError, match="open in another program"):
        finish_move(home)
    assert located(home) == home
    child.communicate("\n", timeout=150)
    assert finish_move(home) == target


OTHER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT * FROM t")
print(1, flush=True)
input()
"""
KILLED = """
import sys, time
from pathlib import Path
from loom.data_move import finish_move
print("began", flush=True)
finish_move(Path(sys.argv[1]), lambda done, total: time.sleep(0.02))
"""


def test_a_move_that_is_killed_again_and_again_loses_nothing_and_ends(tmp_path: Path) -> None:
    home, target = filled(tmp_path / "home"), tmp_path / "new"
    many = {f"sessions/{n}": os.urandom(20_000) for n in range(30)}
    for name, data in many.items():
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_bytes(data)
    whole = {**FILES, **many}
    plan_move(home, home, target)
    for pause_s in (0.0, 0.05, 0.15, 0.3, 0.45):
        child = subprocess.Popen([sys.executable, "-c", KILLED, str(home)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "began\n"
        time.sleep(pause_s)
        child.kill()
        child.wait()
        child.stdout.close()
        place = located(home)
        kept = content(place) if place == target else content(home)
        assert kept == whole
    assert finish_move(home) == target
    assert content(target) == whole
