"""What harness runs wait for a person with, calls and contracts, in whatever process or machine they are worked on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import shiboken6
from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from loom.errors import ApprovalError, LoomError
from loom.threads import in_thread
from loom_studio.services.harness import HarnessRun, HarnessRuns
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom.safety.grants import Grant
    from loom.types.approvals import ApprovalRequest, Decision

QUIET_MS = 250
AGAIN_MS = 2_000
AFTER_A_FAULT_MS = 30_000


class HarnessCall(NamedTuple):
    """A call of a harness run that waits."""

    run: HarnessRun
    request: ApprovalRequest

    @property
    def title(self) -> str:
        """Whose it is, for people."""
        return tr("Harness run: {run}", run=self.run.title)


class HarnessGrant(NamedTuple):
    """What was allowed for the whole of a harness run."""

    run: HarnessRun
    grant: Grant


Waiting: TypeAlias = "tuple[tuple[HarnessCall, ...], tuple[HarnessRun, ...], tuple[HarnessGrant, ...]]"


class HarnessWaits(QObject):
    """Looks when the journal was written to, by whomever; in turns only while a run is at work, or on a database.

    `changed` says that something waits now, or no longer.
    """

    changed = Signal()
    moved = Signal()
    """The runs are kept in another journal now."""

    def __init__(self, service: HarnessRuns, complain: Callable[[str], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.calls: tuple[HarnessCall, ...] = ()
        self.contracts: tuple[HarnessRun, ...] = ()
        """The runs whose next contract waits for approval."""
        self.grants: tuple[HarnessGrant, ...] = ()
        self.service = service
        service.moved = self._on_moved
        self._tasks = TaskOwner(complain)
        self._watcher: QFileSystemWatcher | None = None
        self._is_looking = self._is_stale = self._is_closed = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.look)

    def look(self) -> None:
        """See what waits now; the first time, begin to watch."""
        if self._is_closed:
            return
        if self._is_looking:
            self._is_stale = True
            return
        self._is_looking = True
        self._soon.stop()
        self._tasks.start(self._look(), what="see what the harness runs wait for")

    def _on_moved(self) -> None:
        self.look()
        self.moved.emit()

    async def deny(self, call: HarnessCall, decision: Decision) -> None:
        """Refuse a call, unless it was answered meanwhile. Raises StoreError."""
        with suppress(ApprovalError):
            await self.service.decide(call.run, call.request, decision)
        self.look()

    async def revoke(self, held: HarnessGrant) -> None:
        """Take back what was allowed for a run. Raises ApprovalError, StoreError."""
        await self.service.revoke(held.run, held.grant.id)
        self.look()

    async def aclose(self) -> None:
        """Look no more."""
        self._is_closed = True
        self._soon.stop()
        if self._watcher is not None:
            # Destroyed here and now: left to the collector it might die on another thread, and Qt with it.
            shiboken6.delete(self._watcher)
            self._watcher = None
        await self._tasks.aclose()

    async def _look(self) -> None:
        self._is_stale, again_ms = False, 0
        try:
            runs = [run for run in await self.service.runs() if run.is_running]
            found = await self._found(runs)
            if found != (self.calls, self.contracts, self.grants):
                self.calls, self.contracts, self.grants = found
                self.changed.emit()
            if self.service.is_shared or any(_may_wait(run) for run in runs):
                again_ms = AGAIN_MS
        except LoomError:  # the Sprints tab says what is wrong with the journal
            again_ms = AFTER_A_FAULT_MS
        finally:
            self._is_looking = False
        if not self.service.is_on_database:
            with suppress(OSError):  # what can't be made is not written to either
                await in_thread(partial(self.service.path.parent.mkdir, parents=True, exist_ok=True, mode=0o700))
            self._watch()
        if self._is_closed:
            return
        if self._is_stale:
            self._soon.start(QUIET_MS)
        elif again_ms and not self._soon.isActive():
            self._soon.start(again_ms)

    async def _found(self, runs: list[HarnessRun]) -> Waiting:
        calls: list[HarnessCall] = []
        grants: list[HarnessGrant] = []
        for run in runs:
            if run.details.get("asks") == "wait":
                calls += [HarnessCall(run, request) for request in await self.service.approvals(run)]
                grants += [HarnessGrant(run, grant) for grant in await self.service.grants(run)]
        return tuple(calls), tuple(run for run in runs if run.has_open_contract), tuple(grants)

    def _watch(self) -> None:
        """Watch the journal, also one that was removed and made again, or is not there yet."""
        if self._is_closed:
            return
        if self._watcher is None:
            self._watcher = QFileSystemWatcher(self)
            self._watcher.fileChanged.connect(self._on_written)
            self._watcher.directoryChanged.connect(self._on_written)
        journal = self.service.path.with_name(f"{self.service.path.name}-wal")
        known = {*self._watcher.files(), *self._watcher.directories()}
        for path in (str(journal), str(journal.parent)):
            if path not in known:
                self._watcher.addPath(path)

    def _on_written(self, _path: str) -> None:
        if not self._is_closed and (not self._soon.isActive() or self._soon.remainingTime() > QUIET_MS):
            self._soon.start(QUIET_MS)


def _may_wait(run: HarnessRun) -> bool:
    return run.details.get("asks") == "wait" or bool(run.details.get("approve_contract"))
