"""Agent files of a harness run that must ask before it writes, and of a judge that passes nothing."""

from pathlib import Path

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
