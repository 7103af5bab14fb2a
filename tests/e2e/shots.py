"""Pictures of the window with a real answer of the local model, in both themes; one of them is the README's."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SHOTS = ROOT / "shots"
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
