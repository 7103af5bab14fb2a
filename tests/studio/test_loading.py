"""No class of Qt's is made in a thread, however a module comes to be imported: that ended the program."""

import os
import subprocess
import sys
from pathlib import Path

PROBE = """
import importlib._bootstrap as bootstrap, sys, threading
threaded = []
load = bootstrap._load_unlocked
def noted(spec):
    if threading.current_thread() is not threading.main_thread():
        threaded.append(spec.name)
    return load(spec)
bootstrap._load_unlocked = noted
from loom_studio import app
from PySide6.QtCore import QObject
settle = app._settle
async def then_all(window, options, painted):
    await settle(window, options, painted)
    window.dialogs.open_settings()
    from loom_studio.dialogs.settings import PAGES
    for entry in PAGES:
        await window.dialogs.settings.page(entry.title)
    await window.agents.edit(None)
    names = [name for name in threaded if name in sys.modules]
    assert "loom.agent" in names, "this looks at what threads import"
    def made(name):
        kinds = [each for each in vars(sys.modules[name]).values() if isinstance(each, type(QObject))]
        return any(each.__module__ == name or each.__module__.startswith("PySide6") for each in kinds)
    print([name for name in names if made(name)], flush=True)
    import os
    os._exit(0)
app._settle = then_all
from loom_studio.__main__ import main
sys.argv = ["loom-studio", *sys.argv[1:]]
main()
"""


def test_modules_with_classes_of_qt_are_imported_on_the_loop(tmp_path: Path) -> None:
    """Tabs, Welcome, every page of the settings, the editor."""
    command = [sys.executable, "-c", PROBE, "--data-dir", str(tmp_path / "data"), "--workspace", str(tmp_path)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=150, env=environment)
    assert ran.stdout == "[]\n", ran.stdout + ran.stderr[-2000:]
