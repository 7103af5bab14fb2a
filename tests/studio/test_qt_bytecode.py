"""What PySide carries as text is compiled once, not at each start, and never another text's code is taken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loom_studio import qt_bytecode

PROBE = """
import sys
compiled = []
def noted(event, arguments):
    if event == "compile" and str(arguments[1]).startswith("shibokensupport/"):
        compiled.append(arguments[1])
sys.addaudithook(noted)
from loom_studio import qt_bytecode, qt_features
with qt_bytecode.kept():
    qt_features.switch_off()
from PySide6.QtCore import QObject
try:
    QObject().setObjectName(3)
except TypeError as error:
    told = str(error)
print(len([name for name in compiled if name != qt_bytecode.UNUSED]), told)
"""


def started(kept_in: Path) -> tuple[int, str]:
    """How much of PySide a process compiled, and what PySide says there of a wrong argument."""
    without = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ran = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=without | {"PYTHONPYCACHEPREFIX": str(kept_in)},
    )
    assert ran.returncode == 0, ran.stderr
    count, _, told = ran.stdout.partition(" ")
    return int(count), told


def test_a_second_start_compiles_nothing_of_pyside_and_tells_errors_as_the_first(tmp_path: Path) -> None:
    first, told = started(tmp_path)
    assert first > 5
    assert started(tmp_path) == (0, told)
    assert "Supported signatures" in told


@pytest.mark.parametrize("kind", ["text", "pyc"])
@pytest.mark.parametrize("damaged", [b"", b"another Python's", None])
def test_what_is_damaged_is_not_taken(tmp_path: Path, kind: str, damaged: bytes | None) -> None:
    _, told = started(tmp_path)
    kept = [file for file in tmp_path.rglob(f"*.{kind}") if "pyside" in file.parts]
    assert len(kept) > 5
    for file in kept:
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2] if damaged is None else damaged)
    assert started(tmp_path)[1] == told


def values(*texts: str) -> list[int]:
    """What each text, which sets `value`, sets it to where PySide is imported."""
    found: list[int] = []
    for text in texts:
        with qt_bytecode.kept():
            space: dict[str, int] = {}
            exec(compile(text.encode(), "shibokensupport/some.py", "exec"), space)  # noqa: S102
            found.append(space["value"])
    return found


def test_code_is_taken_for_the_text_that_it_was_made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_bytecode, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert values("value = 1", "value = 2", "value = 2", "value = 1") == [1, 2, 2, 1]
    assert len(list(tmp_path.glob("some-*.text"))) == 2


def test_nothing_is_kept_where_python_keeps_no_bytecode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_bytecode, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert values("value = 1") == [1]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_nothing_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(qt_bytecode, "FOLDER", tmp_path / "file" / "pyside")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert values("value = 1") == [1]
