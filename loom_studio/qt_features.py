"""Spare PySide the reading of every module's source.

After each import PySide looks for its own name in the whole source of what was imported, to know whether a choice made
by `from __feature__ import …` elsewhere could concern it. That is a tenth of the start, and more once provider SDKs are
imported. The names that a module holds tell the same.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

_OWN = "loom_studio"
_WITHOUT = frozenset({"loom", *sys.stdlib_module_names})
"""Packages that have nothing of Qt."""


def install() -> None:
    """From now on look at names; where PySide has no such look-up, nothing is changed."""
    importlib.import_module("PySide6.QtCore")  # it brings the module below
    features = sys.modules.get("shibokensupport.feature")
    if hasattr(features, "_mod_uses_pyside"):
        features._mod_uses_pyside = holds_qt  # type: ignore[union-attr]  # noqa: SLF001  there is no public way


def holds_qt(module: ModuleType) -> bool:
    """Whether a module is ours, or holds a module or a class of PySide."""
    package = module.__name__.partition(".")[0]
    if package == _OWN:
        return True
    if package in _WITHOUT:
        return False
    return any(map(_is_qt, tuple(vars(module).values())))


def _is_qt(value: object) -> bool:
    # By its type alone: some modules hold stand-ins that import, or fail, when they are asked for anything.
    kind = type(value)
    if kind is ModuleType:
        return vars(value).get("__name__", "").startswith(("PySide6", "shiboken6"))
    return getattr(kind, "__module__", "") == "Shiboken"
