"""Keep the bytecode of the Python that PySide carries in its library as text, as Python keeps that of modules in files.

PySide compiles a dozen modules of its own whenever it is imported, which took a sixth of a start.
"""

from __future__ import annotations  # PySide compiles with this in force, and `compile` takes that from who calls it

import builtins
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from importlib.util import cache_from_source, source_hash
from pathlib import Path
from types import CodeType
from typing import Any

from loom_studio.overriding import override

FOLDER = Path(cache_from_source(__file__)).with_name("pyside")
"""Beside the bytecode of this package, and trusted as that is."""
UNUSED = "shibokensupport/signature/lib/pyi_generator.py"
"""It writes stubs for type checkers, and takes as long to import as all the others."""

_usual: Callable[..., Any] = builtins.compile


@contextmanager
def kept() -> Generator[None]:
    """While PySide is imported in this, what it compiles is taken from the last time.

    Nothing is kept where Python keeps no bytecode.
    """
    builtins.compile = _compiled
    try:
        yield
    finally:
        builtins.compile = _usual


class _Loader(SourceFileLoader):
    """Compiles a text of PySide's as PySide would."""

    @override
    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:
        return _usual(data, self.name, "exec")


def _compiled(source: Any, filename: Any, mode: str, *args: Any, **options: Any) -> Any:
    if args or options or mode != "exec" or not isinstance(source, bytes) or not isinstance(filename, str):
        return _usual(source, filename, mode, *args, **options)
    if filename == UNUSED:
        return _usual("", filename, mode)
    file = FOLDER / f"{Path(filename).stem}-{source_hash(source).hex()}.text"
    try:
        if not file.exists() or file.read_bytes() != source:
            if sys.dont_write_bytecode:
                return _usual(source, filename, mode)
            _write(file, source)
        return _Loader(filename, str(file)).get_code(filename)
    except (OSError, ImportError, EOFError, TypeError, ValueError):  # what is kept is damaged, or can't be written
        return _usual(source, filename, mode)


def _write(file: Path, source: bytes) -> None:
    """Have a file there, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(source)
    unfinished.replace(file)
