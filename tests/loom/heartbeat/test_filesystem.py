"""The watch over files: real folders, changed in the ways in which programs change them."""

import asyncio
import ctypes
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loom.heartbeat import filesystem
from loom.heartbeat.events import HeartbeatEvent
from loom.heartbeat.filesystem import FilesystemMonitor
from loom.heartbeat.git_cause import git_cause
from loom.heartbeat.own_writes import OwnWrites
from loom.heartbeat.watching import CannotWatchError, ObserverWatch, remote_filesystem
from tests.support.watched import Heard, hearing

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify")


@contextmanager
def at_once(monitor: FilesystemMonitor) -> Generator[None]:
    """What is done within is there as a whole when the monitor looks, however long the machine takes for it."""
    with monitor._changed:
        yield


async def said_before(heard: Heard, folder: Path) -> list[HeartbeatEvent]:
    """What was said before a last change, which is made now to know that all before it was looked at."""
    last = folder / "the-last-change"
    last.write_text("x")
    events: list[HeartbeatEvent] = []
    while True:
        event = await heard.next()
        if any(path.endswith("the-last-change") for path in event.paths):
            return events
        events.append(event)


async def test_created_modified_moved_and_deleted_are_told_apart(tmp_path: Path) -> None:
    file, other = tmp_path / "a.txt", tmp_path / "b.txt"
    async with hearing(FilesystemMonitor(tmp_path)) as heard:
        seen: list[HeartbeatEvent] = []
        file.write_text("one")
        seen.append(await heard.next())
        file.write_text("two")
        seen.append(await heard.next())
        file.rename(other)
        seen.append(await heard.next())
        other.unlink()
        seen.append(await heard.next())

    assert [(event.kind, event.summary) for event in seen] == [
        ("created", "a.txt was created"),
        ("modified", "a.txt was modified"),
        ("moved", "a.txt was moved to b.txt"),
        ("deleted", "b.txt was deleted"),
    ]
    assert seen[2].paths == (str(other), str(file))
    assert len({event.id for event in seen}) == 4


async def test_a_save_by_a_new_file_moved_over_the_old_is_one_modification(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("before")
    monitor = FilesystemMonitor(tmp_path)
    async with hearing(monitor) as heard:
        for text in ("first", "second"):
            beside = tmp_path / f".notes.md.{text}"
            with at_once(monitor):
                beside.write_text(text)
                beside.replace(file)
            event = await heard.next()
            assert (event.kind, event.paths) == ("modified", (str(file),))
        assert await said_before(heard, tmp_path) == []


async def test_a_save_that_moves_the_old_file_away_first_is_one_modification(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As vim does with a backup."""
    monkeypatch.setattr(filesystem, "REPLACED_WITHIN_S", 5.0)  # a busy machine takes its time between the two
    file, backup = tmp_path / "notes.md", tmp_path / "notes.md~"
    file.write_text("before")
    async with hearing(FilesystemMonitor(tmp_path)) as heard:
        file.rename(backup)
        await asyncio.sleep(0.04)  # longer than a change has to settle
        file.write_text("after")
        backup.unlink()
        event = await heard.next()
        assert (event.kind, event.paths) == ("modified", (str(file),))
        assert await said_before(heard, tmp_path) == []


async def test_what_leaves_the_content_as_it_was_is_no_event(tmp_path: Path) -> None:
    file = tmp_path / "same.txt"
    file.write_text("same")
    monitor = FilesystemMonitor(tmp_path)
    async with hearing(monitor) as heard:
        file.write_text("changed")
        await heard.next()
        with at_once(monitor):
            file.write_text("changed")
            os.utime(file, (1, 1))
            (tmp_path / "passing").write_text("x")
            (tmp_path / "passing").unlink()
        assert await said_before(heard, tmp_path) == []


async def test_a_touch_of_a_file_that_was_never_changed_is_no_event_once_it_was_read(tmp_path: Path) -> None:
    file = tmp_path / "old.txt"
    file.write_text("old")
    monitor = FilesystemMonitor(tmp_path)
    async with hearing(monitor) as heard, asyncio.timeout(150):
        while monitor._snapshot.has_unread:
            await asyncio.sleep(0.01)
        os.utime(file, (1, 1))
        assert await said_before(heard, tmp_path) == []


async def test_ignored_files_are_no_event_and_a_new_ignore_file_holds_at_once(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "node_modules" / "x").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    async with hearing(FilesystemMonitor(tmp_path)) as heard:
        (tmp_path / "a.log").write_text("x")
        (tmp_path / "node_modules" / "x" / "index.js").write_text("x")
        (tmp_path / ".git" / "HEAD").write_text("x")
        assert await said_before(heard, tmp_path) == []
        (tmp_path / "b.tmp").write_text("x")
        assert (await heard.next()).kind == "created"
        (tmp_path / ".gitignore").write_text("*.log\n*.tmp\n")
        assert (await heard.next()).summary == ".gitignore was modified"
        (tmp_path / "b.tmp").write_text("y")
        (tmp_path / "the-last-change").unlink()
        assert (await heard.next()).summary == "the-last-change was deleted"


async def test_what_editors_leave_beside_a_file_is_no_event(tmp_path: Path) -> None:
    async with hearing(FilesystemMonitor(tmp_path)) as heard:
        for name in (".notes.md.swp", "notes.md~", ".#notes.md", "~$notes.docx", "4913", ".DS_Store"):
            (tmp_path / name).write_text("x")
        assert await said_before(heard, tmp_path) == []


async def test_files_that_are_polled_are_not_polled_more_often_than_said(tmp_path: Path) -> None:
    def refuse(*_: object) -> ObserverWatch:
        raise CannotWatchError("no")

    for number in range(500):
        (tmp_path / str(number)).write_text("x")
    monitor = FilesystemMonitor(tmp_path, open_watch=refuse, poll_s=30)
    async with hearing(monitor):
        await asyncio.sleep(0.5)
        assert monitor.scans == 0


async def test_two_thousand_files_at_once_are_one_event_with_counts_and_folders(tmp_path: Path) -> None:
    for number in range(1000):
        file = tmp_path / f"old{number % 4}" / f"{number}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text("before")
    async with hearing(FilesystemMonitor(tmp_path)) as heard:
        for number in range(1000):
            (tmp_path / f"old{number % 4}" / f"{number}.txt").write_text("after!")
            file = tmp_path / "new" / f"{number}.txt"
            file.parent.mkdir(exist_ok=True)
            file.write_text("new")
        event = await heard.next()
        assert await said_before(heard, tmp_path) == []

    assert event.count == 2000
    assert event.payload["kinds"] == {"modified": 1000, "created": 1000}
    assert event.payload["folders"]["new/"] == 1000
    assert event.summary.startswith("2000 files changed at once: 1000 modified, 1000 created; most in new/ (1000)")
    assert len(event.paths) <= 50


async def test_a_branch_switch_is_one_event_that_names_the_switch(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        author = {
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@b",
            "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@b",
        }
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True, env=os.environ | author)

    def prepare() -> None:
        git("init", "-b", "main")
        git("commit", "--allow-empty", "-m", "first")
        git("checkout", "-b", "feature")
        for number in range(40):
            (tmp_path / f"{number}.txt").write_text("feature")
        git("add", ".")
        git("commit", "-m", "many")

    await asyncio.to_thread(prepare)
    async with hearing(FilesystemMonitor(tmp_path)) as heard:
        await asyncio.to_thread(git, "checkout", "main")
        event = await heard.next()
    assert event.payload["cause"] == "git checkout feature → main"
    assert event.summary.startswith("40 files changed at once by git checkout feature → main: 40 deleted")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("checkout: moving from a to b\x1b[31m", "git checkout a → b\\x1b[31m"),
        ("checkout: moving from main to x\u202ey", "git checkout main → x\\u202ey"),
        ("pull origin main: Fast-forward", "git pull origin main"),
        ("commit: a message", ""),
    ],
)
def test_what_git_did_is_read_from_its_log(tmp_path: Path, line: str, said: str) -> None:
    work = tmp_path / "linked"
    (tmp_path / "real" / "logs").mkdir(parents=True)
    work.mkdir()
    (work / ".git").write_text("gitdir: ../real\n")
    (tmp_path / "real" / "logs" / "HEAD").write_text(f"{'0' * 40} {'1' * 40} A <a@b> 1000 +0000\t{line}\n")
    assert git_cause(str(work), now=1005.0) == said
    assert git_cause(str(work), now=1100.0) == "", "that was long ago"
    assert git_cause(str(tmp_path), now=1005.0) == ""


async def test_a_folder_moved_away_and_back_is_told_by_its_files(tmp_path: Path) -> None:
    watched, away = tmp_path / "watched", tmp_path / "away"
    (watched / "src" / "deep").mkdir(parents=True)
    for number in range(5):
        (watched / "src" / "deep" / f"{number}.py").write_text(str(number))
    async with hearing(FilesystemMonitor(watched)) as heard:
        (watched / "src").rename(watched / "lib")
        event = await heard.next()
        assert event.payload["kinds"] == {"moved": 5}
        (watched / "lib" / "deep" / "1.py").write_text("changed")
        assert (await heard.next()).summary == f"{Path('lib/deep/1.py')} was modified"
        (watched / "lib").rename(away)
        assert (await heard.next()).payload["kinds"] == {"deleted": 5}
        away.rename(watched / "lib")
        assert (await heard.next()).payload["kinds"] == {"created": 5}


async def test_more_marks_than_are_kept_end_in_one_look_at_everything(tmp_path: Path) -> None:
    monitor = FilesystemMonitor(tmp_path, most_marks=10)
    async with hearing(monitor) as heard:
        for number in range(300):
            (tmp_path / f"{number}.txt").write_text("x")
        event = await heard.next()
    assert event.count == 300
    assert monitor.scans >= 1


async def test_after_lost_marks_everything_is_looked_at(tmp_path: Path) -> None:
    class Deaf:
        def add(self, folder: str) -> None: ...
        def remove(self, folder: str) -> None: ...
        def close(self) -> None: ...

    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "kept").write_text("x")
    monitor = FilesystemMonitor(tmp_path, open_watch=lambda *_: Deaf())
    async with hearing(monitor) as heard:
        (tmp_path / "sub" / "kept").write_text("changed")
        (tmp_path / "missed.txt").write_text("x")
        monitor.mark_all()
        assert {(await heard.next()).kind, (await heard.next()).kind} == {"modified", "created"}


@linux_only
async def test_without_watches_left_files_are_polled_and_the_reason_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from watchdog.observers import inotify_c

    def none_left(*_: object) -> int:
        ctypes.set_errno(errno.ENOSPC)
        return -1

    monkeypatch.setattr(inotify_c, "inotify_add_watch", none_left)
    monitor = FilesystemMonitor(tmp_path, poll_s=0.02)
    async with hearing(monitor) as heard:
        assert monitor.health.state == "degraded"
        assert "max_user_watches" in monitor.health.why
        (tmp_path / "a.txt").write_text("x")
        assert (await heard.next()).summary == "a.txt was created"


@linux_only
async def test_when_watches_run_out_later_files_are_polled_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from watchdog.observers import inotify_c

    monitor = FilesystemMonitor(tmp_path, poll_s=0.02)
    async with hearing(monitor) as heard:
        assert monitor.health.state == "ok"

        def none_left(*_: object) -> int:
            ctypes.set_errno(errno.ENOSPC)
            return -1

        monkeypatch.setattr(inotify_c, "inotify_add_watch", none_left)
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "a.txt").write_text("x")
        await heard.until(lambda event: event.summary == f"{Path('sub/a.txt')} was created")
        assert "max_user_watches" in monitor.health.why
        (tmp_path / "sub" / "a.txt").write_text("changed")
        assert (await heard.next()).kind == "modified"


async def test_the_root_may_be_deleted_and_come_back(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.txt").write_text("x")
    monitor = FilesystemMonitor(root, poll_s=0.02)
    async with hearing(monitor) as heard:
        shutil.rmtree(root)
        lost = await heard.until(lambda event: event.kind == "root_deleted")
        assert lost.urgency == "high"
        assert "gone" in monitor.health.why
        root.mkdir()
        await heard.until(lambda event: event.kind == "root_restored")
        assert monitor.health.state == "ok"
        (root / "b.txt").write_text("x")
        assert (await heard.until(lambda event: event.kind == "created")).summary == "b.txt was created"


async def test_the_root_may_be_moved_away_and_another_put_in_its_place(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    async with hearing(FilesystemMonitor(root, poll_s=0.02)) as heard:
        root.rename(tmp_path / "elsewhere")
        await heard.until(lambda event: event.kind == "root_deleted")
        (tmp_path / "elsewhere" / "unseen.txt").write_text("x")
        root.mkdir()
        await heard.until(lambda event: event.kind == "root_restored")
        (root / "seen.txt").write_text("x")
        assert (await heard.next()).summary == "seen.txt was created"


async def test_a_root_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    root = tmp_path / "later"
    monitor = FilesystemMonitor(root, poll_s=0.02)
    async with hearing(monitor) as heard:
        assert monitor.health.state == "degraded"
        root.mkdir()
        assert (await heard.next()).kind == "root_restored"


async def test_links_in_a_circle_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to("self")
    monitor = FilesystemMonitor(tmp_path)
    async with hearing(monitor) as heard:
        (tmp_path / "a" / "file").write_text("x")
        event = await heard.next()
        assert event.paths == (str(tmp_path / "a" / "file"),)
        assert await said_before(heard, tmp_path) == []


@linux_only
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"two\nlines", r"two\nlines"),
        (b"bad\xff\xfe", r"bad\xff\xfe"),
        ("gepj\u202egnp.exe".encode(), r"gepj\u202egnp.exe"),
        ("zero\u200bwidth".encode(), r"zero\u200bwidth"),
        ("größe.txt".encode(), "größe.txt"),
        (b"\x1b[31mred", r"\x1b[31mred"),
    ],
)
async def test_an_odd_name_is_delivered_as_it_is_and_shown_escaped(tmp_path: Path, name: bytes, shown: str) -> None:
    async with hearing(FilesystemMonitor(tmp_path)) as heard:
        path = os.fsencode(tmp_path) + b"/" + name
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        event = await heard.next()

    assert event.paths == (os.fsdecode(path),)
    assert event.summary == f"{shown} was created"
    assert event.to_payload()["paths"][0].endswith(shown)
    assert event.to_payload()["paths"][0].encode()


async def test_own_writes_are_no_event_and_anothers_to_the_same_file_are(tmp_path: Path) -> None:
    own = OwnWrites()
    file = tmp_path / "mine.txt"
    file.write_text("before")
    async with hearing(FilesystemMonitor(tmp_path, own_writes=own)) as heard:
        async with own.writing(str(file)):
            file.write_text("half")
            await asyncio.sleep(0.1)  # longer than a change has to settle
            file.write_text("by the agent")
        async with own.writing(str(tmp_path / "new" / "deep.txt")):
            (tmp_path / "new").mkdir()
            (tmp_path / "new" / "deep.txt").write_text("by the agent")
        assert await said_before(heard, tmp_path) == []
        file.write_text("by somebody else")
        assert (await heard.next()).summary == "mine.txt was modified"


async def test_one_file_of_a_folder_can_be_watched(tmp_path: Path) -> None:
    file = tmp_path / "only.txt"
    file.write_text("x")
    async with hearing(FilesystemMonitor(tmp_path, only=frozenset({"only.txt"}))) as heard:
        (tmp_path / "other.txt").write_text("x")
        (tmp_path / "sub").mkdir()
        file.write_text("changed")
        event = await heard.next()
        assert event.paths == (str(file),)
        assert heard.queue.empty()


async def test_another_systems_watch_marks_as_well(tmp_path: Path) -> None:
    """watchdog's observer over all below a folder, here its polling one, which needs no system."""
    from watchdog.observers.polling import PollingObserver

    (tmp_path / "sub").mkdir()
    monitor = FilesystemMonitor(
        tmp_path,
        open_watch=lambda root, mark, _: ObserverWatch(root, mark, lambda: PollingObserver(timeout=0.02)),
    )
    async with hearing(monitor) as heard:
        (tmp_path / "sub" / "a.txt").write_text("x")
        assert (await heard.next()).summary == f"{Path('sub/a.txt')} was created"


async def test_what_the_system_cannot_watch_is_polled(tmp_path: Path) -> None:
    def refuse(root: str, mark: object, on_lost: object) -> ObserverWatch:
        raise CannotWatchError("it is on a nfs4 drive")

    monitor = FilesystemMonitor(tmp_path, open_watch=refuse, poll_s=0.02)
    async with hearing(monitor) as heard:
        assert monitor.health.why == "it is on a nfs4 drive; looking at all files every 0.02 s instead"
        (tmp_path / "a.txt").write_text("x")
        assert (await heard.next()).kind == "created"


def test_a_network_drive_is_known_by_its_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\nserver:/x /mnt/team\\040share nfs4 rw 0 0\ntmpfs /mnt/other tmpfs rw 0 0\n"
    )
    assert remote_filesystem("/mnt/team share/project", mounts) == "nfs4"
    assert remote_filesystem("/mnt/other", mounts) == ""
    assert remote_filesystem("/home/x", mounts) == ""


async def test_after_a_storm_what_is_known_is_what_is_there(tmp_path: Path) -> None:
    storm = tmp_path / "storm"
    storm.mkdir()
    monitor = FilesystemMonitor(tmp_path, most_marks=500)
    async with hearing(monitor) as heard:
        for number in range(3000):
            (storm / str(number)).write_text("x")
            if number >= 100:
                (storm / str(number - 100)).unlink()
            if number % 500 == 0:
                (storm / f"folder{number}").mkdir()
                storm.rename(tmp_path / "passing")
                (tmp_path / "passing").rename(storm)
        there = {f"{folder}{os.sep}{name}" for folder, *names in os.walk(tmp_path) for name in names[0] + names[1]}
        events = [await heard.next()]
        while known(monitor) != there:
            events.append(await heard.next())
    assert sum(event.count for event in events) >= 100
    assert len(events) < 20


def known(monitor: FilesystemMonitor) -> set[str]:
    return {f"{folder}{os.sep}{name}" for folder, held in monitor._snapshot.folders.items() for name in held}
