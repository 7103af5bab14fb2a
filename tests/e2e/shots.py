"""Pictures of every screen, in both themes; some of them are the README's and the manual's.

The README's shows a real answer of the local model.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from loom_studio.language import ENGLISH, LANGUAGES
from tests.e2e.scenes import walk_all

ROOT = Path(__file__).parent.parent.parent
SHOTS = ROOT / "shots"
MANUAL_PICTURES = ROOT / "resources" / "help" / "pictures"
MANUAL_WIDTH_PX = 660
IN_THE_MANUAL = {
    "window.png": "chat",
    "approval.png": "approval",
    "context.png": "tab-context",
    "sprints.png": "tab-sprints",
    "trace.png": "tab-trace",
}
README_PICTURE = ROOT / "resources" / "screenshots" / "studio.png"


def main() -> int:
    """Take the pictures; the first failure ends it with its exit code."""
    SHOTS.mkdir(exist_ok=True)
    for theme in ("light", "dark"):
        with tempfile.TemporaryDirectory() as data:
            picture = SHOTS / f"chat-{theme}.png"
            command = [sys.executable, "-m", "loom_studio", "--theme", theme, "--data-dir", data]
            done = subprocess.run([*command, "--offscreen-demo", str(picture)], env=dict(os.environ), check=False)
            if done.returncode != 0:
                return done.returncode
    README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(SHOTS / "chat-light.png", README_PICTURE)
    failed = walk_all(SHOTS)
    if not failed:
        for language in LANGUAGES:
            illustrate(language)
    return failed


def illustrate(language: str) -> None:
    """Put the manual's pictures of a language where it finds them."""
    of_language = "" if language == ENGLISH else f"-{language}"
    folder = MANUAL_PICTURES / of_language[1:]
    folder.mkdir(parents=True, exist_ok=True)
    for name, scene in IN_THE_MANUAL.items():
        picture = QImage(str(SHOTS / f"{scene}-light-wide{of_language}.png"))
        smooth = Qt.TransformationMode.SmoothTransformation
        picture.scaledToWidth(MANUAL_WIDTH_PX, smooth).save(str(folder / name))


if __name__ == "__main__":
    sys.exit(main())
