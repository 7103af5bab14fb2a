"""glob and grep: finding files and lines in the workspace."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from loom.config.tools import ToolSpec
from loom.errors import ToolExecutionError
from loom.ignore import IgnoreRules
from loom.safety.paths import WorkspacePaths
from loom.threads import in_thread
from loom.tools.builtin.processes import run_process
from loom.tools.line_search import CUT, Hit, Job, compiled, file_matcher

MOST_FILES = 500
LONGEST_PATTERN_CHARS = 10_000
GREP_TIMEOUT_S = 20.0


def search_tools(paths: WorkspacePaths) -> list[ToolSpec]:
    """The tools of the capability `search`."""

    def glob(pattern: str, path: str = ".") -> str:
        """Find files by name, newest first, leaving out what .gitignore ignores.

        Args:
            pattern: a glob such as **/*.py or src/**/test_*.{ts,tsx}; a name without a slash matches at any depth
            path: the folder to look in, relative to the workspace
        """
        folder = paths.existing_folder(path)
        matches = file_matcher(pattern)
        found = [
            entry
            for entry, is_folder in IgnoreRules(paths.root).walk(folder)
            if not is_folder and matches(entry.relative_to(folder).as_posix())
        ]
        if not found:
            return f"No file matches {pattern!r} in {paths.shown(folder)!r}"
        found.sort(key=_modified, reverse=True)
        cut = f"\n[{len(found) - MOST_FILES} more; narrow the pattern]" if len(found) > MOST_FILES else ""
        return "\n".join(paths.shown(file) for file in found[:MOST_FILES]) + cut

    async def grep(pattern: str, path: str = ".", glob: str | None = None, ignore_case: bool = False) -> str:
        """Search file contents with a regular expression; gives path:line:text, leaving out what .gitignore ignores.

        Args:
            pattern: the regular expression, as Python reads it; it is looked for in each line by itself
            path: the file or folder to search, relative to the workspace; files above 10 MB only if they are named
            glob: only files that match this glob, such as *.py
            ignore_case: whether upper and lower case are the same
        """
        where = await in_thread(_existing, paths, path)
        if len(pattern) > LONGEST_PATTERN_CHARS:
            raise ToolExecutionError(f"The pattern has more than {LONGEST_PATTERN_CHARS:,} characters")
        compiled(pattern, ignore_case=ignore_case)
        if glob:
            file_matcher(glob)
        program = await in_thread(shutil.which, "rg")
        job = Job(str(paths.root), str(where), pattern, ignore_case, glob or "", program or "")
        hits, note = await _searched(job, paths.root)
        if not hits and not note:
            return f"Nothing matches {pattern!r} in {paths.shown(where)!r}"
        lines = [f"{hit.path}:{hit.line}:{hit.text}" for hit in hits]
        return "\n".join([*lines, note] if note else lines)

    return [
        ToolSpec.from_function(glob, read_only=True, concurrency_safe=True),
        ToolSpec.from_function(grep, read_only=True, concurrency_safe=True),
    ]


def _existing(paths: WorkspacePaths, path: str) -> Path:
    where = paths.resolve(path)
    return where if where.is_dir() else paths.existing_file(path)


async def _searched(job: Job, root: Path) -> tuple[list[Hit], str]:
    """What a child process finds, and a line about what it did not come to. Raises ToolExecutionError."""
    command = [sys.executable, "-m", "loom.tools.line_search", json.dumps(job)]
    # The workspace is no place to import from.
    done = await run_process(command, root, GREP_TIMEOUT_S, variables={"PYTHONSAFEPATH": "1"})
    lines = done.output.splitlines()
    hits = [Hit(*json.loads(line)) for line in lines if line.startswith("[") and line.endswith("]")]
    if done.timed_out:
        return hits, f"[stopped after {GREP_TIMEOUT_S:g} s; narrow the search, or give a simpler pattern]"
    if done.exit_code != 0:
        raise ToolExecutionError(f"The search failed: {done.output[-500:]}")
    return hits, f"[only the first {len(hits)} lines; narrow the search]" if CUT in lines else ""


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
