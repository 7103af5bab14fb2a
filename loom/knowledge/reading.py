"""One file as text: what kind it is, its encoding, whether it is worth an index at all, and whether it held still."""

from __future__ import annotations

import codecs
import hashlib
import importlib
import io
import os
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from loom.safety.fetching import html_text

LARGEST_TEXT_BYTES = 20 * 2**20
LARGEST_DOCUMENT_BYTES = 100 * 2**20
TRIES = 3
"""How often a file is read that changes meanwhile."""
MOST_REPLACED = 0.1
"""Of so many letters that can't be read a file counts as binary."""


def _named(suffixes: str) -> frozenset[str]:
    return frozenset(f".{suffix}" for suffix in suffixes.split())


MARKDOWN = _named("md markdown mdx mkd qmd rmd")
HTML = _named("html htm xhtml")
DOCUMENTS = _named("pdf docx pptx xlsx xls epub odt ods odp msg")
CODE = _named(
    "py pyi js jsx ts tsx mjs cjs java kt kts scala c h cc cpp hpp cxx cs go rs rb php swift m mm lua pl pm r jl ex "
    "exs erl hs ml clj dart sh bash zsh fish ps1 sql proto graphql vue svelte css scss toml yaml yml json ini cfg "
    "cmake gradle tf nix zig v sv vhd"
)
_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCUMENT_KINDS = {
    "application/pdf": ".pdf",
    "application/epub+zip": ".epub",
    f"{_OFFICE}.wordprocessingml.document": ".docx",
    f"{_OFFICE}.presentationml.presentation": ".pptx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx",
}
"""How servers name such documents, and how their files end."""
_BEGINNINGS = {".pdf": b"%PDF", ".xls": b"\xd0\xcf\x11\xe0", ".msg": b"\xd0\xcf\x11\xe0"}
"""What such files begin with; the others are ZIP archives."""
_CONVERTED = HTML | DOCUMENTS
_MAKESHIFT = ("%PDF-", "Content from the zip file")
"""How text begins that is no document's, but what its library makes of one that it can't read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A file's text, its kind (markdown, code, text) and the hash of its bytes; or `problem`: why there is no text."""

    text: str = ""
    kind: str = "text"
    hash: str = ""
    size: int = 0
    mtime_ns: int = 0
    problem: str = ""
    note: str = ""


def kind_of(name: str) -> str:
    """The kind of text by a file's name."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in MARKDOWN or suffix in _CONVERTED:
        return "markdown"
    return "code" if suffix in CODE else "text"


def text_of_document(data: bytes, suffix: str) -> tuple[str, str]:
    """(text, problem) of a document's bytes, told by how its name ends."""
    text, problem, _ = _converted(data, suffix)
    return text, problem or ("" if text.strip() else "has no text in it (only pictures?)")


def is_document(name: str) -> bool:
    """Whether a program of its own is needed to get text from a file, by its name."""
    return PurePosixPath(name).suffix.lower() in DOCUMENTS


def read_file(path: Path) -> Reading:
    """The text of a regular file; every way in which there may be none is a `problem`. Follows no link."""
    try:
        data, size, mtime_ns = _held_still(path)
    except OSError as error:
        return Reading(problem=f"can't be read: {error.strerror or error}")
    except _UnfitError as error:
        return Reading(size=error.size, mtime_ns=error.mtime_ns, problem=str(error))
    suffix = path.suffix.lower()
    text, problem, note = _converted(data, suffix) if suffix in _CONVERTED else decoded(data)
    if not text.strip() and not problem:
        problem = "has no text in it (only pictures?)" if suffix in DOCUMENTS else ""
    return Reading(text, kind_of(path.name), hash_of(data), size, mtime_ns, problem, note)


def hash_of(data: bytes) -> str:
    """The hash by which a later reader sees that a document is the same: SHA-256, 32 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()[:32]


def decoded(data: bytes) -> tuple[str, str, str]:
    """(text, problem, note) of bytes: UTF-8, UTF-16 with a mark, or mostly UTF-8; else they are said to be binary."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace"), "", ""
    if b"\0" in data[:65_536]:
        return "", "is a binary file", ""
    try:
        return data.decode("utf-8"), "", ""
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    replaced = text.count("\ufffd")
    if replaced > MOST_REPLACED * len(text):
        return "", "is a binary file, or text in an old encoding: save it as UTF-8", ""
    return text, "", f"has {replaced} bytes or so that are not UTF-8"


class _UnfitError(Exception):
    """A file that is not read; with its size and time, so that it is not looked at again."""

    def __init__(self, message: str, found: os.stat_result) -> None:
        super().__init__(message)
        self.size = found.st_size
        self.mtime_ns = found.st_mtime_ns


def _held_still(path: Path) -> tuple[bytes, int, int]:
    """The bytes of a file, its size and its time of change, read without a change in between."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    limit = LARGEST_DOCUMENT_BYTES if path.suffix.lower() in DOCUMENTS else LARGEST_TEXT_BYTES
    with os.fdopen(os.open(path, flags), "rb") as file:
        before = os.fstat(file.fileno())
        for _ in range(TRIES):
            if not stat.S_ISREG(before.st_mode):
                raise _UnfitError("is no regular file", before)
            if before.st_size > limit:
                megabytes = before.st_size / 2**20
                raise _UnfitError(f"is {megabytes:,.0f} MB: files over {limit // 2**20} MB are not indexed", before)
            file.seek(0)
            data = file.read(limit + 1)
            after = os.fstat(file.fileno())
            if (len(data), after.st_mtime_ns) == (before.st_size, before.st_mtime_ns):
                return data, after.st_size, after.st_mtime_ns
            before = after
    raise _UnfitError("was written to each time that it was read; it is read again next time", _never(before))


def _never(found: os.stat_result) -> os.stat_result:
    """The facts of a file with a time that it will not have: so it is looked at again."""
    fields = list(found)
    return os.stat_result([*fields[:7], 0, 0, 0], {"st_mtime_ns": 0})


def _converted(data: bytes, suffix: str) -> tuple[str, str, str]:
    if suffix in HTML:
        text, problem, note = decoded(data)
        return (html_text(text) if text else "", problem, note)
    if not data[:1024].lstrip().startswith(_BEGINNINGS.get(suffix, b"PK")):
        return "", f"is no {suffix[1:].upper()} file, though it is named so", ""
    if (packed := _unpacked_bytes(data)) > LARGEST_DOCUMENT_BYTES:
        return "", f"would be {packed / 2**20:,.0f} MB of text unpacked, which is not read", ""
    try:
        package: Any = importlib.import_module("markitdown")
    except ImportError:
        return "", f"is a {suffix[1:].upper()} file, which needs an extra: pip install 'loom-studio[documents]'", ""
    try:
        found = package.MarkItDown(enable_plugins=False).convert_stream(
            io.BytesIO(data), stream_info=package.StreamInfo(extension=suffix)
        )
    except Exception:  # noqa: BLE001  a damaged document may raise whatever its library does
        return "", _damaged(suffix), ""
    text = str(found.markdown or "")
    return ("", _damaged(suffix), "") if text.startswith(_MAKESHIFT) else (text, "", "")


def _damaged(suffix: str) -> str:
    return f"can't be read as {suffix[1:].upper()}: it may be damaged, or need a password"


def _unpacked_bytes(data: bytes) -> int:
    """How many bytes the XML parts of a packed document have, by its own account; 0 for one that is not packed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return sum(part.file_size for part in packed.infolist() if part.filename.endswith((".xml", ".rels")))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return 0
