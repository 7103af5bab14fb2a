"""Differences that a person reads, and single hunks of them that are taken back."""

import difflib
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.checkpoints import CheckpointStore
from loom.errors import CheckpointError
from loom.textdiff import blocks, hunks, split_lines, unified, without_hunk
from tests.support.trees import put, store_for

TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "d"]), max_size=30).map("".join)
LINES = [f"line {number}\n" for number in range(60)]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    put(root, {"a.txt": "".join(LINES), "bin": b"\x00old"})
    return root


@pytest.fixture
def store(work: Path) -> CheckpointStore:
    return store_for(work)


def changed(*numbers: int) -> str:
    return "".join(f"changed {n}\n" if n in numbers else line for n, line in enumerate(LINES))


@given(TEXTS, TEXTS)
def test_taking_every_hunk_back_gives_the_old_text(old: str, new: str) -> None:
    before, after = old.encode(), new.encode()
    for number in reversed(range(len(hunks(split_lines(before), split_lines(after))))):
        after = without_hunk(before, after, after, number)
    assert after == before


@given(st.lists(st.integers(0, 99).map("{}\n".format), max_size=40, unique=True), st.data())
def test_a_diff_reads_as_that_of_difflib(old: list[str], data: st.DataObject) -> None:
    """Compared where both see the same difference: a line among others that are all different."""
    at = data.draw(st.integers(0, len(old)))
    new = [*old[:at], "new\n", *old[at:]]
    ours = unified("".join(old).encode(), "".join(new).encode(), "a", "b")
    assert ours == "".join(difflib.unified_diff(old, new, "a", "b"))


def test_texts_that_differ_everywhere_are_compared_in_time() -> None:
    old = [b"%d\n" % (number % 50) for number in range(100_000)]
    new = [b"%d\n" % (number * 7 % 53) for number in range(100_000)]
    began = time.process_time()
    assert sum(not block.is_equal for block in blocks(old, new)) == 1
    assert time.process_time() - began < 5


def test_a_diff_names_the_file_and_shows_line_ends_as_they_are(work: Path, store: CheckpointStore) -> None:
    put(work, {"a.txt": "one\r\ntwo"})
    before = store.before_edit(["a.txt", "made.txt", "bin"])
    put(work, {"a.txt": "one\ntwo\n", "made.txt": "made\n", "bin": b"\x00new"})
    after = store.before_edit(["a.txt", "made.txt", "bin"])
    assert store.diff("a.txt", before, after) == (
        "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n-one\r\n-two\n\\ No newline at end of file\n+one\n+two\n"
    )
    assert store.diff("made.txt", before, after) == "--- /dev/null\n+++ b/made.txt\n@@ -0,0 +1 @@\n+made\n"
    assert store.diff("bin", before, after) == ""
    shown = {change.path: change for change in store.changes(before, after)}
    assert (shown["a.txt"].added_lines, shown["a.txt"].removed_lines) == (2, 2)
    assert (shown["made.txt"].what, shown["made.txt"].added_lines) == ("added", 1)
    assert shown["bin"].is_binary
    assert "is not text" in shown["bin"].note


def test_one_hunk_is_taken_back_and_a_later_edit_elsewhere_stays(work: Path, store: CheckpointStore) -> None:
    before = store.scan()
    put(work, {"a.txt": changed(5, 30, 50)})
    (work / "a.txt").chmod(0o755)
    after = store.scan(before)
    put(work, {"a.txt": "first, by a person\n" + changed(5, 30, 50)})
    states = store.revert_hunk("a.txt", before, after, 1)
    assert (work / "a.txt").read_text() == "first, by a person\n" + changed(5, 50)
    assert (work / "a.txt").stat().st_mode & 0o777 == 0o755
    assert states["a.txt"] == store.scan()["a.txt"]


def test_a_hunk_that_no_longer_applies_is_refused_and_nothing_changes(work: Path, store: CheckpointStore) -> None:
    before = store.scan()
    put(work, {"a.txt": changed(5, 30)})
    after = store.scan(before)
    for content in (changed(30), changed(5, 30) * 2, "\x00" + changed(5)):
        put(work, {"a.txt": content})
        with pytest.raises(CheckpointError, match=r"no longer applies|is not text"):
            store.revert_hunk("a.txt", before, after, 0)
        assert (work / "a.txt").read_text() == content
    put(work, {"a.txt": changed(5, 30)})
    with pytest.raises(CheckpointError, match="no change number 2; there are 2"):
        store.revert_hunk("a.txt", before, after, 2)
    (work / "a.txt").unlink()
    with pytest.raises(CheckpointError, match="was deleted since"):
        store.revert_hunk("a.txt", before, after, 0)


def test_the_hunk_of_a_new_file_deletes_it_and_that_of_a_deleted_one_writes_it(
    work: Path, store: CheckpointStore
) -> None:
    (work / "a.txt").chmod(0o755)
    before = store.scan()
    (work / "a.txt").unlink()
    put(work, {"new/made.txt": "made\n"})
    after = store.scan(before)
    assert store.revert_hunk("a.txt", before, after, 0)["a.txt"].mode == 0o755
    assert (work / "a.txt").read_text() == "".join(LINES)
    assert store.revert_hunk("new/made.txt", before, after, 0)["new/made.txt"].kind == "absent"
    assert not (work / "new/made.txt").exists()
    with pytest.raises(CheckpointError, match="was deleted since"):
        store.revert_hunk("new/made.txt", before, after, 0)


def test_the_hunk_of_a_file_that_is_no_text_is_refused(work: Path, store: CheckpointStore) -> None:
    before = store.scan()
    put(work, {"bin": b"\x00new"})
    with pytest.raises(CheckpointError, match="is not text"):
        store.revert_hunk("bin", before, store.scan(before), 0)
    (work / "bin").unlink()
    (work / "bin").symlink_to("a.txt")
    with pytest.raises(CheckpointError, match="is no file now"):
        store.revert_hunk("bin", before, store.scan(before), 0)
