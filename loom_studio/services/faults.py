"""Faults of the program itself: each becomes a notice with a report that a person can pass on, and the window lives.

There is one way for all of them: what raises is logged, with its traceback, and a handler on the log makes notices.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QObject, Signal, qVersion

from loom import __version__
from loom_studio import runtime_words
from loom_studio.overriding import override
from loom_studio.texts import marked, tr

log = logging.getLogger(__name__)

MOST_LINES = 60
MOST_FAULTS = 20
LAG_LOGGER = "loom_studio.lag"
LONG_S = 1.0
"""A window that does not answer for so long is a notice; shorter pauses are in the report of the next one."""
HIDDEN = "«hidden»"
SECRET_NAMES = ("KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH", "COOKIE")
SHORTEST_SECRET = 6
_IN_ADDRESS = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
_FORMAT = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")


class Fault(NamedTuple):
    """What went wrong: in a sentence, in full, and how many times by now. `is_lag`: the window did not answer.

    `shown` is the sentence in the person's language; the other one, in English, is for the report.
    """

    sentence: str
    details: str
    times: int = 1
    is_lag: bool = False
    shown: str = ""


class FaultLog(QObject):
    """Hears of every exception that nobody caught, of every error that is logged with one, and of a window that hangs.

    `found` is said, on the thread of this object, with the fault; one that is known comes again with a higher count.
    """

    found = Signal(object)
    _noted = Signal(object)

    def __init__(self, parent: QObject | None = None, secrets: Callable[[], Iterable[str]] = tuple) -> None:
        super().__init__(parent)
        self._secrets = secrets
        self.faults: list[Fault] = []
        self.is_settled = True
        """False during a start, in which a window may take its time to answer."""
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._handler = _Handler(self._on_record)
        self._before: list[tuple[Any, str, Any]] = []
        # A fault may be of any thread: by way of the signal it is taken in on this one.
        self._noted.connect(self._take)

    def install(self) -> None:
        """Listen, until `remove`."""
        root = logging.getLogger()
        if not root.handlers:  # with a handler of ours the log would no longer go to the terminal
            root.addHandler(logging.StreamHandler())
        root.addHandler(self._handler)
        for owner, name, hook in (
            (sys, "excepthook", self._on_exception),
            (sys, "unraisablehook", self._on_unraisable),
            (threading, "excepthook", self._on_thread),
        ):
            self._before.append((owner, name, getattr(owner, name)))
            setattr(owner, name, hook)

    def remove(self) -> None:
        """Listen no longer; the hooks are as they were."""
        logging.getLogger().removeHandler(self._handler)
        for owner, name, hook in reversed(self._before):
            setattr(owner, name, hook)
        self._before.clear()

    def on_loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The exception handler of an event loop."""
        error = context.get("exception")
        said = str(context.get("message") or marked("An error in the event loop"))
        if isinstance(error, BaseException):
            log.error("%s", said, exc_info=error)
        else:
            log.error("%s: %s", said, {name: value for name, value in context.items() if name != "message"})

    def report(self, fault: Fault) -> str:
        """All that helps to mend a fault, without secrets and names of folders."""
        lines = "\n".join(self._lines)
        text = (
            f"{fault.sentence}\n\n{versions()}\nTimes: {fault.times}\n\n{fault.details}\n\n"
            f"The log before it:\n{lines or 'nothing'}\n"
        )
        return without_secrets(text, self._secrets())

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, (KeyboardInterrupt, SystemExit)):
            sys.__excepthook__(kind, error, trace)
            return
        log.error(marked("An error that nobody caught"), exc_info=(kind, error, trace))

    def _on_unraisable(self, args: Any) -> None:
        error = args.exc_value
        trace = (args.exc_type, error, args.exc_traceback) if error is not None else None
        log.error("%s: %r", args.err_msg or marked("An error where none can be raised"), args.object, exc_info=trace)

    def _on_thread(self, args: Any) -> None:
        if args.exc_type is SystemExit or args.exc_value is None:
            return
        name = args.thread.name if args.thread is not None else "that has ended"
        log.error(
            marked("The thread %s ended with an error"),
            name,
            exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
        )

    def _on_record(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        self._lines.append(_FORMAT.formatTime(record, "%H:%M:%S") + f" {record.levelname} {record.name}: {said}")
        if record.name == LAG_LOGGER:
            late_s = record.args[0] if isinstance(record.args, tuple) and record.args else 0.0
            if isinstance(late_s, float) and late_s >= LONG_S and self.is_settled:
                first, _, rest = said.partition("\n")
                shown = tr("The window did not answer for {seconds:.2f} s.", seconds=late_s)
                self._noted.emit(Fault(first.removesuffix(" It was in:"), rest, is_lag=True, shown=shown))
        elif record.levelno >= logging.ERROR and (record.exc_info or record.name == __name__):
            self._noted.emit(_fault(record, said))

    def _take(self, fault: Fault) -> None:
        sentence, details, shown = (
            without_secrets(each, self._secrets()) for each in (fault.sentence, fault.details, fault.shown)
        )
        fault = fault._replace(sentence=sentence, details=details, shown=shown or sentence)
        known = next((each for each in self.faults if _is_same(each, fault)), None)
        if known is not None:
            self.faults.remove(known)
            fault = fault._replace(times=known.times + 1)
        self.faults = [*self.faults[1 - MOST_FAULTS :], fault]
        self.found.emit(fault)


class _Handler(logging.Handler):
    def __init__(self, tell: Callable[[logging.LogRecord], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    @override
    def emit(self, record: logging.LogRecord) -> None:
        with suppress(RuntimeError):  # the window is gone already, and with it who is told
            self._tell(record)


def _fault(record: logging.LogRecord, said: str) -> Fault:
    info = record.exc_info
    if not isinstance(info, tuple) or info[1] is None:
        return Fault(said.split("\n", 1)[0], said, shown=_in_words(record).split("\n", 1)[0])
    kind = type(info[1]).__name__
    words = str(info[1]).split("\n", 1)[0]
    error, told = (f"{kind}: {each}" if each else kind for each in (words, runtime_words.said(words)))
    details = "".join(traceback.format_exception(*info)).rstrip()
    return Fault(f"{said}: {error}", details, shown=tr("{what}: {error}", what=_in_words(record), error=told))


def _in_words(record: logging.LogRecord) -> str:
    """What a record says, in the person's language where it is one of ours."""
    if not isinstance(record.args, tuple) or not record.args:
        return tr(record.getMessage())
    return tr(str(record.msg)) % tuple(tr(each) if isinstance(each, str) else each for each in record.args)


def _is_same(one: Fault, other: Fault) -> bool:
    if one.is_lag and other.is_lag:
        return one.details == other.details
    return (one.sentence, one.details) == (other.sentence, other.details)


def versions() -> str:
    """What runs here: the versions that a fault may depend on."""
    import platform  # a window is shown without it

    return (
        f"Loom Studio {__version__}, Python {platform.python_version()}, Qt {qVersion()}, PySide {pyside_version}\n"
        f"{platform.system()} {platform.release()}, {platform.machine()}"
    )


def without_secrets(text: str, known: Iterable[str] = ()) -> str:
    """`text` without keys, the values of secret variables, `known` secrets, the person's home folder and their name."""
    from loom.safety.redaction import redact

    text = redact(text)
    for secret in sorted({*known, *_secret_variables()}, key=len, reverse=True):  # one may be a part of another
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    home = str(Path.home())
    if len(home) > 1:
        text = text.replace(home, "~")
    user = Path(home).name
    return re.sub(rf"\b{re.escape(user)}\b", "«user»", text) if len(user) > 2 and user != "root" else text


def _secret_variables() -> Iterator[str]:
    for name, value in os.environ.items():
        if any(part in name.upper() for part in SECRET_NAMES):
            yield value
        yield from _IN_ADDRESS.findall(value)
