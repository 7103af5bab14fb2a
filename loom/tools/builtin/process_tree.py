"""A command with all that it started: found by parentage, and by a mark in the environment that children inherit.

A child that calls setsid leaves the process group, and one whose parent has ended leaves the family; the mark stays.
(One that also clears its environment is found only while its parents live. In a sandbox none of this can happen.)
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

MARK_VARIABLE = "LOOM_COMMAND_ID"
MOST_ROUNDS = 5


@dataclass(slots=True)
class ProcessTree:
    """The processes of one command. All methods but `signal_group` look through the system's processes, and block."""

    mark: str = field(default_factory=lambda: secrets.token_hex(16))
    pid: int = 0
    _known: dict[int, psutil.Process] = field(default_factory=dict[int, "psutil.Process"])

    def held_bytes(self) -> int:
        """The resident memory of the living descendants, in bytes; notes them all for `kill`."""
        import psutil

        held = 0
        for process in self._family():
            with contextlib.suppress(psutil.Error):
                held += process.memory_info().rss
        return held

    def note(self) -> None:
        """Note who belongs to the command while its first process lives; afterwards parentage says nothing."""
        for _ in self._family():
            pass

    def kill(self) -> None:
        """Kill what is left: the noted, their children, and whoever bears the mark; again until nobody is left."""
        import psutil

        for _ in range(MOST_ROUNDS):
            left = [process for process in self._left() if process.pid != os.getpid()]
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            if not left:
                return
            psutil.wait_procs(left, timeout=0.2)

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the command's process group, if there still is one."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _family(self) -> Iterator[psutil.Process]:
        import psutil

        with contextlib.suppress(psutil.Error):
            root = psutil.Process(self.pid)
            for process in [root, *root.children(recursive=True)]:
                self._known[process.pid] = process
        yield from self._known.values()

    def _left(self) -> list[psutil.Process]:
        import psutil

        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK_VARIABLE) == self.mark:
                    found[process.pid] = process
        for known in list(self._known.values()):
            with contextlib.suppress(psutil.Error):
                if known.is_running() and known.status() != psutil.STATUS_ZOMBIE:
                    found[known.pid] = known
                    found.update((child.pid, child) for child in known.children(recursive=True))
        self._known.update(found)
        return list(found.values())
