"""Standard input and output, whatever they are: closed, in another encoding, or with somebody who presses Ctrl+C."""

from __future__ import annotations

import io
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO, cast

LOOK_EVERY_S = 0.1
PROMPT = "> "
PASTE_AS_TYPED = b"\x1b[?2004l\r\n"
"""Has a terminal send what is pasted without marks around it, as before, and begins a line."""
SHOWN_AS_IT_IS = "\n\t\u200c\u200d"
"""What a terminal gets although it can't be seen: line ends, tabs, and what joins letters or parts of a picture."""


class Terminal:
    """A stream to a terminal, which shows all that could steer it as escapes: most of what we print others wrote."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write `text`; returns how much of it was written, which is all."""
        from loom.safety.odd_text import escaped

        self._stream.write(escaped(text.replace("\r\n", "\n"), SHOWN_AS_IT_IS))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def mend_streams() -> None:
    """Have all three streams, of which none fails because of a character."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # whoever started us closed it
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123  until the program ends
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            cast("io.TextIOWrapper[Any]", stream).reconfigure(errors=errors)


def disarm_terminals() -> None:
    """From now on nothing that is printed at a terminal can steer it: move about, colour, set titles, copy."""
    for name in ("stdout", "stderr"):
        stream: TextIO = getattr(sys, name)
        if stream.isatty() and not isinstance(stream, Terminal):
            setattr(sys, name, Terminal(stream))


def is_unicode() -> bool:
    """True if standard output can say everything."""
    return not isinstance(sys.stdout, Terminal) and (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def read_input() -> str:
    """All of standard input; blocks. Ctrl+C ends the program, also within a coroutine."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return sys.stdin.read()
    finally:
        signal.signal(signal.SIGINT, before)


def say_nothing(sentence: str) -> None:
    """Say on standard error that there is nothing to print; standard output stays empty."""
    print(f"loom: {sentence}", file=sys.stderr)


def close_output() -> None:
    """Write nothing any more: what standard output leads to takes no more."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  until the program ends


def next_line(is_over: Callable[[], bool]) -> str:
    """The next line that the person types; blocks. Raises EOFError at the end, and once `is_over` says so."""
    while sys.platform != "win32" and not select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
        if is_over():
            raise EOFError
    if line := sys.stdin.readline():  # not input(), which may edit lines: this one is there already
        return line.rstrip("\n")
    raise EOFError


class LineEditor:
    """Reads what a person types: with keys that move and recall, and pasted lines as one text, where they are had.

    A console of Windows edits by itself. As a context it leaves the terminal as it was, also from the middle of a line.
    """

    def __init__(self) -> None:
        self._is_here = sys.stdin.isatty() and sys.stdout.isatty()
        self._before: list[Any] | None = None
        self._is_reading = False

    def __enter__(self) -> LineEditor:
        if self._is_here:
            with suppress(ImportError):
                import readline  # noqa: F401  # pyright: ignore[reportUnusedImport]  input() edits lines then
                import termios

                self._before = termios.tcgetattr(sys.stdin)
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_reading and self._before is not None:  # a thread is still in the middle of it
            import termios

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)
            os.write(sys.stdout.fileno(), PASTE_AS_TYPED)

    def line(self) -> str:
        """The next line, or pasted lines; blocks. Raises EOFError at the end."""
        if not self._is_here and sys.stdin.isatty():
            print(PROMPT, end="", file=sys.stderr, flush=True)
        self._is_reading = True
        line = input(PROMPT if self._is_here else "")
        self._is_reading = False
        return line
