"""A session as lines of JSON: a head, then each record. What is exported so can be imported again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from loom.errors import StoreError
from loom.memory.records import SESSION_CREATED, NewRecord, Record, SessionSummary
from loom.memory.store import Store

FORMAT = "loom-session"
VERSION = 1


def to_lines(summary: SessionSummary, records: Iterable[Record]) -> Iterator[str]:
    """The lines of a session, without their ends."""
    yield json.dumps({"format": FORMAT, "version": VERSION, "session": asdict(summary)}, ensure_ascii=False)
    for record in records:
        line = {"n": record.n, "type": record.type, "run_id": record.run_id, "at": record.at, "data": record.data}
        written = json.dumps(line, ensure_ascii=False)
        yield written if _is_text(written) else json.dumps(line)


def _is_text(line: str) -> bool:
    """Whether a line can be written to a file: halves of surrogate pairs can't, but as escapes."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_ours(first_line: str) -> bool:
    """True if a file that begins with this line holds a session of ours."""
    try:
        return json.loads(first_line).get("format") == FORMAT
    except (ValueError, AttributeError):
        return False


def import_lines(lines: Iterable[str], store: Store, new_id: str) -> tuple[str, list[str]]:
    """Put a session from lines into a store: under its own id, or `new_id` where that is taken; blocks.

    Returns its id, and sentences about lines that could not be read. Raises StoreError for anything but a session.
    """
    head, records, faults = _read(lines)
    session_id = str(head.get("id") or new_id)
    if store.session(session_id) is not None:
        session_id = new_id
    if not records:
        raise StoreError("This file holds no session: none of its lines is a record")
    if records[0].type != SESSION_CREATED:
        created = {name: head.get(name, "") for name in ("agent", "workspace", "title")}
        records.insert(0, NewRecord(SESSION_CREATED, created, at=records[0].at))
    put_records(store, session_id, records)
    return session_id, faults


def put_records(store: Store, session_id: str, records: list[NewRecord]) -> None:
    """Write a session's records to a store, as its writer for that moment; blocks. Raises StoreError."""
    lease = store.acquire(session_id)
    try:
        store.append(lease, records).result()
    finally:
        store.release(lease)


def _read(lines: Iterable[str]) -> tuple[dict[str, Any], list[NewRecord], list[str]]:
    head: dict[str, Any] = {}
    records: list[NewRecord] = []
    faults: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            if data.get("format") == FORMAT:
                if data["version"] > VERSION:
                    raise StoreError(f"This session was exported by a later version of loom (format {data['version']})")
                head = dict(data["session"])
            else:
                records.append(NewRecord(str(data["type"]), dict(data["data"]), str(data["run_id"]), float(data["at"])))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            faults.append(f"Line {number} could not be read: {type(error).__name__}: {error}")
    return head, records, faults
