"""Sessions to files and from files, as command line and Studio offer it; everything here blocks."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from loom.errors import StoreError
from loom.interchange.document import without_secrets
from loom.interchange.html import to_html
from loom.interchange.importing import read_foreign
from loom.interchange.markdown import to_markdown
from loom.interchange.sessions import document_of, records_of
from loom.interchange.trace import trace_text
from loom.memory.jsonl import import_lines, is_ours, put_records, to_lines
from loom.memory.store import Store
from loom.types.ids import generate_id

ExportFormat = Literal["jsonl", "markdown", "html", "trace", "har"]
FORMATS: dict[str, ExportFormat] = {
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".html": "html",
    ".json": "trace",
    ".har": "har",
}
"""The format of a file by its ending."""


def exported(store: Store, session_id: str, how: ExportFormat, *, with_secrets: bool = False) -> str:
    """A session as text. JSONL holds everything; in the others keys and tokens are hidden. Raises StoreError.

    A trace has what was sent to models and what came back; as HAR, what browsers' tools read.
    """
    summary = store.session(session_id)
    if summary is None:
        raise StoreError("This session is not stored yet: there is nothing to export")
    if how in ("trace", "har"):
        return trace_text(store, session_id, as_har=how == "har")
    records = store.records(session_id)
    if how == "jsonl":
        return "\n".join(to_lines(summary, records)) + "\n"
    document = document_of(summary, records)
    document = document if with_secrets else without_secrets(document)
    return to_html(document) if how == "html" else to_markdown(document)


def export_to(store: Store, session_id: str, file: Path, how: ExportFormat, *, with_secrets: bool = False) -> None:
    """Write a session to a file. Raises StoreError."""
    text = exported(store, session_id, how, with_secrets=with_secrets)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{file} can't be written: {error.strerror or error}") from None


def import_from(store: Store, file: Path) -> tuple[str, list[str]]:
    """Put a session from a file beside the others: of loom, Claude Code or Codex.

    Returns its id, and sentences about what could not be read. Raises StoreError, InterchangeError.
    """
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            if is_ours(next(lines, "")):
                lines.seek(0)
                return import_lines(lines, store, generate_id())
    except OSError as error:
        raise StoreError(f"{file} can't be read: {error.strerror or error}") from None
    imported = read_foreign(file)
    session_id = generate_id()
    put_records(store, session_id, records_of(imported))
    return session_id, list(imported.skipped)
