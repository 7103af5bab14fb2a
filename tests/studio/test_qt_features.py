"""What is imported is not read through for PySide's name, and PySide's features still stay where they were chosen."""

import subprocess
import sys
from pathlib import Path

PROBE = """
import inspect, sys
from loom_studio import qt_features
qt_features.install()
read = []
inspect.getsource = lambda module: read.append(module) or ""
sys.path.insert(0, {folder!r})
import plain, chooses, uses, proxied
assert not read, read
from PySide6.QtCore import QObject
assert chooses.name() == "snake", "a module that chose a feature has it"
assert uses.name() == "camel", "one that did not has none"
assert uses.holds and not plain.holds
QObject().objectName()
print("done")
"""
PLAIN = "import json, sys\nfrom loom_studio.qt_features import holds_qt\nholds = holds_qt(sys.modules[__name__])\n"
CHOOSES = """
from PySide6.QtCore import QObject
from __feature__ import snake_case
def name():
    QObject().object_name()
    return "snake"
"""
USES = (
    "from PySide6.QtCore import QObject\n" + PLAIN + ("def name():\n    QObject().objectName()\n    return 'camel'\n")
)
PROXIED = """
class Proxy:
    @property
    def __class__(self):
        raise RuntimeError("asked for its class")
    def __getattr__(self, name):
        raise RuntimeError(name)
proxy = Proxy()
"""


def test_modules_are_not_read_and_features_stay_apart(tmp_path: Path) -> None:
    """A module's names tell whether it uses PySide; stand-ins in it are not asked."""
    for name, text in (("plain", PLAIN), ("chooses", CHOOSES), ("uses", USES), ("proxied", PROXIED)):
        (tmp_path / f"{name}.py").write_text(text)
    program = PROBE.format(folder=str(tmp_path))
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert ran.stdout == "done\n", ran.stderr
