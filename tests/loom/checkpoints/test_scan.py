"""Looking at a workspace: quickly the second time, within caps, and never missing a change."""

import os
import sys
import time
from pathlib import Path

import pytest

from loom.checkpoints import CheckpointLimits
from tests.support.trees import put, store_for

OLD = time.time() - 3600
READ: list[str] = []


def note_opened(event: str, args: tuple[object, ...]) -> None:
    if event == "open" and isinstance(args[0], str) and args[0].startswith("watched-"):
        READ.append(args[0])


sys.addaudithook(note_opened)


def make_old(root: Path) -> None:
    for path in root.rglob("*"):
        os.utime(path, (OLD, OLD), follow_symlinks=False)


def test_a_second_look_at_5000_unchanged_files_reads_none_of_them(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {f"p{number % 50}/watched-{number}": f"{number}\n" for number in range(5000)})
    make_old(work)
    store = store_for(work)
    READ.clear()
    first = store.scan()
    assert len(READ) == 5000
    put(work, {"p7/watched-7": "changed"})
    READ.clear()
    began = time.process_time()
    second = store.scan(first)
    took_s = time.process_time() - began
    assert READ == ["watched-7"]
    assert took_s < 10
    assert [change.path for change in store.changes(first, second)] == ["p7/watched-7"]
    READ.clear()
    store.plan_restore(second)
    assert READ == ["watched-7"]


def test_a_change_of_the_same_size_at_the_same_moment_is_seen(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {"a": "old"})
    store = store_for(work)
    for number in range(200):
        put(work, {"a": f"{number:03}"})
        first = store.scan()
        put(work, {"a": f"{number + 300:03}"})
        assert store.changes(first, store.scan(first)) != []


def test_a_mode_that_changed_alone_is_seen(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {"a": "a"})
    make_old(work)
    store = store_for(work)
    first = store.scan()
    (work / "a").chmod(0o755)
    assert [change.mode_after for change in store.changes(first, store.scan(first))] == [0o755]


def test_a_content_that_was_collected_is_read_and_stored_again(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {"a": "a"})
    make_old(work)
    store = store_for(work, CheckpointLimits(least_free_bytes=0, grace_s=0))
    first = store.scan()
    store.collect([])
    second = store.scan(first)
    put(work, {"a": "changed"})
    assert store.restore(store.plan_restore(second)).restored == ("a",)


def test_beyond_the_most_files_nothing_is_looked_at_and_nothing_taken_for_added(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {f"{number:02}": "old" for number in range(30)})
    store = store_for(work, CheckpointLimits(most_files=10, least_free_bytes=0))
    before = store.scan()
    assert (len(before), before.whole) == (10, False)
    assert before.notes == ("The workspace has more than 10 files; the others are not looked at",)
    put(work, {"00": "new", "000": "added", "29": "new"})
    assert [step.path for step in store.plan_restore(before).steps] == ["00"]


def test_a_look_reads_no_more_than_its_bytes(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {f"{number}": os.urandom(1000) for number in range(10)})
    before = store_for(work, CheckpointLimits(most_scan_bytes=3500, least_free_bytes=0)).scan()
    assert sum(state.kept for state in before.files.values()) == 3
    assert before.whole
    assert "7 files are not kept" in before.notes[0]


def test_a_very_deep_folder_and_a_cycle_of_links_end(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {"a/x": "x"})
    (work / "a/up").symlink_to("..")
    deep = os.open(work, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("deeper-and-deeper", dir_fd=deep)
        below = os.open("deeper-and-deeper", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = below
    os.close(deep)
    states = store_for(work).scan()
    assert {path for path, state in states.files.items() if state.is_present} == {"a/x", "a/up"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cant_be_read_is_not_kept_and_stays(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {"shut": "x", "folder/x": "x"})
    (work / "shut").chmod(0)
    (work / "folder").chmod(0)
    try:
        store = store_for(work)
        before = store.scan()
        assert (before["shut"].kept, before["shut"].hash, before.unseen) == (False, None, ("folder",))
    finally:
        (work / "folder").chmod(0o755)
    assert store.plan_restore(before).steps == ()
    assert (work / "shut").exists()
    assert (work / "folder/x").exists()


def test_a_pattern_that_would_take_minutes_is_passed_over(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {".gitignore": f"{'a*' * 20}b\n{'**/a/' * 20}b\n*.log\n", "a" * 200: "a", "a/" * 100 + "c": "c"})
    began = time.process_time()
    store_for(work).scan()
    assert time.process_time() - began < 5


def test_an_ignore_file_that_is_a_link_says_nothing(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {"a.log": "a", "rules": "*\n"})
    (work / ".gitignore").symlink_to("rules")
    store = store_for(work)
    before = store.scan()
    assert set(before) == {".gitignore", "a.log", "rules"}
    put(work, {"added": "added"})
    assert [step.path for step in store.plan_restore(before).steps] == ["added"]


def test_lines_that_are_no_patterns_are_passed_over(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {".gitignore": "!\n[z-a]\n\\\n*.log\n", "a.log": "a", "b": "b"})
    assert set(store_for(work).scan()) == {".gitignore", "b"}
