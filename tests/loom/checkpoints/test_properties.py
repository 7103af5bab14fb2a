"""The law of checkpoints: whatever happens to a tree, restoring gives the former, and undoing gives the later one."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loom.checkpoints import FileStates
from tests.support.trees import store_for, tree

NAMES = ["a", "b", "c.txt", "ü.py", "u\u0308.py", os.fsdecode(b"\xff\xfe"), "with space", "-x"]
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
CONTENTS = st.one_of(
    st.sampled_from([b"", b"one\n", b"one\r\ntwo\r\n", b"no newline", b"\x00\xff\x00", b"x" * 5000]),
    st.binary(max_size=50),
)
MODES = st.sampled_from([0o644, 0o755, 0o600, 0o640])
DOINGS = st.one_of(
    st.tuples(st.just("write"), PATHS, CONTENTS, MODES),
    st.tuples(st.just("link"), PATHS, st.sampled_from([b"a", b"../..", b"nowhere", b"/etc"]), MODES),
    st.tuples(st.just("delete"), PATHS, st.just(b""), MODES),
    st.tuples(st.just("mode"), PATHS, st.just(b""), MODES),
)


def do(root: Path, what: str, name: str, data: bytes, mode: int) -> None:
    """One edit; whatever stands in its way is replaced, files by folders and folders by files."""
    path = root
    for part in name.split("/")[:-1]:
        path /= part
        if what in ("write", "link") and (path.is_symlink() or path.is_file()):
            path.unlink()
        elif path.is_symlink() or not path.is_dir():
            break
    path = root / name
    if what in ("write", "link"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        if what == "link":
            path.symlink_to(os.fsdecode(data))
        else:
            path.write_bytes(data)
            path.chmod(mode)
        return
    if any(above.is_symlink() for above in path.parents if above.is_relative_to(root)) or not os.path.lexists(path):
        return
    if what == "mode" and path.is_file() and not path.is_symlink():
        path.chmod(mode)
    elif what == "delete":
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(DOINGS, max_size=8), then=st.lists(DOINGS, max_size=8), is_expected=st.booleans())
def test_restoring_gives_the_former_tree_and_undoing_the_later_one(
    place: Path, first: list[tuple[str, str, bytes, int]], then: list[tuple[str, str, bytes, int]], is_expected: bool
) -> None:
    root = Path(tempfile.mkdtemp(dir=place)) / "work"
    root.mkdir()
    for doing in first:
        do(root, *doing)
    store = store_for(root)
    former, before = tree(root), store.scan()
    for doing in then:
        do(root, *doing)
    later, after = tree(root), store.scan(before)

    assert {change.path for change in store.changes(before, after)} == {
        path for path in former.keys() | later.keys() if former.get(path) != later.get(path)
    }
    plan = store.plan_restore(before, expected=after if is_expected else None)
    assert (plan.problems, plan.conflicts) == ((), ())
    assert tree(root) == later
    result = store.restore(plan)
    assert result.problems == ()
    assert tree(root) == former
    assert store.plan_restore(FileStates.from_dict(before.to_dict())).steps == ()

    undone = store.restore(store.plan_restore(result.undo, expected=result.after))
    assert undone.problems == ()
    assert tree(root) == later
