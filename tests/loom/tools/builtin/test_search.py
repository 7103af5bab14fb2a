"""glob and grep: the same answers with ripgrep and without, in a bounded time."""

import asyncio
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from loom.errors import ToolExecutionError
from loom.threads import in_thread
from loom.tools.builtin import search, workspace_tools

FILES = {
    "a.py": b"def foo()\n    pass\nFOO\n",
    "b.ts": b"foo\n",
    "sub/c.py": b"x = 'foo'\n",
    "sub/.gitignore": b"!keep.log\nno.py\n",
    "sub/no.py": b"foo\n",
    "sub/keep.log": b"foo\n",
    ".hidden/d.py": b"foo\n",
    ".git/config": b"foo\n",
    "node_modules/m.py": b"foo\n",
    "ignored/i.py": b"foo\n",
    "also/l.py": b"foo\n",
    ".gitignore": b"ignored/\n*.log\n",
    ".loomignore": b"also/\n",
    "crlf.txt": b"foo\r\nbar foo\r\n",
    "feeds.txt": "l1\x0cl1b\nl2\u2028l2b\nneedle foo\n".encode(),
    "latin.txt": b"foo caf\xe9\n",
    "marked.txt": b"\xef\xbb\xbffoo\n",
    "binary": b"foo\0bar\n",
    "late": b"foo\n" + b"x\n" * 9000 + b"\0",
    "long.txt": b"y" * 1000 + b"foo" + b"z" * 1000 + b"\n",
    "we ird:1:.txt": b"foo\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        file = tmp_path / "work" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (tmp_path / "work" / "link.py").symlink_to("a.py")
    return tmp_path / "work"


def tools(root: Path) -> dict[str, Any]:
    return {spec.name: spec for spec in workspace_tools(root, ["files", "search"])}


async def found(root: Path, **given: Any) -> set[str]:
    """The path and number of each line that is found."""
    return {":".join(line.rsplit(":", 2)[:2]) for line in (await tools(root)["grep"](**given)).split("\n")}


PLAIN = {"a.py:1", "b.ts:1", "sub/c.py:1", "sub/keep.log:1", ".hidden/d.py:1", "crlf.txt:1", "crlf.txt:2"} | {
    *("feeds.txt:3", "latin.txt:1", "marked.txt:1", "late:1", "long.txt:1", "we ird:1:.txt:1")
}
EXPECTED: list[tuple[str, set[str]]] = [
    ("foo", PLAIN),
    (r"(f)(o)\2", PLAIN),  # ripgrep alone can't do these
    (r"(?P<n>o)(?P=n)", PLAIN),
    ("(?i)FOO", PLAIN | {"a.py:3"}),
    ("^foo", {"b.ts:1", "sub/keep.log:1", ".hidden/d.py:1", "crlf.txt:1", "latin.txt:1", "marked.txt:1", "late:1"}
     | {"we ird:1:.txt:1"}),
    (r"(?<=x = ')foo", {"sub/c.py:1"}),
    (r"foo\Z", PLAIN - {"a.py:1", "sub/c.py:1", "latin.txt:1", "long.txt:1"}),
    ("bar foo$", {"crlf.txt:2"}),
    ("caf.$", {"latin.txt:1"}),
    ("l2.l2b", {"feeds.txt:2"}),
    (r"\bl1b", {"feeds.txt:1"}),
    ("[a&&p]ass", {"a.py:2"}),  # a set of three letters; to ripgrep, of none
    (r"(?x) b a r", {"crlf.txt:2"}),
]  # fmt: skip


@pytest.mark.parametrize("has_ripgrep", [False, True])
@pytest.mark.parametrize(("pattern", "expected"), EXPECTED, ids=[pattern for pattern, _ in EXPECTED])
async def test_what_is_found_does_not_depend_on_ripgrep(
    root: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, expected: set[str], has_ripgrep: bool
) -> None:
    if has_ripgrep and shutil.which("rg") is None:
        pytest.skip("needs ripgrep")
    if not has_ripgrep:
        monkeypatch.setattr("shutil.which", lambda _name: None)
    assert await found(root, pattern=pattern) == expected


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*.py", {"a.py:1", "sub/c.py:1", ".hidden/d.py:1"}),
        ("*.{py,ts}", {"a.py:1", "b.ts:1", "sub/c.py:1", ".hidden/d.py:1"}),
        ("./a.{p{y,x},ts}", {"a.py:1"}),
        ("sub/*.py", {"sub/c.py:1"}),
        ("!*.{py,txt,log}", {"b.ts:1", "late:1"}),
    ],
)
async def test_only_files_that_a_glob_is_about_are_searched(root: Path, glob: str, expected: set[str]) -> None:
    assert await found(root, pattern="foo", glob=glob) == expected
    listed = set((await in_thread(tools(root)["glob"], glob)).splitlines())
    assert {line.rpartition(":")[0] for line in expected} <= listed


async def test_lines_are_counted_as_read_file_counts_them(root: Path) -> None:
    line = await tools(root)["grep"]("needle")
    assert line == "feeds.txt:3:needle foo"
    assert "     3\tneedle foo" in await in_thread(tools(root)["read_file"], "feeds.txt")


async def test_a_long_line_is_cut_around_what_matches(root: Path) -> None:
    line = await tools(root)["grep"]("yfooz", "long.txt")
    assert "yfooz" in line
    assert line.startswith("long.txt:1:[…] y")
    assert line.endswith("z [… line cut]")
    assert len(line) < 500


async def test_a_place_that_there_is_not_is_told(root: Path) -> None:
    with pytest.raises(ToolExecutionError, match=r"There is no file 'b\.tx'; did you mean 'b\.ts'"):
        await tools(root)["grep"]("foo", "b.tx")


async def test_a_pattern_that_never_ends_is_stopped_and_holds_nobody_up(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "GREP_TIMEOUT_S", 4.0)
    monkeypatch.setattr("shutil.which", lambda _name: None)  # ripgrep knows no such patterns
    (root / "z.txt").write_text("a" * 40 + "b\n")
    searching = asyncio.ensure_future(tools(root)["grep"]("foo|(a+)+$"))
    worst, last = 0.0, time.thread_time()
    while not searching.done():
        await asyncio.sleep(0.01)
        worst, last = max(worst, time.thread_time() - last), time.thread_time()
    said = searching.result().splitlines()
    assert said[-1].startswith("[stopped after 4 s")
    assert "b.ts:1:foo" in said  # what was found until then is there
    assert worst < 0.5


@pytest.mark.parametrize("glob", ["*a" * 20, "**/" * 9 + "x", "{a,b}" * 9])
async def test_a_glob_that_would_take_for_ever_is_refused(root: Path, glob: str) -> None:
    with pytest.raises(ToolExecutionError, match="is not a glob"):
        await in_thread(tools(root)["glob"], glob)
    with pytest.raises(ToolExecutionError, match="is not a glob"):
        await tools(root)["grep"]("foo", ".", glob)


async def test_nothing_of_the_workspace_is_imported_by_a_search(root: Path) -> None:
    (root / "json.py").write_text("raise SystemExit(9)  # foo")
    assert "json.py:1" in await found(root, pattern="foo")
