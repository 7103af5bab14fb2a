"""Stored contents: bounded, private, checked, and safe with several processes at a time."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loom.checkpoints import CheckpointLimits, CheckpointStore, FileStates
from loom.checkpoints.blobs import BlobStore
from loom.errors import CheckpointError
from tests.support.trees import QUICK, put, store_for, tree

NO_GRACE = CheckpointLimits(least_free_bytes=0, grace_s=0)


def age(folder: Path, seconds: float) -> None:
    """Make all files below look as if they had not been used for so long."""
    then = time.time() - seconds
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


@pytest.mark.parametrize("data", [b"", b"x", b"\x00" * 100_000, os.urandom(100_000), b"text\r\n" * 5000])
def test_a_content_comes_back_byte_for_byte(tmp_path: Path, data: bytes) -> None:
    blobs = BlobStore(tmp_path / "store", QUICK)
    name, is_kept = blobs.put(data)
    assert (name, is_kept) == (hashlib.sha256(data).hexdigest(), True)
    assert blobs.read(name) == data


def test_what_compresses_takes_less_room_and_the_same_content_is_stored_once(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path, QUICK)
    for _ in range(3):
        blobs.put(b"the same line\n" * 10_000)
    assert blobs.size_bytes() == 4096


def test_nobody_else_may_read_what_is_stored(tmp_path: Path) -> None:
    BlobStore(tmp_path / "store", QUICK).put(b"secret")
    modes = {
        (path.is_dir(), path.stat().st_mode & 0o777) for path in [tmp_path / "store", *tmp_path.rglob("store/**/*")]
    }
    assert modes == {(True, 0o700), (False, 0o600)}


def test_a_damaged_content_is_mended_when_it_is_stored_again(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path, QUICK)
    name, _ = blobs.put(b"content")
    file = next(path for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    file.write_bytes(b"\x01garbage")
    with pytest.raises(CheckpointError, match="is damaged"):
        blobs.read(name)
    assert blobs.put(b"content") == (name, True)
    assert blobs.read(name) == b"content"


def test_collecting_keeps_what_is_asked_for_held_or_fresh(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path, CheckpointLimits(least_free_bytes=0, grace_s=100))
    kept, held, old = (blobs.put(data)[0] for data in (b"kept", b"held", b"old"))
    blobs.hold("a session", [held])
    age(tmp_path / "blobs", 200)
    fresh, _ = blobs.put(b"fresh")
    assert blobs.collect([kept]) == 4096
    assert [blobs.has(name) for name in (kept, held, fresh, old)] == [True, True, True, False]
    blobs.release("a session")
    age(tmp_path / "blobs", 200)
    assert blobs.collect([]) == 3 * 4096
    assert blobs.size_bytes() == 0


def test_storing_again_makes_an_old_content_fresh(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path, CheckpointLimits(least_free_bytes=0, grace_s=100))
    name, _ = blobs.put(b"content")
    age(tmp_path / "blobs", 200)
    blobs.put(b"content")
    assert blobs.collect([]) == 0
    assert blobs.read(name) == b"content"


def test_left_overs_of_a_crash_go_and_a_content_on_its_way_out_comes_back_if_it_is_kept(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path, NO_GRACE)
    name, _ = blobs.put(b"content")
    file = next(path for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    file.rename(file.with_name(file.name + ".leaving"))
    (tmp_path / "new/half").write_bytes(b"half")
    blobs.collect([name])
    assert blobs.read(name) == b"content"
    assert list((tmp_path / "new").iterdir()) == []


def test_when_the_disk_cap_is_reached_the_oldest_go_first_and_held_ones_stay(tmp_path: Path) -> None:
    limits = CheckpointLimits(most_disk_bytes=10 * 4096, least_free_bytes=0, grace_s=50)
    blobs = BlobStore(tmp_path, limits)
    names = [blobs.put(b"%d" % number)[0] for number in range(10)]
    blobs.hold("a session", names[:2])
    for number, name in enumerate(names):
        then = time.time() - 1000 + number
        os.utime(tmp_path / "blobs" / name[:2] / name[2:], (then, then))
    assert blobs.put(b"one more")[1]
    left = [(tmp_path / "blobs" / name[:2] / name[2:]).exists() for name in names]
    assert left == [True, True, False, False, *[True] * 6]
    assert blobs.size_bytes() <= limits.most_disk_bytes


def test_a_full_store_says_that_contents_are_not_kept_and_never_grows(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {f"f{number}": b"%d" % number for number in range(20)})
    limits = CheckpointLimits(most_disk_bytes=5 * 4096, least_free_bytes=0)
    store = store_for(work, limits)
    before = store.scan()
    assert sum(state.kept for state in before.files.values()) == 5
    assert all(state.hash for state in before.files.values())
    assert store.size_bytes() <= limits.most_disk_bytes
    put(work, dict.fromkeys(before, "new"))
    later = tree(work)
    store.restore(store.plan_restore(before))
    assert tree(work) == later


def test_a_disk_with_no_room_left_is_not_filled(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path, CheckpointLimits(least_free_bytes=2**62))
    assert blobs.put(b"content")[1] is False
    assert blobs.size_bytes() == 0


def test_a_folder_that_cant_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="can't be kept"):
        BlobStore(tmp_path / "file/store", QUICK)


WRITER = """
import sys
from pathlib import Path
from loom.checkpoints import CheckpointLimits, CheckpointStore
store = CheckpointStore(Path(sys.argv[1]), Path(sys.argv[2]), CheckpointLimits(least_free_bytes=0, grace_s=60))
for _ in range(5):
    states = store.scan()
    assert all(state.kept for state in states.files.values())
    store.collect([])
plan = store.plan_restore(states)
assert not plan.problems and not plan.steps
"""


def test_two_processes_store_and_collect_at_once_and_lose_nothing(tmp_path: Path) -> None:
    for name in ("one", "two"):
        put(tmp_path / name, {f"d{number % 7}/f{number}": f"shared {number}\n" * number for number in range(150)})
    folder = tmp_path / "store"
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(tmp_path / name)], stderr=subprocess.PIPE)
        for name in ("one", "two", "one")
    ]
    for process in running:
        _, errors = process.communicate(timeout=150)
        assert (process.returncode, errors) == (0, b"")
    store = CheckpointStore(folder, tmp_path / "one", QUICK)
    states = store.scan()
    put(tmp_path / "one", dict.fromkeys(states, "changed"))
    plan = store.plan_restore(states)
    assert (len(plan.steps), plan.problems) == (150, ())


def test_states_that_were_saved_come_back_and_are_held_with_their_contents(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, {"a": "a", ".gitignore": "x\n"})
    store = store_for(work, NO_GRACE)
    states = store.scan()
    saved = store.save(states)
    store.hold("a session", {saved, *states.hashes()})
    store.collect([])
    assert store.load(saved) == states
    put(work, {"a": "changed"})
    assert store.restore(store.plan_restore(store.load(saved))).restored == ("a",)
    store.release("a session")
    store.collect([])
    with pytest.raises(CheckpointError, match="is gone"):
        store.load(saved)
    name, _ = BlobStore(tmp_path / "store", QUICK).put(b"[1]")
    with pytest.raises(CheckpointError, match="can't be read"):
        store.load(name)


def test_states_come_back_from_json_with_names_that_are_no_text(tmp_path: Path) -> None:
    import json

    work = tmp_path / "work"
    put(work, {os.fsdecode(b"\xff"): "odd", "u\u0308": "parts", "ü": "whole", "d/.gitignore": "x\n"})
    (work / "link").symlink_to(os.fsdecode(b"\xfe"))
    states = store_for(work).scan()
    text = json.dumps(states.to_dict(), ensure_ascii=False)
    text.encode()
    read = json.loads(text)
    read["later"] = read["files"]["ü"][6:] = ["file", "more"]
    again = FileStates.from_dict(read)
    assert again == states
    assert set(again) == {os.fsdecode(b"\xff"), "u\u0308", "ü", "d/.gitignore", "link"}


@pytest.mark.parametrize("data", [{}, {"files": 3}, {"files": {"a": []}}, {"files": {"a": ["../x", 0, 0, 0, 0, 1]}}])
def test_states_that_are_damaged_are_refused(data: dict[str, object]) -> None:
    with pytest.raises(CheckpointError, match="can't be read"):
        FileStates.from_dict(data)
