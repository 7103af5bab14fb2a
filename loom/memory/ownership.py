"""Who owns a session: a process, told apart from a later one of the same number, on this machine or another."""

from __future__ import annotations

import os
import socket
import sys
import time
import weakref
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from loom.memory.store import Lease

FOREIGN_LIMIT_S = 600.0
"""How long another machine's owner is believed after its last write; processes of this machine can be looked at."""

held_here: weakref.WeakValueDictionary[str, Lease] = weakref.WeakValueDictionary()
"""The leases of this process, by owner, as long as somebody holds them."""


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner as its row says: process and when it began, boot and machine, program, last write; times since 1970."""

    owner: str
    fence: int
    pid: int
    started: float
    boot: str
    host: str
    program: str
    beat: float

    @property
    def is_alive(self) -> bool:
        """True while this owner may still write. Looks at the system's processes."""
        if not self.owner:
            return False
        if self.host != this_host():
            return time.time() - self.beat < FOREIGN_LIMIT_S
        if self.boot != this_boot():
            return False
        if self.pid == os.getpid():
            return self.owner in held_here
        return _is_running(self.pid, self.started)

    @property
    def is_here(self) -> bool:
        """True if it is this process."""
        return self.host == this_host() and self.boot == this_boot() and self.pid == os.getpid()

    def __str__(self) -> str:  # pyright: ignore[reportImplicitOverride]
        """The owner in words for a person."""
        place = "" if self.host == this_host() else f" on {self.host}"
        return f"{self.program} (process {self.pid}{place})"


@cache
def this_host() -> str:
    """The name of this machine."""
    return socket.gethostname()


@cache
def this_boot() -> str:
    """What tells this start of the machine from others."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        import psutil

        return str(round(psutil.boot_time() / 60))


@cache
def this_start() -> float:
    """When this process began, in seconds since 1970."""
    import psutil

    return psutil.Process().create_time()


@cache
def this_program() -> str:
    """The name of this program, as a person knows it."""
    name = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
    return Path(sys.argv[0]).parent.name if name == "__main__.py" else name


def _is_running(pid: int, started: float) -> bool:
    import psutil

    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False
