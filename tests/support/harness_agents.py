"""Agent files of a harness run that must ask before it writes, and of a judge that passes nothing."""

import asyncio
import os
import sys
from pathlib import Path

CLI = "from loom.cli import main; raise SystemExit(main())"
WRITER = """
name = "Gen"
capabilities = ["edit"]
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = [
    { tool = "write_file", arguments = { path = "it.txt", content = "one" } }, "a",
    { tool = "write_file", arguments = { path = "it.txt", content = "two" } }, "b",
    { tool = "write_file", arguments = { path = "other.txt", content = "three" } }, "c",
]
"""
"""Writes one file in two sprints, and another in the third."""
STERN_JUDGE = """
name = "Judge"
[model]
provider = "scripted"
name = "s"
[model.extensions]
loop = true
turns = ["- It is there", "FAIL\\n1. FAIL: no"]
"""


def agents_in(folder: Path) -> None:
    """Put both into a folder, as gen.toml and judge.toml, with a folder `work` beside them."""
    (folder / "gen.toml").write_text(WRITER)
    (folder / "judge.toml").write_text(STERN_JUDGE)
    (folder / "work").mkdir()


async def harness_process(folder: Path, home: Path, url: str, *options: str) -> asyncio.subprocess.Process:
    """`loom harness run` with these agents, as a process of its own, with the profile `home`."""
    roles = ("--agent", "gen.toml", "--evaluator", "judge.toml", "--workspace", "work", "--max-sprints", "3")
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CLI, "harness", "run", "Write it", *roles, *options),
        cwd=folder,
        env={**os.environ, "LOOM_HOME": str(home), "LOOM_DATABASE_URL": url},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
