"""No import is looked at for PySide's features, and Qt's names stay as everybody here writes them."""

import subprocess
import sys

PROBE = """
import builtins
from loom_studio import qt_features
qt_features.switch_off()
import inspect
inspect.getsource = lambda module: exit(f"{module} was read")
import json.tool, wave
from PySide6.QtCore import QObject
assert builtins.__import__ is not builtins.__feature_import__
assert QObject().objectName() == ""
try:
    from __feature__ import snake_case
except ImportError:
    print("done")
"""


def test_nothing_looks_at_imports_and_no_feature_can_be_chosen() -> None:
    ran = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False, timeout=150)
    assert ran.stdout == "done\n", ran.stderr
