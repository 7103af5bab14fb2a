"""A session as one HTML page that needs nothing else: no script, no network, light and dark, ready to print.

Everything in a session is untrusted: a model, a page that a tool fetched or another program wrote it. So every text
goes through `html_text`, no attribute but a link's address, a title and a picture's bytes comes from a session, and
the page's own policy forbids scripts, forms and requests in case that is not enough.
"""

from __future__ import annotations

import json
import re

from loom.interchange.code_colours import CodeColours
from loom.interchange.document import OUTCOMES, Entry, SessionDocument, clock, facts, moment
from loom.interchange.html_style import STYLE
from loom.interchange.html_text import MarkdownHtml, exact, words

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))

LONG_LINES = 15
LONG_CHARS = 1500
"""A result with more lines or characters is folded."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_NAMES = {"user": "You", "assistant": "Assistant", "thinking": "Thinking", "note": "Note"}


def to_html(document: SessionDocument) -> str:
    """The session as a page, to be written as UTF-8.

    What a person wrote is shown as written, what the model wrote as Markdown; its headings stand below the page's own.
    """
    title = exact(" ".join(document.title.split())) or "Session"
    page = _Page()
    entries = "\n".join(page.entry(entry) for entry in document.entries)
    known = "".join(f"<dt>{name}</dt><dd>{exact(value)}</dd>" for name, value in facts(document))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1 dir="auto">{title}</h1>
<dl>{known}</dl>
</header>
<main>
{entries or "<p>Nothing was said in this session.</p>"}
</main>
<footer>Exported by Loom Studio.</footer>
</body>
</html>
"""


class _Page:
    """Makes the entries of one page, which share what may be coloured in all."""

    def __init__(self) -> None:
        self._markdown = MarkdownHtml(CodeColours())

    def entry(self, entry: Entry) -> str:
        pictures = "".join(_picture(kind, data, number) for number, (kind, data) in enumerate(entry.images, start=1))
        match entry.kind:
            case "user":
                body = f'<div class="plain" dir="auto">{words(entry.text)}</div>{pictures}'
            case "assistant":
                body = f'<div class="text" dir="auto">{self._markdown.render(entry.text)}</div>{pictures}'
            case "thinking":
                return self._thinking(entry)
            case "tool":
                return self._tool(entry, pictures)
            case "note":
                head = _head(entry, "h3", "Note")
                return f'<article class="note">{head}<div class="plain">{exact(entry.text)}</div></article>'
        return f'<article class="{entry.kind}">{_head(entry, "h2", _NAMES[entry.kind])}{body}</article>'

    def _thinking(self, entry: Entry) -> str:
        text = f'<div class="text" dir="auto">{self._markdown.render(entry.text)}</div>'
        summary = f"<summary>Thinking {_time(entry.at)}</summary>"
        return f'<article class="thinking"><details>{summary}{text}</details></article>'

    def _tool(self, entry: Entry, pictures: str) -> str:
        parts: list[str] = []
        if entry.arguments:
            arguments = json.dumps(entry.arguments, ensure_ascii=False, indent=2, default=str)
            parts += ['<p class="label">Arguments</p>', _folded(self._markdown.code(arguments, "json"), arguments)]
        if entry.text.strip():
            parts += ['<p class="label">Result</p>', _folded(self._markdown.code(entry.text), entry.text)]
        told = f'<span class="told {entry.outcome}">{OUTCOMES[entry.outcome]}</span>' if entry.outcome else ""
        if entry.allowed_by:
            told += f'<span class="told">allowed by {exact(entry.allowed_by)}</span>'
        head = _head(entry, "h3", f"Tool: {exact(' '.join(entry.tool.split())) or 'unnamed'}", told)
        return f'<article class="tool">{head}{"".join(parts)}{pictures}</article>'


def _head(entry: Entry, tag: str, name: str, told: str = "") -> str:
    """The line above an entry; `name` and `told` are HTML."""
    return f'<header class="entry"><{tag}>{name}</{tag}>{_time(entry.at)}{told}</header>'


def _time(at: float) -> str:
    when = moment(at)
    return f'<time datetime="{when:%Y-%m-%dT%H:%M:%SZ}">{clock(at)}</time>' if when else ""


def _folded(block: str, text: str) -> str:
    lines = text.rstrip("\n").count("\n") + 1
    if lines <= LONG_LINES and len(text) <= LONG_CHARS:
        return block
    size = f"{lines:,} lines" if lines > 1 else f"{len(text):,} characters"
    return f"<details><summary>{size}</summary>{block}</details>"


def _picture(kind: str, data: str, number: int) -> str:
    if kind not in PICTURES or not _BASE64.fullmatch(data):
        return f'<p class="label">Picture {number} is left out: {exact(kind)} is not shown in a page.</p>'
    return f'<img src="data:{kind};base64,{data}" alt="Picture {number}">'
