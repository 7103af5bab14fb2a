"""The place that a citation names, read again: its text, whether it is still what was cited, and where to look."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from loom.errors import ConfigError
from loom.knowledge.reading import DOCUMENTS, hash_of, is_document, read_file
from loom.safety.paths import WorkspacePaths
from loom_studio.runtime_words import said, said_of
from loom_studio.texts import tr
from loom_studio.transcript_row import Source

AROUND_CHARS = 100_000
"""So much of a long file is shown before and after the place."""
LARGEST_HASHED_BYTES = 200 * 2**20


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is shown of a source: `text`, of which `start` to `end` was cited, and what a person should know of it.

    `note` says that the file changed, is gone, or that only a part is shown. `can_open` where a program of the system
    shows the file better.
    """

    text: str
    start: int
    end: int
    note: str = ""
    can_open: bool = False


def source_at(workspace: str, file: str, line: int) -> Source:
    """A line of a file in a workspace, as a source that nobody cites by a number; blocks.

    Raises ConfigError for a workspace that is not there, ToolPermissionError for a file outside of it,
    ToolExecutionError for one that is not there.
    """
    folder = Path(workspace)
    if not folder.is_dir():
        raise ConfigError(
            tr(
                "{folder} is not on this machine, or not any more, so {file} can't be shown",
                folder=workspace,
                file=file,
            )
        )
    path = WorkspacePaths(folder).existing_file(file)
    before = read_file(path).text.split("\n")[: max(1, line)]
    start = sum(len(each) + 1 for each in before[:-1])
    end = start + len(before[-1])
    return Source(0, "workspace", file, str(path), "", str(path), start, end, line)


def excerpt_of(source: Source) -> Excerpt:
    """What there is of a source now; blocks."""
    if not source.path:
        kept = Excerpt(source.snippet, 0, len(source.snippet))
        return kept if source.snippet else Excerpt("", 0, 0, tr("Nothing of this source was kept."))
    path = Path(source.path)
    snippet = Excerpt(source.snippet, 0, len(source.snippet))
    if not path.exists():
        return Excerpt(snippet.text, 0, snippet.end, tr("The file is gone. This is how the cited piece began:"))
    if is_document(path.name):
        return _of_document(path, source)
    reading = read_file(path)
    if reading.problem:
        note = tr("The file {problem}. This is how the cited piece began:", problem=said(reading.problem))
        return Excerpt(snippet.text, 0, snippet.end, note)
    has_changed = bool(source.hash) and not reading.hash.startswith(source.hash)
    return _around(reading.text, source, has_changed=has_changed)


def _of_document(path: Path, source: Source) -> Excerpt:
    """A PDF or the like: reading it takes a program of its own; what was cited was kept."""
    note = tr("The beginning of the cited piece, from a {kind} file:", kind=path.suffix[1:].upper())
    try:
        if path.stat().st_size <= LARGEST_HASHED_BYTES and not hash_of(path.read_bytes()).startswith(source.hash):
            note = tr("The file changed since it was cited. This is how the cited piece began:")
    except OSError as error:
        note = tr("The file can't be read: {error}. This is how the cited piece began:", error=said_of(error))
    can_open = path.suffix.lower() in DOCUMENTS and os.access(path, os.R_OK)
    return Excerpt(source.snippet, 0, len(source.snippet), note, can_open)


def _around(text: str, source: Source, *, has_changed: bool) -> Excerpt:
    start, end, notes = source.start, source.end, list[str]()
    if has_changed:
        notes.append(tr("The file changed since it was cited."))
        beginning = source.snippet.strip()[:60]
        at = text.find(beginning) if beginning else -1
        if at < 0:
            notes.append(tr("The cited piece is not in it any more; this is what it is now."))
            start = end = 0
        else:
            start, end = at, min(len(text), at + max(1, source.end - source.start))
    start, end = min(start, len(text)), min(end, len(text))
    first = text.rfind("\n", 0, max(0, start - AROUND_CHARS)) + 1 if start > AROUND_CHARS else 0
    last = min(len(text), end + AROUND_CHARS)
    if (first, last) != (0, len(text)):
        notes.append(tr("Of this long file only the part around the place is shown."))
    return Excerpt(text[first:last], start - first, end - first, " ".join(notes))
