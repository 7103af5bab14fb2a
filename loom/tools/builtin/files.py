"""read_file and list_files: what is in the workspace."""

from __future__ import annotations

import os
from functools import partial
from itertools import islice
from typing import BinaryIO

from loom.config.tools import ToolSpec
from loom.errors import ToolExecutionError
from loom.ignore import IgnoreRules
from loom.safety.paths import WorkspacePaths

PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp"}
PICTURE_LIMIT_BYTES = 5 * 2**20
DEFAULT_LINES = 2000
MOST_LINES = 2**40
LINE_CHARS = 2000
LINE_BYTES = 4 * LINE_CHARS + 4
SKIPPED_BYTES = 2**16
ENTRIES = 1000


def file_tools(paths: WorkspacePaths) -> list[ToolSpec]:
    """The tools of the capability `files`."""

    def read_file(path: str, offset: int = 1, limit: int | None = None) -> str | bytes:
        """Read a text file, with line numbers, or look at a picture.

        Args:
            path: the file, relative to the workspace
            offset: the first line to read, counted from 1
            limit: how many lines to read at most (2000 if left out)
        """
        file = paths.existing_file(path)
        with os.fdopen(paths.open_file(file), "rb") as opened:
            if file.suffix.lower() in PICTURES:
                data = opened.read(PICTURE_LIMIT_BYTES + 1)
                if len(data) > PICTURE_LIMIT_BYTES:
                    raise ToolExecutionError(f"{path!r} is a picture of more than 5 MB, too large to look at")
                return data
            first = min(max(1, offset), MOST_LINES)
            count = DEFAULT_LINES if limit is None else min(max(1, limit), MOST_LINES)
            if b"\x00" in opened.peek(8192)[:8192]:
                raise ToolExecutionError(f"{path!r} is not a text file ({os.fstat(opened.fileno()).st_size:,} bytes)")
            lines = list(islice(iter(partial(_next_line, opened), b""), first - 1, first - 1 + count))
            more = bool(opened.read(1))
        return _numbered(lines, first, more, path)

    def list_files(path: str = ".", depth: int = 1) -> str:
        """List a folder, leaving out what .gitignore ignores; folders end with a slash.

        Args:
            path: the folder, relative to the workspace
            depth: how many levels of folders to show
        """
        folder = paths.existing_folder(path)
        walked = IgnoreRules(paths.root).walk(folder, max(1, depth))
        names = [paths.shown(entry) + ("/" if is_folder else "") for entry, is_folder in islice(walked, ENTRIES + 1)]
        if not names:
            return f"{paths.shown(folder)!r} is empty"
        cut = f"\n[only the first {ENTRIES} entries; list a folder below]" if len(names) > ENTRIES else ""
        return "\n".join(names[:ENTRIES]) + cut

    return [
        ToolSpec.from_function(read_file, read_only=True, concurrency_safe=True),
        ToolSpec.from_function(list_files, read_only=True, concurrency_safe=True),
    ]


def _next_line(opened: BinaryIO) -> bytes:
    """As much of the next line as may be shown, the rest passed over; empty at the end."""
    line = piece = opened.readline(LINE_BYTES)
    while piece and not piece.endswith(b"\n"):
        piece = opened.readline(SKIPPED_BYTES)
    return line


def _numbered(lines: list[bytes], first: int, more: bool, path: str) -> str:
    if not lines:
        return f"{path!r} is empty" if first == 1 else f"{path!r} has fewer than {first} lines"
    shown: list[str] = []
    for number, raw in enumerate(lines, first):
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        cut = line[:LINE_CHARS] + " [… line cut]" if len(line) > LINE_CHARS else line
        shown.append(f"{number:6}\t{cut}")
    if more:
        shown.append(f"[more lines follow; read on with offset={first + len(lines)}]")
    return "\n".join(shown)
