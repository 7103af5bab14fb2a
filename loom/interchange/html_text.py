"""Texts that nobody vouches for as HTML: Markdown, plain text, code. What comes out holds no markup of theirs."""

from __future__ import annotations

import html
import re
import time
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from loom.interchange.code_colours import CodeColours
from loom.safety.odd_text import escaped

MARKDOWN_CHARS = 100_000
"""A longer text is shown as it was written, since parsing takes some seconds per million characters at worst."""

MARKDOWN_S = 30.0
"""What parsing may take for one document; after that its texts are shown as they were written."""

_LINE_END = re.compile(r"\r\n?")
_UNREADABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_ALIGNED = {"text-align:left": "left", "text-align:center": "center", "text-align:right": "right"}
_LOWEST = 6


def words(text: str) -> str:
    """`text` as HTML text: escaped, with controls and overrides of the direction visible; joiners and marks stay."""
    return html.escape(_readable(text))


def exact(text: str) -> str:
    """`text` as HTML text: escaped, with everything that is invisible or changes the direction visible."""
    return html.escape(escaped(_LINE_END.sub("\n", text), keep="\n\t"))


class MarkdownHtml:
    """Renders the Markdown texts of one document.

    Raw HTML is shown, not obeyed. Links go to http, https and mailto. Pictures become links, since loading one would
    tell its host who reads. Headings are moved below `above`, the level of the heading that they stand under.
    """

    def __init__(self, colours: CodeColours, above: int = 2, most_s: float = MARKDOWN_S) -> None:
        self._left_s = most_s
        self._colours = colours
        self._above = above
        self._parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
        self._parser.validateLink = _is_link

    def render(self, text: str) -> str:
        """The HTML of a Markdown text; one that is too long, or comes when the time is used up, is shown as it is."""
        if len(text) > MARKDOWN_CHARS or self._left_s <= 0:
            return f'<pre class="plain">{words(text)}</pre>'
        started = time.perf_counter()
        made = "".join(self._html(token) for token in self._parser.parse(_readable(text)))
        self._left_s -= time.perf_counter() - started
        return made

    def code(self, text: str, language: str = "") -> str:
        """A block of code, with invisible characters as escapes."""
        shown = escaped(_LINE_END.sub("\n", text), keep="\n\t")
        return f'<pre class="code"><code>{self._colours.of(shown, language)}</code></pre>'

    def _html(self, token: Token) -> str:
        match token.type:
            case "inline":
                return _inline(token.children or [])
            case "fence" | "code_block":
                language = (token.info.split() or [""])[0]
                return self.code(token.content.removesuffix("\n"), language)
            case "hr":
                return "<hr>"
            case "heading_open" | "heading_close":
                level = min(_LOWEST, int(token.tag[1:]) + self._above)
                return f"<h{level}>" if token.nesting == 1 else f"</h{level}>\n"
            case "paragraph_open" | "paragraph_close" if token.hidden:
                return ""
            case _:
                return _element(token) if token.type in _ELEMENTS else words(token.content)


_ELEMENTS = {
    f"{name}_{end}"
    for name in (
        *("paragraph", "blockquote", "bullet_list", "ordered_list", "list_item"),
        *("table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s"),
    )
    for end in ("open", "close")
}


def _element(token: Token) -> str:
    if token.nesting == -1:
        return f"</{token.tag}>" + ("\n" if token.block else "")
    attributes = ""
    if token.tag == "ol" and isinstance(token.attrs.get("start"), int):
        attributes = f' start="{token.attrs["start"]}"'
    elif token.tag in ("th", "td") and (side := _ALIGNED.get(str(token.attrs.get("style")))):
        attributes = f' class="{side}"'
    return f"<{token.tag}{attributes}>"


def _inline(tokens: list[Token]) -> str:
    parts: list[str] = []
    is_in_link = False
    for token in tokens:
        match token.type:
            case "link_open":
                is_in_link = True
                parts.append(_anchor(str(token.attrs.get("href", "")), token.attrs.get("title")))
            case "link_close":
                is_in_link = False
                parts.append("</a>")
            case "image":
                parts.append(_picture(token, is_in_link))
            case "code_inline":
                parts.append(f"<code>{exact(token.content)}</code>")
            case "softbreak":
                parts.append("\n")
            case "hardbreak":
                parts.append("<br>\n")
            case _:
                parts.append(_element(token) if token.type in _ELEMENTS else words(token.content))
    return "".join(parts)


def _anchor(address: str, title: Any = None) -> str:
    said = f' title="{words(str(title))}"' if title else ""
    return f'<a href="{html.escape(address)}" rel="noopener noreferrer"{said}>'


def _picture(token: Token, is_in_link: bool) -> str:
    address = str(token.attrs.get("src", ""))
    name = words(f"Picture: {token.content or address}")
    if is_in_link or not _WEB.match(address):
        return name
    return f"{_anchor(address)}{name}</a>"


def _readable(text: str) -> str:
    return _UNREADABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), _LINE_END.sub("\n", text))


def _is_link(url: str) -> bool:
    return _LINK.match(url.strip()) is not None
