"""The event loop of the Studio: asyncio's own queues inside Qt's loop, pumped by one timer under a time budget.

Plain qasync runs timers early, gives handles without `when()`, drops contexts, and costs far more for each callback.
This loop keeps qasync's subprocess and signal support and replaces its scheduling.
"""

# qasync has no types, and a loop works with the private parts of asyncio's handles.
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false, reportUnknownParameterType=false
# pyright: reportIncompatibleMethodOverride=false, reportArgumentType=false, reportImplicitOverride=false
# pyright: reportAttributeAccessIssue=false, reportMissingTypeArgument=false, reportUnusedFunction=false

from __future__ import annotations

import asyncio
import gc
import heapq
import math
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import qasync
from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier, Qt, QTimerEvent, Signal

from loom_studio.garbage import Collector
from loom_studio.overriding import override

BUDGET_S = 0.004
TIMER_SLACK_S = 0.0005
SWITCH_S = 0.0005
"""How long a thread that computes keeps the interpreter when the widgets' thread wants it.

Most calls into Qt let go of it, and each then waits that long to get it back: with Python's 5 ms a paint beside a busy
thread takes 60 ms.
"""


class _Pump(QObject):
    """The Qt side: a zero timer while there is work, a precise timer for the next deadline, a signal from threads."""

    wake = Signal()

    def __init__(self, loop: StudioLoop) -> None:
        super().__init__()
        self._loop = loop
        self._zero = 0
        self._due = 0
        self.due_at: float | None = None
        self.wake.connect(self.run_soon, Qt.ConnectionType.QueuedConnection)

    def run_soon(self) -> None:
        if not self._zero:
            self._zero = self.startTimer(0)

    def rest(self) -> None:
        if self._zero:
            self.killTimer(self._zero)
            self._zero = 0

    def run_at(self, when: float, now: float) -> None:
        if self._due:
            self.killTimer(self._due)
        self.due_at = when
        # Rounded up, so that nothing ever runs early.
        self._due = self.startTimer(max(0, math.ceil((when - now) * 1000)), Qt.TimerType.PreciseTimer)

    def stop(self) -> None:
        self.rest()
        if self._due:
            self.killTimer(self._due)
            self._due = 0

    @override
    def timerEvent(self, event: QTimerEvent) -> None:
        if event.timerId() == self._due:
            self.killTimer(self._due)
            self._due, self.due_at = 0, None
        self._loop.pump()


class StudioLoop(qasync.QEventLoop):
    """A qasync loop with asyncio's ready queue and timer heap."""

    def __init__(self, app: QCoreApplication) -> None:
        self._pump: _Pump | None = None
        super().__init__(app)
        self._collector = Collector()
        self._pump = _Pump(self)
        if self._ready:
            self._pump.run_soon()

    @override
    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Any = None) -> asyncio.Handle:
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        if self._pump is not None:
            self._pump.run_soon()
        return handle

    @override
    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + max(0.0, delay), callback, *args, context=context)

    @override
    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        self._check_closed()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._scheduled, handle)
        handle._scheduled = True
        pump = self._pump
        if pump is not None and (pump.due_at is None or when < pump.due_at):
            pump.run_at(when, self.time())
        return handle

    @override
    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any, context: Any = None) -> asyncio.Handle:
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        if self._pump is not None:
            self._pump.wake.emit()
        return handle

    @override
    def run_forever(self) -> Any:
        """As asyncio does, know of each generator that begins: one that is dropped or left over is closed here."""
        before = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)
        try:
            return super().run_forever()
        finally:
            sys.set_asyncgen_hooks(*before)

    @override
    def close(self) -> None:
        if self._pump is not None:
            self._pump.stop()
        self._collector.close()
        super().close()

    def pump(self) -> None:
        """Run what is ready, for at most 4 ms; Qt's own events come between."""
        if not self.is_running() or self._pump is None:
            return  # Qt also works between two runs of the loop, and tasks are none of its events
        now = self.time()
        end = now + BUDGET_S
        while self._scheduled and (self._scheduled[0]._cancelled or self._scheduled[0]._when <= now + TIMER_SLACK_S):
            timer = heapq.heappop(self._scheduled)
            timer._scheduled = False
            if timer._cancelled:
                self._timer_cancelled_count -= 1
            else:
                self._ready.append(timer)
        while self._ready:
            handle = self._ready.popleft()
            if not handle._cancelled:
                handle._run()
            if self.time() >= end:
                break
        if self._ready:
            self._pump.run_soon()
        else:
            self._pump.rest()
            self._collector.check()
        if self._scheduled and (self._pump.due_at is None or self._scheduled[0]._when < self._pump.due_at):
            self._pump.run_at(self._scheduled[0]._when, self.time())

    if sys.platform != "win32":

        def _notify(
            self, table: dict[int, Any], fd: Any, kind: QSocketNotifier.Type, callback: Callable[..., Any], args: Any
        ) -> asyncio.Handle:
            self._check_closed()
            number = qasync._fileno(fd)
            handle = asyncio.Handle(callback, args, self, None)
            known = table.get(number)
            if known is not None:
                known.handle.cancel()
                known.handle = handle
                known.setEnabled(True)
                return handle
            notifier: Any = QSocketNotifier(number, kind)
            notifier.handle = handle

            def ready(*_: Any) -> None:
                if not notifier.handle._cancelled:
                    notifier.handle._run()

            notifier.ready = ready
            notifier.activated.connect(ready)
            table[number] = notifier
            return handle

        def _forget(self, table: dict[int, Any], fd: Any) -> bool:
            if self.is_closed():
                return False
            notifier = table.pop(qasync._fileno(fd), None)
            if notifier is None:
                return False
            notifier.setEnabled(False)
            notifier.handle.cancel()
            notifier.activated.disconnect()
            notifier.ready = None
            notifier.deleteLater()
            return True

        def _add_reader(self, fd: Any, callback: Callable[..., Any], *args: Any) -> asyncio.Handle:
            return self._notify(self._read_notifiers, fd, QSocketNotifier.Type.Read, callback, args)

        def _add_writer(self, fd: Any, callback: Callable[..., Any], *args: Any) -> asyncio.Handle:
            return self._notify(self._write_notifiers, fd, QSocketNotifier.Type.Write, callback, args)

        def _remove_reader(self, fd: Any) -> bool:
            return self._forget(self._read_notifiers, fd)

        def _remove_writer(self, fd: Any) -> bool:
            return self._forget(self._write_notifiers, fd)


def run(app: QCoreApplication, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run a coroutine to its end on a StudioLoop, tasks and executor cleaned up after it; returns its result."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        with asyncio.Runner(loop_factory=lambda: StudioLoop(app)) as runner:
            return runner.run(main())
    finally:
        sys.setswitchinterval(before)
        gc.collect()  # what is left of Qt's objects dies on this thread, not wherever Python collects next
