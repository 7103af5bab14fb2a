"""glob and grep: finding files and lines in the workspace."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

import pathspec

from loom.config.tools import ToolSpec
from loom.errors import ToolExecutionError
from loom.ignore import IgnoreRules
from loom.safety.paths import WorkspacePaths
from loom.threads import in_thread
from loom.tools.builtin.processes import run_process

MOST_FILES = 500
MOST_LINES = 300
LINE_CHARS = 400
GREP_TIMEOUT_S = 60.0
FILE_LIMIT_BYTES = 10 * 2**20


def search_tools(paths: WorkspacePaths) -> list[ToolSpec]:
    """The tools of the capability `search`."""

    def glob(pattern: str, path: str = ".") -> str:
        """Find files by name, newest first, leaving out what .gitignore ignores.

        Args:
            pattern: a glob such as **/*.py or src/**/test_*.ts
            path: the folder to look in, relative to the workspace
        """
        folder = paths.existing_folder(path)
        matcher = pathspec.GitIgnoreSpec.from_lines([_anchored(pattern)])
        found = [
            entry
            for entry, is_folder in IgnoreRules(paths.root).walk(folder)
            if not is_folder and matcher.match_file(entry.relative_to(folder).as_posix())
        ]
        if not found:
            return f"No file matches {pattern!r} in {paths.shown(folder)!r}"
        found.sort(key=_modified, reverse=True)
        cut = f"\n[{len(found) - MOST_FILES} more; narrow the pattern]" if len(found) > MOST_FILES else ""
        return "\n".join(paths.shown(file) for file in found[:MOST_FILES]) + cut

    async def grep(pattern: str, path: str = ".", glob: str | None = None, ignore_case: bool = False) -> str:
        """Search file contents with a regular expression; gives path:line:text, leaving out what .gitignore ignores.

        Args:
            pattern: the regular expression
            path: the file or folder to search, relative to the workspace
            glob: only files that match this glob, such as *.py
            ignore_case: whether upper and lower case are the same
        """
        where = await in_thread(paths.resolve, path)
        try:
            expression = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
        except re.error as error:
            raise ToolExecutionError(f"{pattern!r} is not a regular expression: {error}") from None
        program = await in_thread(shutil.which, "rg")
        if program is not None:
            lines = await _ripgrep(program, pattern, where, glob, ignore_case, paths)
        else:
            lines = await asyncio.wait_for(in_thread(_search, expression, where, glob, paths), GREP_TIMEOUT_S)
        if not lines:
            return f"Nothing matches {pattern!r} in {paths.shown(where)!r}"
        cut = f"\n[only the first {MOST_LINES} lines; narrow the search]" if len(lines) > MOST_LINES else ""
        return "\n".join(lines[:MOST_LINES]) + cut

    return [
        ToolSpec.from_function(glob, read_only=True, concurrency_safe=True),
        ToolSpec.from_function(grep, read_only=True, concurrency_safe=True),
    ]


async def _ripgrep(
    program: str, pattern: str, where: Path, glob: str | None, ignore_case: bool, paths: WorkspacePaths
) -> list[str]:
    command = [
        program,
        "--no-config",
        "--line-number",
        "--no-heading",
        "--with-filename",
        "--color=never",
        "--sort=path",
    ]
    command += ["--hidden", "--glob=!.git", f"--max-columns={LINE_CHARS}", "--max-count=200"]
    command += ["--ignore-case"] if ignore_case else []
    command += [f"--glob={glob}"] if glob else []
    target = paths.shown(where)
    done = await run_process([*command, "--regexp", pattern, "--", target], paths.root, GREP_TIMEOUT_S)
    if done.exit_code not in (0, 1):
        raise ToolExecutionError(f"The search failed: {done.output[:500]}")
    return [line.removeprefix("./") for line in done.output.splitlines()] if done.exit_code == 0 else []


def _search(expression: re.Pattern[str], where: Path, glob: str | None, paths: WorkspacePaths) -> list[str]:
    matcher = pathspec.GitIgnoreSpec.from_lines([glob]) if glob else None
    files: Iterator[Path] = (
        iter([where])
        if where.is_file()
        else (entry for entry, is_folder in IgnoreRules(paths.root).walk(where) if not is_folder)
    )
    chosen = (file for file in files if matcher is None or matcher.match_file(paths.shown(file)))
    lines = (line for file in chosen for line in _matches(expression, file, paths))
    return list(islice(lines, MOST_LINES + 1))


def _matches(expression: re.Pattern[str], file: Path, paths: WorkspacePaths) -> Iterator[str]:
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > FILE_LIMIT_BYTES:
            return
        data = file.read_bytes()
    except OSError:
        return
    if b"\x00" in data[:8192]:
        return
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if expression.search(line):
            yield f"{paths.shown(file)}:{number}:{line[:LINE_CHARS]}"


def _anchored(pattern: str) -> str:
    """A glob as a gitignore pattern from the folder itself; a bare name matches at any depth."""
    return pattern if "/" not in pattern else "/" + str(PurePosixPath(pattern)).lstrip("/")


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
