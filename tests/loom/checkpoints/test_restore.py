"""Taking files back: only what the agent changed, only what can be brought back, never outside the workspace."""

import os
import shutil
from pathlib import Path

import pytest

from loom.checkpoints import CheckpointLimits, CheckpointStore, FileStates
from loom.errors import CheckpointError
from tests.support.trees import QUICK, put, store_for, tree


@pytest.fixture
def work(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    root.mkdir()
    return root


@pytest.fixture
def store(work: Path) -> CheckpointStore:
    return store_for(work)


def messages(problems: tuple[object, ...]) -> str:
    return "\n".join(str(problem) for problem in problems)


def test_an_edit_of_one_file_is_taken_back_and_nothing_else_is_touched(work: Path, store: CheckpointStore) -> None:
    put(work, {"a.txt": "old\r\nno newline", "mine.txt": "mine"})
    before = store.before_edit(["a.txt", "new/made.txt"])
    put(work, {"a.txt": "new", "new/made.txt": "made", "later.txt": "mine too"})
    result = store.restore(store.plan_restore(before, expected=store.before_edit(["a.txt", "new/made.txt"])))
    assert result.restored == ("new/made.txt", "a.txt")
    assert tree(work) == {
        "a.txt": ("file", b"old\r\nno newline", 0o644),
        "mine.txt": ("file", b"mine", 0o644),
        "later.txt": ("file", b"mine too", 0o644),
    }


def test_a_persons_later_edit_is_a_conflict_and_stays_unless_it_is_asked_for(
    work: Path, store: CheckpointStore
) -> None:
    put(work, {"a.txt": "old", "b.txt": "old"})
    before = store.scan()
    put(work, {"a.txt": "agent", "b.txt": "agent", "c.txt": "agent"})
    after = store.scan(before)
    put(work, {"a.txt": "person", "c.txt": "person", "person.txt": "person"})
    plan = store.plan_restore(before, expected=after)
    assert [(step.path, step.action, step.is_conflict) for step in plan.steps] == [
        ("a.txt", "write", True),
        ("b.txt", "write", False),
        ("c.txt", "delete", True),
    ]
    result = store.restore(plan)
    assert "'a.txt' was changed by somebody else since" in messages(result.problems)
    assert {name: data for name, (_, data, _) in tree(work).items()} == {
        "a.txt": b"person",
        "b.txt": b"old",
        "c.txt": b"person",
        "person.txt": b"person",
    }
    whole = store.restore(store.plan_restore(before, expected=after), include_conflicts=True)
    assert tree(work).keys() == {"a.txt", "b.txt", "person.txt"}
    store.restore(store.plan_restore(whole.undo))
    assert (work / "a.txt").read_text() == "person"
    assert (work / "c.txt").read_text() == "person"


def test_a_file_that_changed_after_the_plan_is_left_alone(work: Path, store: CheckpointStore) -> None:
    put(work, {"a.txt": "old", "b.txt": "old"})
    before = store.scan()
    put(work, {"a.txt": "agent", "b.txt": "agent", "added.txt": "agent"})
    plan = store.plan_restore(before)
    put(work, {"a.txt": "typed just now", "added.txt": "typed just now"})
    result = store.restore(plan)
    assert result.restored == ("b.txt",)
    assert messages(result.problems).count("changed since the plan was made") == 2
    assert (work / "a.txt").read_text() == (work / "added.txt").read_text() == "typed just now"


def test_an_edit_after_a_restore_is_a_conflict_of_its_undo(work: Path, store: CheckpointStore) -> None:
    put(work, {"a.txt": "old", "b.txt": "old"})
    before = store.scan()
    put(work, {"a.txt": "agent", "b.txt": "agent", "c.txt": "agent"})
    result = store.restore(store.plan_restore(before))
    put(work, {"a.txt": "person"})
    plan = store.plan_restore(result.undo, expected=result.after)
    assert [(step.path, step.is_conflict) for step in plan.steps] == [
        ("a.txt", True),
        ("b.txt", False),
        ("c.txt", False),
    ]
    assert set(store.restore(plan).restored) == {"b.txt", "c.txt"}
    assert [(work / f"{name}.txt").read_text() for name in "abc"] == ["person", "agent", "agent"]


def test_ignored_files_and_version_control_are_never_touched(work: Path, store: CheckpointStore) -> None:
    put(work, {".gitignore": "*.log\nout/\n", ".loomignore": "data/\n", "a.py": "old"})
    put(work, {".git/HEAD": "ref", ".git/objects/aa/bb": b"\x00", "sub/.git": "gitdir: elsewhere"})
    put(work, {"x.log": "log", "out/x": "out", "data/x": "data", "node_modules/m/i.js": "js"})
    before = store.scan()
    assert set(before) == {".gitignore", ".loomignore", "a.py", "sub"}
    put(work, {"a.py": "new", "x.log": "more", "out/y": "y", ".git/index": "new", "sub/.git": "changed"})
    ignored = {name: what for name, what in tree(work).items() if name != "a.py"}
    store.restore(store.plan_restore(before))
    assert (work / "a.py").read_text() == "old"
    assert {name: what for name, what in tree(work).items() if name != "a.py"} == ignored
    plan = store.plan_restore(FileStates({".git/HEAD": before["a.py"], "sub/.GIT": before["a.py"]}))
    assert plan.steps == ()
    assert messages(plan.problems).count("version control") == 2
    assert store.before_edit([".git/HEAD"])[".git/HEAD"].kind == "other"


def test_files_that_were_ignored_are_not_taken_for_added_ones(work: Path, store: CheckpointStore) -> None:
    """Neither when the agent empties the ignore file, nor when that file ignored itself."""
    put(work, {".gitignore": "secret.env\n", "secret.env": "key", "env39/.gitignore": "*\n", "env39/lib/a.py": "lib"})
    before = store.scan()
    put(work, {".gitignore": "", "env39/.gitignore": "", "made.txt": "agent"})
    after = store.scan(before)
    plan = store.plan_restore(before)
    assert [(step.path, step.action) for step in plan.steps] == [(".gitignore", "write"), ("made.txt", "delete")]
    assert {change.path for change in store.changes(before, after)} == {".gitignore", "made.txt"}
    store.restore(plan)
    assert (work / "secret.env").read_text() == "key"
    assert (work / "env39/lib/a.py").read_text() == "lib"


def test_what_was_ignored_since_is_not_deleted_and_not_called_deleted(work: Path, store: CheckpointStore) -> None:
    put(work, {"app.log": "log"})
    before = store.scan()
    put(work, {".gitignore": "*.log\ncache/\n", "cache/x": "x"})
    after = store.scan(before)
    assert [(change.path, change.what) for change in store.changes(before, after)] == [(".gitignore", "added")]
    store.restore(store.plan_restore(before))
    assert tree(work).keys() == {"app.log", "cache/x"}


def test_without_its_ignore_files_a_look_deletes_nothing(work: Path, tmp_path: Path) -> None:
    store = store_for(work, CheckpointLimits(least_free_bytes=0, grace_s=0))
    put(work, {".gitignore": "*.log\n", "x.log": "log"})
    before = store.scan()
    (work / ".gitignore").unlink()
    store.collect([])
    plan = store.plan_restore(before)
    assert plan.steps == ()
    assert "left alone" in messages(plan.problems)
    assert (work / "x.log").exists()


def test_a_file_too_large_to_keep_is_neither_deleted_nor_overwritten(work: Path) -> None:
    store = store_for(work, CheckpointLimits(largest_file_bytes=100, least_free_bytes=0))
    put(work, {"large": b"1" * 200, "grew": b"small"})
    before = store.scan()
    assert (before["large"].kept, before["large"].hash) == (False, None)
    put(work, {"large": b"2" * 300, "grew": b"3" * 300, "added": b"4" * 300})
    later = tree(work)
    plan = store.plan_restore(before)
    assert plan.steps == ()
    assert {problem.path for problem in plan.problems} == {"large", "grew", "added"}
    assert "too large" in messages(plan.problems)
    store.restore(plan)
    assert tree(work) == later
    change = next(change for change in store.changes(before, store.scan()) if change.path == "large")
    assert (change.what, change.added_lines) == ("changed", None)
    assert "was not kept" in change.note


def test_when_the_present_content_cant_be_stored_the_file_stays(work: Path) -> None:
    put(work, {"a": "old", "b": "old"})
    before = store_for(work).scan()
    put(work, {"a": os.urandom(9000), "b": "new"})
    later = tree(work)
    full = store_for(work, CheckpointLimits(most_disk_bytes=1, least_free_bytes=0))
    result = full.restore(full.plan_restore(before))
    assert result.restored == ()
    assert messages(result.problems).count("no room") == 2
    assert tree(work) == later


def test_modes_are_taken_back(work: Path, store: CheckpointStore) -> None:
    put(work, {"run.sh": "#!/bin/sh\n", "both.sh": "old"})
    (work / "run.sh").chmod(0o755)
    (work / "both.sh").chmod(0o750)
    before = store.scan()
    (work / "run.sh").chmod(0o644)
    put(work, {"both.sh": "new"})
    (work / "both.sh").chmod(0o600)
    after = store.scan(before)
    assert [(c.path, c.mode_before, c.mode_after, c.added_lines) for c in store.changes(before, after)] == [
        ("both.sh", 0o750, 0o600, 1),
        ("run.sh", 0o755, 0o644, 0),
    ]
    plan = store.plan_restore(before)
    assert [(step.path, step.action) for step in plan.steps] == [("both.sh", "write"), ("run.sh", "mode")]
    result = store.restore(plan)
    assert [path.stat().st_mode & 0o777 for path in (work / "run.sh", work / "both.sh")] == [0o755, 0o750]
    store.restore(store.plan_restore(result.undo))
    assert [path.stat().st_mode & 0o777 for path in (work / "run.sh", work / "both.sh")] == [0o644, 0o600]


def test_a_file_that_was_deleted_and_made_again_is_itself_again(work: Path, store: CheckpointStore) -> None:
    put(work, {"d/a.txt": "old", "d/b.txt": "old"})
    before = store.scan()
    shutil.rmtree(work / "d")
    put(work, {"d/a.txt": "again"})
    store.restore(store.plan_restore(before, ["d"]))
    assert {name: data for name, (_, data, _) in tree(work).items()} == {"d/a.txt": b"old", "d/b.txt": b"old"}


def test_folders_come_back_for_files_and_files_for_folders(work: Path, store: CheckpointStore) -> None:
    put(work, {"d/x": "x", "f": "f", "empty/was/gone": ""})
    (work / "empty/was/gone").unlink()
    before, former = store.scan(), tree(work)
    shutil.rmtree(work / "d")
    (work / "f").unlink()
    put(work, {"d": "file", "f/a/b": "deep", "f/c": "c", "empty/was/new": "", "fresh/one/two": ""})
    result = store.restore(store.plan_restore(before, expected=store.scan(before)))
    assert result.problems == ()
    assert tree(work) == former
    assert (work / "empty/was").is_dir()
    assert not (work / "fresh").exists()


def test_a_folder_with_other_files_in_it_does_not_make_way(work: Path, store: CheckpointStore) -> None:
    put(work, {".gitignore": "*.log\n", "f": "f"})
    before = store.scan()
    (work / "f").unlink()
    put(work, {"f/keep.log": "mine", "f/added": "agent"})
    result = store.restore(store.plan_restore(before))
    assert "with other files in it" in messages(result.problems)
    assert (work / "f/keep.log").read_text() == "mine"


def test_only_the_chosen_paths_are_taken_back(work: Path, store: CheckpointStore) -> None:
    put(work, {"a": "old", "d/b": "old", "d/c": "old"})
    before = store.scan()
    put(work, {"a": "new", "d/b": "new", "d/c": "new"})
    plan = store.plan_restore(before, ["d/b", "nothing"])
    assert [step.path for step in plan.steps] == ["d/b"]
    assert messages(plan.problems).count("not part of this checkpoint") == 1


@pytest.mark.parametrize("path", ["../outside.txt", "/etc/passwd", "a/../../x", "", "a//b", "./a", "a\x00b"])
def test_states_that_name_a_path_outside_change_nothing(work: Path, store: CheckpointStore, path: str) -> None:
    put(work, {"a": "a"})
    (work.parent / "outside.txt").write_text("outside")
    state = store.scan()["a"]
    plan = store.plan_restore(FileStates({path: state}))
    assert plan.steps == ()
    assert "outside the workspace" in messages(plan.problems)
    assert (work.parent / "outside.txt").read_text() == "outside"


def test_an_edit_outside_the_workspace_has_no_checkpoint(work: Path, store: CheckpointStore) -> None:
    (work / "out").symlink_to(work.parent)
    for path in ("../x", "out/x", work.parent / "x", "..", "."):
        with pytest.raises(CheckpointError, match=r"outside the workspace|no path"):
            store.before_edit([path])


def test_a_folder_that_became_a_link_is_not_followed(work: Path, store: CheckpointStore, tmp_path: Path) -> None:
    put(work, {"d/a.txt": "old"})
    put(tmp_path / "elsewhere", {"a.txt": "not ours"})
    before = store.scan()
    shutil.rmtree(work / "d")
    (work / "d").symlink_to(tmp_path / "elsewhere")
    assert store.restore(store.plan_restore(before, ["d/a.txt"])).restored == ()
    result = store.restore(store.plan_restore(before))
    assert result.problems == ()
    assert tree(work) == {"d/a.txt": ("file", b"old", 0o644)}
    assert (tmp_path / "elsewhere/a.txt").read_text() == "not ours"
    store.restore(store.plan_restore(result.undo))
    assert (work / "d").readlink() == tmp_path / "elsewhere"


def test_a_link_put_in_the_way_after_the_plan_leads_nowhere(work: Path, store: CheckpointStore, tmp_path: Path) -> None:
    put(work, {"d/a.txt": "old", "b.txt": "old"})
    put(tmp_path / "elsewhere", {"a.txt": "agent", "b.txt": "agent"})
    before = store.scan()
    put(work, {"d/a.txt": "agent", "b.txt": "agent", "d/added": "agent"})
    plan = store.plan_restore(before)
    (work / "d").rename(tmp_path / "moved")
    (work / "d").symlink_to(tmp_path / "elsewhere")
    (work / "b.txt").unlink()
    (work / "b.txt").symlink_to(tmp_path / "elsewhere/b.txt")
    result = store.restore(plan)
    assert result.restored == ()
    assert len(result.problems) == 3
    assert tree(tmp_path / "elsewhere") == dict.fromkeys(("a.txt", "b.txt"), ("file", b"agent", 0o644))


def test_links_are_kept_as_links(work: Path, store: CheckpointStore) -> None:
    put(work, {"real.txt": "real"})
    (work / "link").symlink_to("real.txt")
    (work / "out").symlink_to("/etc/hostname")
    before = store.before_edit(["link", "out"])
    assert {path: state.kind for path, state in before.files.items()} == {
        "link": "link",
        "real.txt": "file",
        "out": "link",
    }
    (work / "link").unlink()
    put(work, {"link": "file", "real.txt": "changed"})
    (work / "out").unlink()
    store.restore(store.plan_restore(before))
    assert tree(work) == {
        "real.txt": ("file", b"real", 0o644),
        "link": ("link", b"real.txt", 0),
        "out": ("link", b"/etc/hostname", 0),
    }


def test_pipes_are_passed_over_and_nothing_waits_for_them(work: Path, store: CheckpointStore) -> None:
    os.mkfifo(work / "pipe")
    os.mkfifo(work / ".gitignore")
    put(work, {"a": "a"})
    before = store.scan()
    assert set(before) == {"a"}
    (work / "a").unlink()
    os.mkfifo(work / "a")
    plan = store.plan_restore(before)
    assert plan.steps == ()
    assert "a pipe" in messages(plan.problems)


def test_a_damaged_or_missing_content_is_a_problem_and_never_written(work: Path, store: CheckpointStore) -> None:
    put(work, {"a": "old " * 2000, "b": "b", "c": "c"})
    before = store.scan()
    put(work, {"a": "new", "b": "new", "c": "new"})
    blobs = {path.parent.name + path.name: path for path in (work.parent / "store/blobs").rglob("*") if path.is_file()}
    hashes = {name: before[name].hash or "" for name in "abc"}
    blobs[hashes["a"]].write_bytes(blobs[hashes["a"]].read_bytes()[:-20])
    blobs[hashes["b"]].write_bytes(b"\x00wrong")
    blobs[hashes["c"]].unlink()
    plan = store.plan_restore(before)
    assert plan.steps == ()
    assert messages(plan.problems).count("is damaged") == 2
    assert messages(plan.problems).count("is gone") == 1
    assert (work / "b").read_text() == "new"


def test_a_store_inside_the_workspace_is_refused(work: Path) -> None:
    for folder in (work / ".loom/checkpoints", work, work.parent):
        with pytest.raises(CheckpointError, match="one is inside the other"):
            CheckpointStore(folder, work, QUICK)
    with pytest.raises(CheckpointError, match="There is no workspace"):
        CheckpointStore(work.parent / "store", work / "missing")


def test_several_looks_are_one_look_at_the_start(work: Path, store: CheckpointStore) -> None:
    put(work, {".gitignore": ".env\n", "a": "old", ".env": "old"})
    first = store.scan()
    put(work, {"made": "by a command"})
    edits = store.before_edit(["made", ".env", "a"])
    put(work, {"made": "edited", ".env": "edited", "a": "edited"})
    before = store.earliest([first, edits])
    after = store.scan(first).merged(store.before_edit(["made", ".env", "a"]))
    assert [(c.path, c.what) for c in store.changes(before, after)] == [
        (".env", "changed"),
        ("a", "changed"),
        ("made", "added"),
    ]
    store.restore(store.plan_restore(before, expected=after))
    assert {name: data for name, (_, data, _) in tree(work).items()} == {
        ".gitignore": b".env\n",
        "a": b"old",
        ".env": b"old",
    }
