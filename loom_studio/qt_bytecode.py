"""Keep the bytecode of the Python that PySide carries in its library as text, as Python keeps that of modules in files.

PySide compiles a dozen modules of its own whenever it is imported, which took a sixth of a start.
"""

from __future__ import annotations  # PySide compiles with this in force, and `compile` takes that from who calls it

import builtins
import marshal
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from types import CodeType
from typing import Any

FILE = Path(cache_from_source(str(Path(__file__).with_name("pyside.py")))).with_suffix(".bytecode")
"""Beside the bytecode of this package, and trusted as that is."""
UNUSED = "shibokensupport/signature/lib/pyi_generator.py"
"""It writes stubs for type checkers, and takes as long to import as all the others."""

_Code = dict[str, tuple[bytes, CodeType]]
"""By the name of its file: the hash of the text, and what it was compiled to."""


@contextmanager
def kept() -> Generator[None]:
    """While PySide is imported in this, take what it compiles from the last time, and keep what is new.

    Nothing is kept where Python keeps no bytecode. Code is taken for exactly the text that it was made of.
    """
    usual: Callable[..., Any] = builtins.compile
    known = _read()
    is_new = False

    def compiled(source: Any, filename: Any, mode: str, *args: Any, **options: Any) -> Any:
        nonlocal is_new
        if args or options or mode != "exec" or not isinstance(source, bytes) or not isinstance(filename, str):
            return usual(source, filename, mode, *args, **options)
        if filename == UNUSED:
            return usual("", filename, mode)
        text = source_hash(source)
        if filename not in known or known[filename][0] != text:
            known[filename], is_new = (text, usual(source, filename, mode)), True
        return known[filename][1]

    builtins.compile = compiled
    try:
        yield
    finally:
        builtins.compile = usual
    if is_new and not sys.dont_write_bytecode:
        _write(known)


def _read() -> _Code:
    """What was kept; empty where that is another Python's, or damaged."""
    with suppress(OSError, ValueError, EOFError, TypeError):
        kept = FILE.read_bytes()
        if kept.startswith(MAGIC_NUMBER):
            return marshal.loads(kept[len(MAGIC_NUMBER) :])  # noqa: S302
    return {}


def _write(code: _Code) -> None:
    """Put a file in the place of the one before, whole or not at all."""
    unfinished = FILE.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        unfinished.write_bytes(MAGIC_NUMBER + marshal.dumps(code))
        unfinished.replace(FILE)
