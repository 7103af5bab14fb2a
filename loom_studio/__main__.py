"""`loom-studio`: flags, and whether there is a display, before anything else is loaded."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence

from loom import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the Studio; returns its exit code, 2 where there is no display."""
    parser = argparse.ArgumentParser(prog="loom-studio", description="A desktop studio for AI agents.")
    parser.add_argument("--version", action="version", version=f"loom-studio {__version__}")
    parser.add_argument("folder", metavar="DIR", nargs="?", help="the folder that tools work in, as --workspace")
    parser.add_argument(
        "--workspace", metavar="DIR", help="the folder that tools work in (the one in which this is started)"
    )
    parser.add_argument("--agent", metavar="FILE", help="an agent file (TOML) to start with")
    parser.add_argument("--session", metavar="ID", help="a session to open (its id, or how that begins)")
    parser.add_argument("--data-dir", metavar="DIR", help="where agents and settings are kept")
    parser.add_argument(
        "--tour", action="store_true", help="show what the Studio does, on a script in a scratch folder"
    )
    parser.add_argument(
        "--safe-mode",
        action="store_true",
        help="run nothing of plugins, hooks and MCP servers; calls that a hook would have judged are asked about",
    )
    parser.add_argument("--theme", choices=("system", "light", "dark"))
    parser.add_argument("--language", choices=("system", "en", "zh_CN"), help="the language of the window")
    parser.add_argument("--offscreen-demo", metavar="OUT.png", help="one prompt without a screen; saves a picture")
    options = parser.parse_args(arguments)
    if options.offscreen_demo:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        # That platform says again and again what it does not support, between the lines of the conversation.
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
    elif not _has_display():
        print(
            "loom-studio: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can be shown. "
            "To see it work without one: loom-studio --offscreen-demo picture.png",
            file=sys.stderr,
        )
        return 2
    # Nothing that starting makes is garbage; the loop collects once it runs (loom_studio/garbage.py).
    gc.disable()
    from loom_studio import qt_features

    qt_features.install()
    from loom_studio.app import start

    return start(options)


def _has_display() -> bool:
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal", "vnc"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
