"""The bundle's `loom`: the command line, or, as a child of itself, one of our own modules (`-m loom.…`)."""

import multiprocessing
import runpy
import sys


def start() -> int:
    """What the command line asks for."""
    if len(sys.argv) > 2 and sys.argv[1] == "-m" and sys.argv[2].partition(".")[0] == "loom":
        module = sys.argv[2]
        sys.argv = [module, *sys.argv[3:]]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0
    from loom.cli import main

    return main()


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(start())
