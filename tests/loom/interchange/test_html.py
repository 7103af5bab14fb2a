"""Sessions as one HTML page: readable, and no text of a session is anything but text."""

import base64
import re
import time
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from loom.interchange.code_colours import LANGUAGES, CodeColours
from loom.interchange.document import Entry, EntryKind, SessionDocument
from loom.interchange.html import POLICY, to_html
from loom.interchange.html_style import STYLE
from loom.interchange.html_text import MarkdownHtml

NOON = 1777636800.0
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "article", "section", "h1", "h2",
    "h3", "h4", "h5", "h6", "dl", "dt", "dd", "div", "p", "span", "time", "pre", "code", "blockquote", "ul", "ol",
    "li", "table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s", "a", "br", "hr", "img", "details",
    "summary",
}  # fmt: skip
ATTRIBUTES = {
    "html": {"lang"}, "meta": {"charset", "http-equiv", "content", "name"}, "h1": {"dir"}, "div": {"class", "dir"},
    "article": {"class"}, "header": {"class"}, "span": {"class"}, "pre": {"class"}, "p": {"class"},
    "time": {"datetime"}, "a": {"href", "rel", "title"}, "img": {"src", "alt"}, "ol": {"start"}, "th": {"class"},
    "td": {"class"},
}  # fmt: skip
VOID = {"meta", "br", "hr", "img"}


class Page(HTMLParser):
    """What a browser would find in a page: elements with attributes, text, and whether all are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.odd: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.odd += self._open

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.odd.append(f"</{tag}>")

    @override
    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.words.append(data)

    @override
    def handle_comment(self, data: str) -> None:
        self.odd.append(f"<!--{data}")

    @override
    def unknown_decl(self, data: str) -> None:
        self.odd.append(f"<![{data}")

    @override
    def handle_pi(self, data: str) -> None:
        self.odd.append(f"<?{data}")

    @property
    def text(self) -> str:
        return "".join(self.words)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def document(*entries: Entry, title: str = "A talk", **fields: Any) -> SessionDocument:
    known = {"agent": "coder", "model": "model-x", "workspace": "/work/project", **fields}
    return SessionDocument("s-1", title, NOON, entries=entries, **known)


def page(*entries: Entry, **fields: Any) -> Page:
    """The page, which must be harmless whatever is in it."""
    made = to_html(document(*entries, **fields))
    made.encode()
    found = Page(made)
    check(found)
    return found


def check(found: Page) -> None:
    assert found.odd == []
    for tag, attributes in found.elements:
        assert tag in ELEMENTS
        assert attributes.keys() <= ATTRIBUTES.get(tag, set()), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert re.fullmatch(r"[a-z0-9 ]*", attributes.get("class") or "")
    for link in found.all("a"):
        assert re.match(r"(https?://|mailto:)", link["href"] or "", re.IGNORECASE)
        assert link["rel"] == "noopener noreferrer"
    for picture in found.all("img"):
        assert re.fullmatch(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+", picture["src"] or "")
    assert len(found.all("style")) == 1
    assert [m["content"] for m in found.all("meta") if m.get("http-equiv")] == [POLICY]


def answer(text: str) -> Page:
    return page(Entry("assistant", NOON, text))


def test_a_session_is_readable() -> None:
    found = page(
        Entry("user", NOON, "List the <files>\n  please"),
        Entry("thinking", NOON + 1, "I *look*."),
        Entry("tool", NOON + 2, "a.py", "run_command", {"command": "ls"}, "completed", "rule ls"),
        Entry("note", NOON + 3, "context compressed: 3 turns"),
        Entry("assistant", NOON + 4, "# Found\n\n| a | b |\n|:-:|--:|\n| 1 | 2 |\n\n3. x\n\n> y ~~z~~ **w**"),
        title="Files & <folders>",
    )
    for words in ("Files & <folders>", "List the <files>\n  please", "run_command", "a.py", "rule ls", "3 turns"):
        assert words in found.text
    tags = [tag for tag, _ in found.elements]
    assert tags.count("h1") == 1
    assert tags.count("main") == 1
    assert tags.count("h2") == 2
    assert tags.count("h3") == 3
    assert {"details", "table", "blockquote", "em", "strong", "s", "time"} <= set(tags)
    assert {"start": "3"} in found.all("ol")
    assert [cell.get("class") for cell in found.all("td")] == ["center", "right"]
    assert {"datetime": "2026-05-01T12:00:00Z"} in found.all("time")


def test_headings_never_skip_a_level_on_the_way_down_from_the_page() -> None:
    found = answer("# a\n\n###### b")
    assert [tag for tag, _ in found.elements if re.fullmatch(r"h\d", tag)] == ["h1", "h2", "h3", "h6"]


def test_code_is_coloured_in_known_languages_only() -> None:
    assert {"class": "k"} in answer("```python\ndef f(): pass\n```").all("span")
    assert answer("```nosuchlanguage\ndef f(): pass\n```").all("span") == []
    assert answer("```py" + "x" * 9 + "\n" + "```").all("span") == []


def test_every_language_that_is_named_is_known_to_pygments() -> None:
    for language in LANGUAGES:
        assert Page(f"<p>{CodeColours().of('a = 1 # <b>', language)}</p>").text == "a = 1 # <b>", language


def test_a_document_colours_only_so_much_code() -> None:
    colours = CodeColours(total_chars=10_000)
    made = [colours.of("x = 1\n" * 500, "python") for _ in range(4)]
    assert "<span" in made[0]
    assert "<span" not in made[-1]
    assert "<span" not in CodeColours().of("x = 1\n" * 4000, "python")


def test_a_long_result_is_folded_and_a_short_one_is_not() -> None:
    assert page(Entry("tool", 0, "line\n" * 15, "t")).all("details") == []
    found = page(Entry("tool", 0, "line\n" * 40, "t"))
    assert len(found.all("details")) == 1
    assert "40 lines" in found.text


def test_pictures_are_in_the_page_and_others_are_named() -> None:
    data = base64.b64encode(b"\x89PNG").decode()
    found = page(Entry("user", 0, "see", images=(("image/png", data), ("image/svg+xml", data), ("image/png", '"x'))))
    assert found.all("img") == [{"src": f"data:image/png;base64,{data}", "alt": "Picture 1"}]
    assert "Picture 2 is left out: image/svg+xml" in found.text


def test_invisible_characters_are_shown() -> None:
    found = page(
        Entry("tool", 0, "\x1b[2J\u202e", "t\u200b", {"path": "a\u202eb\u200bc"}),
        Entry("user", 0, "over\u202eride \0 half \ud83d"),
        Entry("assistant", 0, "over&#x202e;ride `\u200b` \U0001f469\u200d\U0001f4bb"),
        title="t\u202eitle",
    )
    for shown in (
        "a\\u202eb\\u200bc",
        "\\x1b[2J\\u202e",
        "t\\u200b",
        "over\\u202eride",
        "half \\ud83d",
        "t\\u202eitle",
    ):
        assert shown in found.text
    assert "\U0001f469\u200d\U0001f4bb" in found.text
    assert "\u202e" not in found.text


KINDS: tuple[EntryKind, ...] = ("user", "assistant", "thinking", "tool", "note")
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</pre></code></details></main></body></html><iframe src=//evil.example>",
    "<!-- <script>",
    "--><script>alert(1)</script>",
    "<![CDATA[<script>]]>",
    "<?php x ?>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/a)",
    "<javascript:alert(1)>",
    "<data:image/png;base64,AAAA>",
    "[x][1]\n\n[1]: javascript:alert(1)",
    '[x](https://a.example/"onmouseover="alert(1))',
    "[x](https://a.example 'a\" onclick=\"alert(1)')",
    '![x" onerror="alert(1)](https://a.example/p.png)',
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](data:image/png;base64,AAAA)",
    "[![a](https://a.example/p.png)](https://b.example)",
    '```"><script>alert(1)</script>\nx\n```',
    "```x;}body{background:url(https://evil.example)}\nx\n```",
    "``` onclick=alert(1)\nx\n```",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "```python\n'</span><script>'\n```",
    "| a |\n|:-:|\n| <b onclick=x> |",
    "# <script>\n===",
    "&lt;script&gt; &#60;script&#62;",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_gets_beyond_being_text(attack: str) -> None:
    for kind in KINDS:
        page(
            Entry(kind, NOON, attack, tool=attack, arguments={attack: attack}, allowed_by=attack, outcome="failed"),
            Entry("user", NOON, "", images=((attack, "AAAA"), ("image/png", attack))),
            title=attack,
            agent=attack,
            model=attack,
            workspace=attack,
        )


def test_remote_pictures_become_links_and_are_never_loaded() -> None:
    found = answer("![a chart](https://a.example/p.png)\n\n[![b](https://a.example/q.png)](https://b.example)")
    assert found.all("img") == []
    assert [link["href"] for link in found.all("a")] == ["https://a.example/p.png", "https://b.example"]
    assert "Picture: a chart" in found.text


def test_web_and_mail_links_stay() -> None:
    found = answer('[a](https://a.example/?q="x"&y "t") <mailto:b@c.example> [d](HTTP://D.example)')
    assert [link["href"] for link in found.all("a")] == [
        "https://a.example/?q=%22x%22&y",
        "mailto:b@c.example",
        "HTTP://D.example",
    ]


def test_nothing_in_the_page_names_another_place() -> None:
    made = to_html(document(Entry("assistant", NOON, "hello")))
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert "http:" not in made
    assert "https:" not in made
    assert "<script" not in made
    assert "<link" not in made


PATTERNS = [
    "[",
    "![",
    "*a ",
    "a**b_c",
    "` `` ",
    "> ",
    "- ",
    "[a](",
    "|a",
    "~~a ",
    "<a ",
    "[x\n",
    "&a",
    "*_",
    "\\",
    "1. ",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_markdown_made_to_be_slow_is_not(pattern: str) -> None:
    started = time.process_time()
    MarkdownHtml(CodeColours()).render(pattern * (50_000 // len(pattern)))
    assert time.process_time() - started < 10


def test_a_document_of_many_slow_texts_is_shown_plain_when_the_time_is_used_up() -> None:
    markdown = MarkdownHtml(CodeColours(), most_s=1e-9)
    assert "<strong>" in markdown.render("**a**")
    assert markdown.render("**<b>**") == '<pre class="plain">**&lt;b&gt;**</pre>'


@pytest.mark.parametrize("kind", KINDS)
def test_five_megabytes_take_seconds(kind: EntryKind) -> None:
    started = time.process_time()
    made = to_html(document(Entry(kind, NOON, "[a](" * 1_250_000, "t")))
    assert len(made) > 5_000_000
    assert time.process_time() - started < 10


PIECES = [
    *ATTACKS,
    *"<>\"'&`[]()!*_#|\n",
    "```",
    "\n\n",
    "    ",
    "- ",
    "1. ",
    "> ",
    "https://a.example",
    "\ud800",
    "\0",
]
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
JSON = st.recursive(
    st.one_of(TEXTS, st.integers(), st.floats(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=2)),
    max_leaves=3,
)
ENTRIES = st.builds(
    Entry,
    st.sampled_from(KINDS),
    st.floats(),
    TEXTS,
    tool=TEXTS,
    arguments=st.dictionaries(TEXTS, JSON, max_size=2),
    outcome=st.sampled_from(["", "completed", "failed", "vetoed", "unknown", "pending"]),
    allowed_by=TEXTS,
    images=st.lists(st.tuples(st.one_of(TEXTS, st.just("image/png")), TEXTS), max_size=2).map(tuple),
)


@settings(max_examples=400)
@given(st.lists(ENTRIES, max_size=3), TEXTS)
def test_whatever_a_document_holds_the_page_is_harmless_and_whole(entries: list[Entry], text: str) -> None:
    found = page(*entries, title=text, agent=text, model=text, workspace=text)
    assert found.text.strip().endswith("Exported by Loom Studio.")
