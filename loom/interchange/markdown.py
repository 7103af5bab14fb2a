"""A session as Markdown that reads well as it is and renders everywhere.

The document has one heading of the first level, and one of the second for each message; tool calls have the third.
What messages hold is kept as it was written, but for what would break out of its place (see `containment`).
Pictures are named, not included: their bytes would make the text unreadable.
"""

from __future__ import annotations

import json
import re

from loom.interchange.containment import contained, fenced
from loom.interchange.document import OUTCOMES, Entry, SessionDocument, clock, facts
from loom.safety.odd_text import escaped

_MARKUP = re.compile(r"[\\`*_\[\]<>|~&#!$]")
_HALF = re.compile("[\ud800-\udfff]")


def to_markdown(document: SessionDocument) -> str:
    """The session as Markdown: a title, what is known about it, and every entry in its order.

    Half surrogate pairs become U+FFFD, so that the text can always be written as UTF-8.
    """
    parts = [f"# {plain(document.title) or 'Session'}"]
    known = facts(document)
    if known:
        parts.append("\n".join(f"- {name}: {plain(value)}" for name, value in known))
    for entry in document.entries:
        parts += _entry(entry)
    return _HALF.sub("\ufffd", "\n\n".join(parts) + "\n")


def plain(text: str) -> str:
    """`text` in one line of Markdown that shows just its characters."""
    return _MARKUP.sub(r"\\\g<0>", escaped(" ".join(text.split()), keep=""))


def arguments_text(entry: Entry) -> str:
    """The arguments of a call as indented JSON, with invisible characters as escapes."""
    return escaped(json.dumps(entry.arguments, ensure_ascii=False, indent=2, default=str))


def _entry(entry: Entry) -> list[str]:
    when = clock(entry.at)
    at = f" · {when}" if when else ""
    pictures = [f"*Picture: {plain(kind)}, {_size(data)}*" for kind, data in entry.images]
    match entry.kind:
        case "user":
            return [f"## User{at}", *_text(entry.text), *pictures]
        case "assistant":
            return [f"## Assistant{at}", *_text(entry.text), *pictures]
        case "thinking":
            return [f"<details>\n<summary>Thinking{at}</summary>", *_text(entry.text), "</details>"]
        case "tool":
            return [*_tool(entry, at), *pictures]
        case "note":
            lines = [plain(line) for line in entry.text.splitlines() if line.strip()] or ["(empty)"]
            return ["\n".join([f"> **Note**{at}", ">", *(f"> {line}  " for line in lines)]).rstrip(" ")]


def _text(text: str) -> list[str]:
    return [contained(text.strip("\n"))] if text.strip() else []


def _tool(entry: Entry, at: str) -> list[str]:
    parts = [f"### Tool: {plain(entry.tool) or 'unnamed'}{at}"]
    outcome = OUTCOMES[entry.outcome]
    told = [f"Outcome: {outcome}."] if outcome else []
    if entry.allowed_by:
        told.append(f"Allowed by: {plain(entry.allowed_by)}.")
    if told:
        parts.append(" ".join(told))
    if entry.arguments:
        parts += ["Arguments:", fenced(arguments_text(entry), "json")]
    if entry.text.strip():
        parts += ["Result:", fenced(escaped(entry.text.replace("\r\n", "\n"), keep="\n\t"), "text")]
    return parts


def _size(data: str) -> str:
    return f"{len(data) * 3 / 4 / 1000:,.1f} kB"
