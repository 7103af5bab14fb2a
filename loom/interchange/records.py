"""Files of JSON lines that other programs write, and that may be torn or damaged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from loom.errors import InterchangeError
from loom.interchange.imported import Skipped, What

LIMIT_BYTES = 2**30
NOT_JSON: What = ("line could not be read as JSON", "lines could not be read as JSON")


def read_records(path: Path, skipped: Skipped) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file, each with its line, from 1; other lines are counted.

    Half surrogate pairs become U+FFFD, NaN and Infinity null. Raises InterchangeError for a file that can't be read or
    that has more than 1 GiB.
    """
    try:
        if not path.is_file():
            raise InterchangeError(f"{path} is not a file")
        size = path.stat().st_size
        if size > LIMIT_BYTES:
            raise InterchangeError(f"{path} has {size:,} bytes; the limit is {LIMIT_BYTES:,}")
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                record = _record(line)
                if record is None:
                    skipped.add(NOT_JSON, number)
                else:
                    yield number, record
    except OSError as error:
        raise InterchangeError(f"{path} could not be read: {error.strerror or error}") from error


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line.decode("utf-8-sig"), parse_constant=lambda _: None)
        if b"\\ud" in line.lower():
            whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
            value = json.loads(whole.decode("utf-16", "replace"))
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
