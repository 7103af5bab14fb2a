"""Somebody changes files and folders while they are looked at and taken back."""

import shutil
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from loom.checkpoints import FileState
from loom.checkpoints.disk import WorkspaceFiles
from loom.errors import CheckpointError
from loom.safety.paths import BENEATH
from tests.support.trees import put, store_for, tree

pytestmark = pytest.mark.skipif(not BENEATH, reason="this system opens no file relative to a folder")

ROUNDS = 150


@contextmanager
def meanwhile(do: Callable[[], None]) -> Generator[None]:
    """Do something over and over in another thread."""
    stop = threading.Event()

    def again() -> None:
        while not stop.is_set():
            do()

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_folder_that_keeps_turning_into_a_link_never_leads_outside(tmp_path: Path) -> None:
    work, outside = tmp_path / "work", tmp_path / "outside"
    put(work, {"d/a": "old", "d/b": "old"})
    put(outside, {"a": "SECRET a", "b": "SECRET b", "only here": "SECRET c"})
    store = store_for(work)
    before = store.scan()
    link, folder, kept = tmp_path / "link", work / "d", tmp_path / "kept"
    link.symlink_to(outside)

    def swap() -> None:
        try:
            folder.rename(kept)
            link.rename(folder)
            folder.rename(link)
            kept.rename(folder)
        except OSError:  # a folder was made in the gap: begin again
            for place in (folder, kept, link):
                if place.is_symlink():
                    place.unlink()
                else:
                    shutil.rmtree(place, ignore_errors=True)
            put(work, {"d/a": "new", "d/b": "new", "d/only here": "new"})
            link.symlink_to(outside)

    put(work, {"d/a": "new", "d/b": "new", "d/only here": "new"})
    secrets = {name: state.hash for name, state in store_for(outside, name="other").scan().files.items()}
    with meanwhile(swap):
        for number in range(ROUNDS):
            seen = store.scan(before)
            assert not {state.hash for state in seen.files.values()} & set(secrets.values())
            store.restore(store.plan_restore(before, expected=seen), include_conflicts=number % 2 == 0)
    assert tree(outside) == {
        name: ("file", f"SECRET {letter}".encode(), 0o644)
        for name, letter in zip(["a", "b", "only here"], "abc", strict=True)
    }


def test_a_file_that_changes_while_it_is_deleted_is_put_back(tmp_path: Path) -> None:
    put(tmp_path, {"a": "planned"})
    files = WorkspaceFiles(tmp_path, 1000)
    planned = files.look(tmp_path / "a")
    looks = 0

    class Hurried(WorkspaceFiles):
        """Somebody writes to the file between the first look and the second."""

        @override
        def look(self, path: Path, *others: Any, **named: Any) -> FileState:
            nonlocal looks
            looks += 1
            if looks == 2:
                path.write_text("written at the last moment")
            return super().look(path, *others, **named)

    with pytest.raises(CheckpointError, match="changed in the meantime"):
        Hurried(tmp_path, 1000).remove(tmp_path / "a", planned)
    assert tree(tmp_path) == {"a": ("file", b"written at the last moment", 0o644)}


def test_nothing_that_a_person_saves_meanwhile_is_lost(tmp_path: Path) -> None:
    """Each version that was saved is on the disk in the end, or stored: here the file is only ever deleted."""
    work = tmp_path / "work"
    put(work, {"other": "other"})
    store = store_for(work)
    before = store.scan()
    saved: list[str] = []
    undone: set[bytes] = set()

    def save() -> None:
        if not (work / "notes").exists():
            (tmp_path / "saving").write_text(f"version {len(saved)}")
            (tmp_path / "saving").rename(work / "notes")
            saved.append(f"version {len(saved)}")

    with meanwhile(save):
        for _ in range(ROUNDS):
            result = store.restore(store.plan_restore(before))
            for state in result.undo.files.values():
                undone.add(store.diff("notes", before, result.undo).encode())
                assert state.kept
    left = {data for _, data, _ in tree(work).values()}
    for version in saved:
        assert version.encode() in left or any(f"+{version}\n".encode() in each for each in undone)
