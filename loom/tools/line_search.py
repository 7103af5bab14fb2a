"""The lines of files that a regular expression matches: the child process `python -m loom.tools.line_search JOB`.

An expression can take for ever, and holds the whole interpreter meanwhile; so a process searches, which can be ended.
Where ripgrep is installed it says which files are worth reading; what matches is told by Python's `re` alone, so that
an answer is the same with it and without.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pathspec

from loom.errors import ToolExecutionError, ToolPermissionError
from loom.ignore import SKIPPED_FOLDERS, IgnoreRules, is_slow
from loom.safety.paths import WorkspacePaths

MOST_LINES = 300
MOST_BYTES = 150_000
LINE_CHARS = 400
CUT = "true"
FILE_LIMIT_BYTES = 10 * 2**20
MOST_ALTERNATIVES = 64
_BRACES = re.compile(r"\{([^{},]*(?:,[^{},]*)+)\}")
_OTHERWISE = re.compile(r"\\[<>]|\(\?[a-zA-Z]*x")
"""What is a pattern to Python and to ripgrep, and means something else."""


class Job(NamedTuple):
    """What is looked for: in `where`, a file or folder of the workspace `root`; `ripgrep` is the program, if any."""

    root: str
    where: str
    pattern: str
    ignore_case: bool = False
    glob: str = ""
    ripgrep: str = ""


class Hit(NamedTuple):
    """A line that matches, counted from 1; `text` is cut around the match where it is long."""

    path: str
    line: int
    text: str


def main(arguments: list[str]) -> int:
    """Print the hits of a job (an array in JSON), each as a line of JSON; after as many as are wanted, `CUT`."""
    size = 0
    for number, hit in enumerate(hits_of(Job(*json.loads(arguments[0])))):
        is_enough = number == MOST_LINES or size > MOST_BYTES
        line = CUT if is_enough else json.dumps(hit)
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        if is_enough:
            break
        size += len(line) + 1
    return 0


def compiled(pattern: str, *, ignore_case: bool) -> tuple[re.Pattern[str], bool]:
    """The expression, and whether ripgrep would find at least what it finds. Raises ToolExecutionError."""
    with warnings.catch_warnings(record=True) as doubts:  # sets within sets, which Python reads as letters
        warnings.simplefilter("always")
        try:
            expression = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
        except (re.error, OverflowError, RecursionError) as error:
            raise ToolExecutionError(f"{pattern!r} is not a regular expression: {error}") from None
    return expression, not doubts and _OTHERWISE.search(pattern) is None


def file_matcher(glob: str) -> Callable[[str], bool]:
    """What says of a path, relative and with slashes, whether a glob is about it; after `!` whether it is not.

    Braces hold alternatives; a name without a slash matches at any depth. Raises ToolExecutionError.
    """
    try:
        patterns = [_anchored(each) for each in _alternatives(glob.removeprefix("!"))]
        spec = pathspec.GitIgnoreSpec.from_lines(patterns)
    except (ValueError, re.error) as error:
        raise ToolExecutionError(f"{glob!r} is not a glob: {error}") from None
    is_wanted = not glob.startswith("!")
    return lambda path: spec.match_file(path) is is_wanted


def hits_of(job: Job) -> Iterator[Hit]:
    """The lines that match, by path and line."""
    paths = WorkspacePaths(Path(job.root))
    expression, is_common = compiled(job.pattern, ignore_case=job.ignore_case)
    where = Path(job.where)
    if not where.is_dir():
        yield from _matches(expression, where, paths, None)
        return
    is_chosen = file_matcher(job.glob) if job.glob else None
    found = _by_ripgrep(job) if is_common and job.ripgrep else None
    for file in _walked(paths.root, where) if found is None else _not_ignored(found, paths.root, where):
        if is_chosen is None or is_chosen(paths.shown(file)):
            yield from _matches(expression, file, paths, FILE_LIMIT_BYTES)


def _walked(root: Path, where: Path) -> Iterator[Path]:
    return (entry for entry, is_folder in IgnoreRules(root).walk(where) if not is_folder)


def _not_ignored(files: list[Path], root: Path, where: Path) -> Iterator[Path]:
    """Those of the files that a walk would give, in its order."""
    rules, entered = IgnoreRules(root), {where: True}
    for file in sorted(files, key=lambda each: each.parts):
        folder = where
        for part in file.parent.relative_to(where).parts:
            above, folder = folder, folder / part
            if folder not in entered:
                entered[folder] = entered[above] and not rules.ignores(folder, is_folder=True)
        if entered[folder] and not rules.ignores(file, is_folder=False):
            yield file


def _by_ripgrep(job: Job) -> list[Path] | None:
    """The files below a folder in which something matches; None where ripgrep can't say that of all of them."""
    command = [job.ripgrep, "--no-config", "--no-messages", "--files-with-matches", "--null"]
    command += ["--no-ignore", "--hidden", "--text", "--crlf", f"--max-filesize={FILE_LIMIT_BYTES}"]
    command += [f"--glob=!{name}/" for name in sorted(SKIPPED_FOLDERS)]
    command += ["--ignore-case"] if job.ignore_case else []
    # Bytes that are no text are a character to us, which a dot matches.
    command += ["--regexp", f"(?-u:{job.pattern})"] if job.pattern.isascii() else []
    command += ["--regexp", job.pattern, "--", job.where]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603
    if done.returncode not in (0, 1):
        return None
    return [Path(os.fsdecode(name)) for name in done.stdout.split(b"\0") if name]


def _matches(expression: re.Pattern[str], file: Path, paths: WorkspacePaths, limit: int | None) -> Iterator[Hit]:
    try:
        if file.is_symlink() or not file.is_file():
            return
        descriptor = paths.open_file(file)
    except (OSError, ToolExecutionError, ToolPermissionError):
        return
    with os.fdopen(descriptor, "rb") as opened:
        if (limit is not None and os.fstat(descriptor).st_size > limit) or b"\x00" in opened.peek(8192)[:8192]:
            return
        for number, raw in enumerate(iter(lambda: opened.readline(FILE_LIMIT_BYTES), b""), 1):
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            found = expression.search(line.removeprefix("\ufeff") if number == 1 else line)
            if found:
                yield Hit(paths.shown(file), number, _around(line, found.start()))


def _around(line: str, at: int) -> str:
    if len(line) <= LINE_CHARS:
        return line
    begin = max(0, min(at - LINE_CHARS // 4, len(line) - LINE_CHARS))
    return f"{'[…] ' if begin else ''}{line[begin : begin + LINE_CHARS]} [… line cut]"


def _alternatives(glob: str) -> list[str]:
    """The globs that one with braces stands for. Raises ValueError for too many."""
    done: list[str] = []
    waiting = [glob]
    while waiting:
        pattern = waiting.pop()
        found = _BRACES.search(pattern)
        if found is None:
            done.append(pattern)
        else:
            waiting += [pattern[: found.start()] + each + pattern[found.end() :] for each in found[1].split(",")]
        if len(done) + len(waiting) > MOST_ALTERNATIVES:
            raise ValueError(f"it stands for more than {MOST_ALTERNATIVES} globs")
    return done


def _anchored(glob: str) -> str:
    """A glob as a pattern of .gitignore. Raises ValueError for one that could take minutes."""
    if is_slow(glob):
        raise ValueError("it has too many asterisks")
    glob = glob.strip()
    while glob.startswith("./"):
        glob = glob[2:]
    return f"\\{glob}" if glob.startswith(("!", "#")) else glob if "/" not in glob else f"/{glob.lstrip('/')}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
