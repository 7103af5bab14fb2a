"""The bundle's `loom-studio`: the window, or, as a child of itself, one of our own modules (`-m loom.…`)."""

import multiprocessing
import runpy
import sys

OWN = ("loom", "loom_studio")


def start() -> int:
    """What the command line asks for; a bundle has no Python that could run a module."""
    if len(sys.argv) > 2 and sys.argv[1] == "-m" and sys.argv[2].partition(".")[0] in OWN:
        module = sys.argv[2]
        sys.argv = [module, *sys.argv[3:]]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0
    from loom_studio.__main__ import main

    return main()


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(start())
