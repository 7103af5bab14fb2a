"""edit_file and write_file: changing files of the workspace, whole or not at all."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from loom.config.tools import ToolSpec
from loom.errors import LoomError, ToolExecutionError
from loom.safety.paths import WorkspacePaths
from loom.textdiff import unified

DIFF_LINES = 400
EDIT_LIMIT_BYTES = 20 * 2**20


def edit_tools(paths: WorkspacePaths) -> list[ToolSpec]:
    """The tools of the capability `edit`."""

    def edit_file(path: str, old_text: str, new_text: str, replace_all: bool = False) -> str:
        """Replace text in a file. The old text must stand in it exactly once, or replace_all be true.

        Args:
            path: the file, relative to the workspace
            old_text: the text to replace, exactly as it is in the file, without line numbers
            new_text: what stands there afterwards
            replace_all: whether to replace every occurrence
        """
        file = paths.existing_file(path)
        before = _read(paths, file)
        after = _replaced(before, old_text, new_text, path, replace_all=replace_all)
        _write(paths, file, after)
        return _diff(before, after, paths.shown(file))

    def write_file(path: str, content: str) -> str:
        """Write a whole file, making the folders above it; what was in it is replaced.

        Args:
            path: the file, relative to the workspace
            content: all of its text
        """
        file = paths.resolve(path)
        if file.is_dir():
            raise ToolExecutionError(f"{paths.shown(file)!r} is a folder; give the path of a file")
        before = _read(paths, file) if file.exists() else None
        _write(paths, file, content)
        if before is None:
            return f"Created {paths.shown(file)!r} ({len(content.splitlines())} lines)"
        return _diff(before, content, paths.shown(file))

    return [
        ToolSpec.from_function(edit_file, extensions={"edits": True}),
        ToolSpec.from_function(write_file, extensions={"edits": True}),
    ]


def edit_preview(paths: WorkspacePaths, arguments: dict[str, Any]) -> str:
    """The diff that a call of an editing tool would make, whole; empty where it would fail and say so itself."""
    path = str(arguments.get("path", ""))
    try:
        file = paths.resolve(path)
        before = _read(paths, file) if file.exists() else ""
        if "content" in arguments:
            after = str(arguments["content"])
        else:
            old, new = str(arguments["old_text"]), str(arguments["new_text"])
            after = _replaced(before, old, new, path, replace_all=arguments.get("replace_all") is True)
    except (LoomError, OSError, KeyError):
        return ""
    name = paths.shown(file)
    same = f"(no change to {name})" if before == after else f"(only the line ends of {name} change)"
    return "\n".join(_lines(before, after, name)) or same


def _replaced(before: str, old: str, new: str, path: str, *, replace_all: bool) -> str:
    if not old:
        raise ToolExecutionError("old_text is empty; write_file makes a new file")
    if old == new:
        raise ToolExecutionError("old_text and new_text are the same; nothing would change")
    # Line ends are not seen by who read the file, and may be mixed.
    wanted = re.compile(r"\r?\n".join(map(re.escape, old.replace("\r\n", "\n").split("\n"))))
    first = wanted.search(before)
    if first is None:
        raise ToolExecutionError(f"old_text is not in {path!r}; read the file and give the text exactly as it is there")
    if not replace_all and wanted.search(before, first.start() + 1):  # also one that begins in the first
        count = max(2, len(wanted.findall(before)))
        raise ToolExecutionError(
            f"old_text stands {count} times in {path!r}; give more of its surroundings, or set replace_all"
        )
    is_crlf = 2 * before.count("\r\n") > before.count("\n")
    return wanted.sub(lambda found: _ended_as(found[0], new, is_crlf=is_crlf), before)


def _ended_as(old: str, new: str, *, is_crlf: bool) -> str:
    """The new text with the line ends of the old; where that has none, with those that most of the file has."""
    lines = new.replace("\r\n", "\n")
    return lines.replace("\n", "\r\n") if "\r\n" in old or ("\n" not in old and is_crlf) else lines


def _read(paths: WorkspacePaths, file: Path) -> str:
    with os.fdopen(paths.open_file(file), "rb") as opened:
        data = opened.read(EDIT_LIMIT_BYTES + 1)
    if len(data) > EDIT_LIMIT_BYTES:
        raise ToolExecutionError(f"{paths.shown(file)!r} is larger than 20 MB, too large to edit")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ToolExecutionError(f"{paths.shown(file)!r} is not UTF-8 text, so it is not changed") from None


def _write(paths: WorkspacePaths, file: Path, text: str) -> None:
    paths.replace_file(file, text.encode("utf-8", "surrogateescape"))


def _lines(before: str, after: str, name: str) -> list[str]:
    """The lines of the difference, in which a line's end is not told."""
    old, new = (text.replace("\r\n", "\n").encode("utf-8", "surrogateescape") for text in (before, after))
    return unified(old, new, f"a/{name}", f"b/{name}").split("\n")[:-1]


def _diff(before: str, after: str, name: str) -> str:
    lines = _lines(before, after, name)
    if not lines:
        return f"{name!r} is as it was: the text is the same" if before == after else f"{name!r}: its line ends changed"
    cut = [f"[… {len(lines) - DIFF_LINES} more lines]"] if len(lines) > DIFF_LINES else []
    return "\n".join(lines[:DIFF_LINES] + cut)
