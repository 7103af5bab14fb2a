"""The watch over files: marks from the system, looked at once they have settled, told as events.

One thread does all of it. A mark says where to look; the difference to what was known (`Snapshot`, with hashes of the
contents) says what happened. With too many marks, lost ones, or no watch at all, everything is looked at.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

from loom.heartbeat.events import Emit, shown
from loom.heartbeat.file_events import FEW, events_of, root_back, root_lost
from loom.heartbeat.git_cause import git_cause
from loom.heartbeat.monitors import OK, Health, degraded
from loom.heartbeat.own_writes import OwnWrites, digest_of
from loom.heartbeat.snapshot import Change, Snapshot, together
from loom.heartbeat.watching import CannotWatchError, OpenWatch, Watch, open_watch
from loom.threads import in_thread

MOST_MARKS = 20_000
FEW_MARKS = 5
QUIET_S, LONGEST_S = 0.03, 0.15
"""After a few changes: how long nothing may happen before they are looked at, and how long that may be put off."""
BURST_QUIET_S, BURST_LONGEST_S = 0.3, 3.0
REPLACED_WITHIN_S = 0.08
"""A file that is gone may be one that is being replaced; so long it is waited for."""
POLL_S = 2.0
POLL_SHARE = 20
"""Without a watch, looking takes at most one part in so many of the time."""
ROOT_CHECK_S = 2.0
READ_AHEAD_S, READ_AHEAD_FILES = 0.1, 100


class FilesystemMonitor:
    """Watches a folder, or some files in it (`only`).

    Changes that `own_writes` knows as the agent's are passed over. `open_watch` is who asks the system; what it can't
    watch is looked at every `poll_s` seconds, and `health` says why.
    """

    def __init__(
        self,
        root: Path,
        *,
        only: frozenset[str] = frozenset(),
        own_writes: OwnWrites | None = None,
        open_watch: OpenWatch = open_watch,
        poll_s: float = POLL_S,
        most_marks: int = MOST_MARKS,
    ) -> None:
        self.root = str(root)
        self.name = f"files of {shown(self.root)}"
        self.health: Health = OK
        self.scans = 0
        self._only = only
        self._own = own_writes or OwnWrites()
        self._open_watch = open_watch
        self._poll_s = poll_s
        self._most_marks = most_marks
        self._emit: Emit | None = None
        self._watch: Watch | None = None
        self._snapshot = self._new_snapshot()
        self._root_inode = 0
        self._marks: set[str] = set()
        self._lost_marks = False
        self._marked_at = 0.0
        self._held: dict[str, Change] = {}
        self._held_since = 0.0
        self._is_stopping = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._starts = 0
        self._life = threading.Lock()

    async def start(self, emit: Emit) -> None:
        """Watch; returns when all is known that is there."""
        await self.stop()
        self._emit = emit
        await in_thread(self._launch, self._starts)

    async def stop(self) -> None:
        """End the watch and its threads, also those of a start that was given up."""
        self._starts += 1
        await in_thread(self._end)

    def mark(self, path: str) -> None:
        """Say that something may have happened at a path; from any thread."""
        with self._changed:
            if len(self._marks) >= self._most_marks:
                self._marks.clear()
                self._lost_marks = True
            elif not self._lost_marks:
                self._marks.add(path)
            self._marked_at = time.monotonic()
            self._changed.notify()

    def mark_all(self) -> None:
        """Say that anything may have happened anywhere."""
        with self._changed:
            self._lost_marks = True
            self._marked_at = time.monotonic()
            self._changed.notify()

    def _new_snapshot(self) -> Snapshot:
        return Snapshot(self.root, self._add_folder, self._remove_folder, self._only)

    def _begin(self) -> bool:
        """Open a watch and look at everything; False while there is no root."""
        self._close_watch()
        self.health = OK
        self.root = os.path.realpath(self.root)
        try:
            self._root_inode = Path(self.root).stat().st_ino
            try:
                self._watch = self._open_watch(self.root, self.mark, self.mark_all)
            except CannotWatchError as error:
                self._fall_back(error)
            self._snapshot = self._new_snapshot()
            self._snapshot.take()
        except OSError as error:
            self._close_watch()
            self._root_inode = 0
            reason = error.strerror or error
            self.health = degraded(f"{shown(self.root)} can't be watched: {reason}; waiting for it")
            return False
        if self._snapshot.is_full:
            self.health = degraded(f"{shown(self.root)} holds more files than are watched ({self._snapshot.size})")
        return True

    def _launch(self, start: int) -> None:
        with self._life:
            if start == self._starts:
                self._is_stopping = False
                self._begin()
                self._thread = threading.Thread(target=self._work, name="loom-files", daemon=True)
                self._thread.start()

    def _end(self) -> None:
        with self._life:
            with self._changed:
                self._is_stopping = True
                self._changed.notify()
            thread, self._thread = self._thread, None
            if thread is not None:
                thread.join()
            self._close_watch()

    def _close_watch(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()

    def _add_folder(self, folder: str) -> None:
        if self._watch is not None:
            try:
                self._watch.add(folder)
            except CannotWatchError as error:
                self._fall_back(error)

    def _remove_folder(self, folder: str) -> None:
        if self._watch is not None:
            self._watch.remove(folder)

    def _fall_back(self, error: CannotWatchError) -> None:
        """Look at everything now and then, since the system won't say what changes."""
        self._close_watch()
        self.health = degraded(f"{error}; looking at all files every {self._poll_s:g} s instead")

    def _work(self) -> None:
        wait_s = self._idle_s()
        while self._wait(wait_s):
            began = time.monotonic()
            if not self._check_root():
                wait_s = self._poll_s
                continue
            marks, all_marked = self._taken()
            is_polling = self._watch is None
            has_news = False
            if marks or all_marked or (is_polling and not self._held):
                has_news = self._look(marks, everything=all_marked or is_polling)
            if not has_news and not self._held:
                self._snapshot.read_ahead(READ_AHEAD_FILES)
            wait_s = self._tell(has_news=has_news)
            if wait_s is None:
                wait_s = max(self._idle_s(), POLL_SHARE * (time.monotonic() - began) if is_polling else 0.0)

    def _tell(self, *, has_news: bool) -> float | None:
        """Tell the changes, unless there are many and more may follow: then it is how long to wait for those."""
        held = self._held
        now = time.monotonic()
        if has_news and len(held) > FEW_MARKS and now - self._held_since < BURST_LONGEST_S:
            return BURST_QUIET_S
        self._held = {}
        if self._emit is not None and held:
            cause = git_cause(self.root) if len(held) > FEW else ""
            for event in events_of(list(held.values()), self.root, cause):
                self._emit(event)
        return None

    def _idle_s(self) -> float:
        return ROOT_CHECK_S if self._watch is not None else self._poll_s

    def _wait(self, longest_s: float) -> bool:
        """Wait until something is marked, then until that has settled, or until the time is over. False at the end."""
        with self._changed:
            if not (self._marks or self._lost_marks or self._is_stopping):
                reads_ahead = self._snapshot.has_unread and self._watch is not None
                self._changed.wait(min(longest_s, READ_AHEAD_S) if reads_ahead else longest_s)
            began = time.monotonic()
            may_be_replaced = True
            while not self._is_stopping and (self._marks or self._lost_marks):
                is_burst = self._lost_marks or len(self._marks) > FEW_MARKS
                quiet_s, most_s = (BURST_QUIET_S, BURST_LONGEST_S) if is_burst else (QUIET_S, LONGEST_S)
                left_s = min(self._marked_at + quiet_s, began + most_s) - time.monotonic()
                if left_s <= 0:
                    if is_burst or not may_be_replaced or all(map(os.path.lexists, self._marks)):
                        break
                    may_be_replaced, left_s = False, REPLACED_WITHIN_S
                self._changed.wait(left_s)
            return not self._is_stopping

    def _taken(self) -> tuple[set[str], bool]:
        """The marks, but those of files that the agent is writing: they are looked at when it is done."""
        with self._changed:
            marks, everything = self._marks, self._lost_marks
            self._marks, self._lost_marks = set(), False
        later = {path for path in marks if self._own.is_in_flight(path)}
        if later:
            with self._changed:
                self._marks |= later
                self._marked_at = time.monotonic()
        return marks - later, everything

    def _look(self, marks: set[str], *, everything: bool) -> bool:
        """See what changed, and hold it to be told. False if nothing did."""
        if everything:
            self.scans += 1
            changes = self._snapshot.rescan()
        else:
            changes = self._snapshot.confirm(marks)
        foreign = [change for change in changes if not self._is_own(change)]
        if foreign and not self._held:
            self._held_since = time.monotonic()
        for change in foreign:
            merged = together(self._held.pop(change.path, None), change)
            if merged is not None:
                self._held[change.path] = merged
        return bool(foreign)

    def _is_own(self, change: Change) -> bool:
        if not self._own.knows(change.path):
            return False
        digest = None if change.after is None else change.after.digest or digest_of(change.path)
        return self._own.is_own(change.path, digest)

    def _check_root(self) -> bool:
        """Whether the root is there; says so when that changes, and watches it anew when it is back, or another."""
        try:
            inode = Path(self.root).stat().st_ino
        except OSError:
            inode = 0
        if inode == self._root_inode:
            return inode != 0
        was_there = self._root_inode != 0
        if inode:
            with contextlib.suppress(OSError):
                return self._back(was_there=was_there)
        self._close_watch()
        self._root_inode = 0
        self.health = degraded(f"{shown(self.root)} is gone; waiting for it to come back")
        if was_there and self._emit is not None:
            self._emit(root_lost(self.root))
        return False

    def _back(self, *, was_there: bool) -> bool:
        if not self._begin():
            return False
        if self._emit is not None:
            if was_there:
                self._emit(root_lost(self.root))
            self._emit(root_back(self.root, self._snapshot.size))
        return True
