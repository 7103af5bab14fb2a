"""The watch over processes: by number, by the file that holds it, by name; and what they ended with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loom.heartbeat.events import HIGH, LOW, HeartbeatEvent, shown

SOURCE = "process"
YOUNG_LOOKS = 3
"""A process may take another name soon after it began; for so many looks its name is read again."""
ALL_EVERY = 10


@dataclass(frozen=True, slots=True)
class _Seen:
    pid: int
    began: float
    name: str


class Processes:
    """Looks at processes: `look` gives an event for each that ended or began since the last look; for a `Beat`.

    A number that was given to another process since is not the same process.
    """

    def __init__(self, pids: Sequence[int] = (), pid_file: Path | None = None, names: Sequence[str] = ()) -> None:
        self._pids = list(pids)
        self._pid_file = pid_file
        self._names = frozenset(names)
        self._seen: dict[int, _Seen] = {}
        self._has_looked = False
        self._looks = 0
        self._ages: dict[int, int] = {}

    def look(self) -> list[HeartbeatEvent]:
        """Look at the system's processes; blocks a little."""
        now = self._found()
        events = [
            _ended(before, by_another=pid in now)
            for pid, before in self._seen.items()
            if now.get(pid) is None or now[pid].began != before.began
        ]
        if self._has_looked:
            events += [
                _began(found)
                for pid, found in now.items()
                if pid not in self._seen or self._seen[pid].began != found.began
            ]
        else:
            events += [_missing(pid) for pid in self._pids if pid not in now]
        self._seen, self._has_looked = now, True
        return events

    def _found(self) -> dict[int, _Seen]:
        given = {*self._pids, *self._pid_in_file()}
        found: dict[int, _Seen] = {}
        for pid in {*given, *self._candidates()}:
            seen = _look_at(pid)
            if seen is not None and (pid in given or seen.name in self._names):
                found[pid] = seen
        return found

    def _candidates(self) -> list[int]:
        """The processes that may have a wanted name: to read the names of all at each look would cost too much."""
        if not self._names:
            return []
        import psutil

        self._looks += 1
        self._ages = {pid: self._ages.get(pid, 0) + 1 for pid in psutil.pids()}
        if self._looks % ALL_EVERY == 0:
            return list(self._ages)
        return [pid for pid, age in self._ages.items() if age <= YOUNG_LOOKS or pid in self._seen]

    def _pid_in_file(self) -> list[int]:
        if self._pid_file is None:
            return []
        try:
            text = self._pid_file.read_text().strip()
        except (OSError, ValueError):
            return []
        return [int(text)] if text.isascii() and text.isdigit() and int(text) > 0 else []


def _look_at(pid: int) -> _Seen | None:
    """A process that runs; None for one that has ended, also if nobody asked for its exit code yet."""
    import psutil

    try:
        process = psutil.Process(pid)
        with process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return _Seen(pid, process.create_time(), process.name())
    except (psutil.Error, ValueError, OverflowError):
        return None


def exit_code(pid: int) -> int | None:
    """What a child of this process ended with (-n: by signal n), left there for its owner; None if not known."""
    if not hasattr(os, "waitid"):
        return None
    try:
        found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except OSError:
        return None
    if found is None:
        return None
    return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status


def _ended(seen: _Seen, *, by_another: bool) -> HeartbeatEvent:
    code = None if by_another else exit_code(seen.pid)
    how = "" if code is None else f" with code {code}" if code >= 0 else f", killed by signal {-code}"
    return HeartbeatEvent(
        SOURCE,
        "exited",
        f"The process {shown(seen.name)} ({seen.pid}) ended{how}",
        LOW if code == 0 else HIGH,
        payload={"about": seen.name, "pid": seen.pid, "name": shown(seen.name), "exit_code": code},
    )


def _began(seen: _Seen) -> HeartbeatEvent:
    return HeartbeatEvent(
        SOURCE,
        "started",
        f"The process {shown(seen.name)} ({seen.pid}) began",
        payload={"about": seen.name, "pid": seen.pid, "name": shown(seen.name)},
    )


def _missing(pid: int) -> HeartbeatEvent:
    payload = {"about": pid, "pid": pid, "exit_code": exit_code(pid)}
    return HeartbeatEvent(SOURCE, "missing", f"There is no process {pid} to watch", HIGH, payload=payload)
