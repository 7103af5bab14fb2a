"""Switch off PySide's features: the choices of `from __feature__ import …`, of names in snake case and the like.

For their sake PySide looks at every import statement of the process, and for its own name in the whole source of
whatever was imported. The Studio chooses none; without that a start is a tenth shorter, and so is what imports a
provider's SDK later.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from typing import Any, cast


def switch_off() -> None:
    """From now on to choose one is an ImportError; a PySide that looks at imports in another way is left as it is."""
    importlib.import_module("PySide6.QtCore")  # it puts its own import in the place of the one before
    before = getattr(builtins, "__orig_import__", None)
    if before is not None:
        builtins.__import__ = before
        cast("dict[str, Any]", sys.modules)["__feature__"] = None
