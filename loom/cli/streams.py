"""Standard input and output, whatever they are: closed, in another encoding, or with somebody who presses Ctrl+C."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Callable
from typing import Any, cast

LOOK_EVERY_S = 0.1


def mend_streams() -> None:
    """Have all three streams, of which none fails because of a character."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # whoever started us closed it
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123  until the program ends
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            cast("io.TextIOWrapper[Any]", stream).reconfigure(errors=errors)


def is_unicode() -> bool:
    """True if standard output can say everything."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def close_output() -> None:
    """Write nothing any more: what standard output leads to takes no more."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  until the program ends


def next_line(is_over: Callable[[], bool]) -> str:
    """The next line that the person types; blocks. Raises EOFError at the end, and once `is_over` says so."""
    while sys.platform != "win32" and not select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
        if is_over():
            raise EOFError
    return input()
