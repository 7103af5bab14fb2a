"""A link that is put in a path's way between check and use leads nowhere."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from loom.errors import ToolExecutionError, ToolPermissionError
from loom.safety.paths import BENEATH, WorkspacePaths

pytestmark = pytest.mark.skipif(not BENEATH, reason="this system opens no file relative to a folder")

TRIES = 2000


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside / "folder", outside):
        folder.mkdir(parents=True)
        (folder / "file.txt").write_text("inside" if folder != outside else "SECRET")
    return inside, outside


def swapping(inside: Path, outside: Path, stop: threading.Event) -> threading.Thread:
    """A thread that makes `inside/folder` a link to outside and a folder again, as fast as it can."""
    folder, kept, link = inside / "folder", inside / "kept", inside / "link"

    def swap() -> None:
        link.symlink_to(outside)
        while not stop.is_set():
            try:
                folder.rename(kept)
                link.rename(folder)
                folder.rename(link)
                kept.rename(folder)
            except OSError:  # the writer made a folder in the gap: begin again
                for place in (folder, kept, link):
                    if place.is_symlink():
                        place.unlink()
                    else:
                        shutil.rmtree(place, ignore_errors=True)
                folder.mkdir(exist_ok=True)
                link.symlink_to(outside)

    thread = threading.Thread(target=swap)
    thread.start()
    return thread


def test_nothing_outside_is_ever_read(places: tuple[Path, Path]) -> None:
    inside, outside = places
    paths, stop = WorkspacePaths(inside), threading.Event()
    thread = swapping(inside, outside, stop)
    read = 0
    try:
        for _ in range(TRIES):
            try:
                # The check has passed: only opening it is left.
                descriptor = paths.open_file(inside / "folder" / "file.txt")
            except (ToolExecutionError, ToolPermissionError):
                continue
            with os.fdopen(descriptor) as opened:
                assert opened.read() == "inside"
            read += 1
    finally:
        stop.set()
        thread.join()
    assert read > 0


def test_nothing_outside_is_ever_written(places: tuple[Path, Path]) -> None:
    inside, outside = places
    paths, stop = WorkspacePaths(inside), threading.Event()
    thread = swapping(inside, outside, stop)
    try:
        for number in range(TRIES // 4):
            try:
                paths.replace_file(inside / "folder" / "file.txt", str(number).encode())
            except (ToolExecutionError, ToolPermissionError):
                continue
    finally:
        stop.set()
        thread.join()
    assert (outside / "file.txt").read_text() == "SECRET"
    assert [file.name for file in outside.iterdir()] == ["file.txt"]


def test_a_link_in_the_last_place_is_not_written_through(places: tuple[Path, Path]) -> None:
    inside, outside = places
    (inside / "direct.txt").symlink_to(outside / "file.txt")
    paths = WorkspacePaths(inside)
    with pytest.raises(ToolPermissionError, match="link"):
        paths.replace_file(inside / "direct.txt", b"x")
    with pytest.raises(ToolPermissionError, match="link"):
        os.close(paths.open_file(inside / "direct.txt"))
    assert (outside / "file.txt").read_text() == "SECRET"


def test_a_files_mode_stays_and_missing_folders_are_made(places: tuple[Path, Path]) -> None:
    inside, _ = places
    script = inside / "folder" / "file.txt"
    script.chmod(0o755)
    paths = WorkspacePaths(inside)
    paths.replace_file(script, b"new")
    assert script.stat().st_mode & 0o777 == 0o755
    paths.replace_file(inside / "a" / "b" / "c.txt", b"deep")
    assert (inside / "a" / "b" / "c.txt").read_text() == "deep"
    assert [file.name for file in (inside / "folder").iterdir()] == ["file.txt"]
