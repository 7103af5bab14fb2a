"""`loom-studio`: flags, and whether there is a display, before anything else is loaded."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import socket
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
    elif problem := display_problem():
        print(
            f"loom-studio: there is no display ({problem}), so no window can be shown. "
            "To see it work without one: loom-studio --offscreen-demo picture.png",
            file=sys.stderr,
        )
        return 2
    # Nothing that starting makes is garbage; the loop collects once it runs (loom_studio/garbage.py).
    gc.disable()
    from loom_studio import qt_bytecode, qt_features

    with qt_bytecode.kept():
        qt_features.switch_off()
    from loom_studio.app import start

    return start(options)


def display_problem() -> str:
    """Why no window can be shown; empty where one can. Qt would end the program without a word of use."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal", "vnc"):
        return ""
    if os.environ.get("WAYLAND_DISPLAY"):
        return ""
    display = os.environ.get("DISPLAY", "")
    if not display:
        return "neither DISPLAY nor WAYLAND_DISPLAY is set"
    return "" if _answers(display) else f"none answers at {display}, which DISPLAY names"


def _answers(display: str) -> bool:
    """Whether an X display of this machine takes connections; one of another machine is believed to."""
    host, _, number = display.rpartition(":")
    if host not in ("", "unix"):
        return True
    place = f"/tmp/.X11-unix/X{number.partition('.')[0]}"  # noqa: S108  where X puts it
    for address in (f"\0{place}", place):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked, contextlib.suppress(OSError):
            asked.connect(address)
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
