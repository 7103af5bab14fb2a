"""Sessions as Markdown: what was said stays as it was, and nothing breaks out of its place."""

import json
import time

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from loom.interchange.containment import contained, fence_for, fenced
from loom.interchange.document import Entry, SessionDocument, without_secrets
from loom.interchange.markdown import to_markdown

NOON = 1777636800.0
PIECES = [
    *("# h", "```", "````", "~~~", "<!--", "</details>", "<details>", "<script>", "> ", "- ", "  ", "\n", "\n\n"),
    *("===", "---", "`", "a", "\t", "<b>", "[x]: y", "|a|b|\n|-|-|\n|<i>|", "    ", "1. ", "\\", "<br>", "<?", "\r"),
    *("<![CDATA[", "\x0b", "# ", "#", "&lt;", "\0", "<pre>\n", "\u2028"),
]
TEXTS = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
ENTRIES = st.builds(
    Entry,
    st.sampled_from(["user", "assistant", "thinking", "tool", "note"]),
    st.just(NOON),
    TEXTS,
    tool=TEXTS,
    arguments=st.dictionaries(TEXTS, TEXTS, max_size=2),
    outcome=st.sampled_from(["", "completed", "vetoed"]),
    allowed_by=TEXTS,
    images=st.lists(st.tuples(TEXTS, TEXTS), max_size=1).map(tuple),
)


def document(*entries: Entry, title: str = "A talk") -> SessionDocument:
    return SessionDocument("s-1", title, NOON, "coder", "model-x", "/work/project", entries)


def test_a_session_reads_well_as_it_is() -> None:
    text = to_markdown(
        document(
            Entry("user", NOON, "List the files\n\n- all of them"),
            Entry("thinking", NOON + 1, "I look."),
            Entry("tool", NOON + 2, "a.py\nb.py", "run_command", {"command": "ls"}, "completed", "rule ls"),
            Entry("note", NOON + 3, "context compressed: 3 turns"),
            Entry("assistant", NOON + 60, "There are *two*.", images=(("image/png", "AAAA" * 250),)),
        )
    )
    assert (
        text
        == """\
# A talk

- Started: 2026-05-01 12:00 UTC
- Agent: coder
- Model: model-x
- Workspace: /work/project
- Session: s-1
- Entries: 5

## User · 2026-05-01 12:00 UTC

List the files

- all of them

<details>
<summary>Thinking · 2026-05-01 12:00 UTC</summary>

I look.

</details>

### Tool: run\\_command · 2026-05-01 12:00 UTC

Outcome: completed. Allowed by: rule ls.

Arguments:

```json
{
  "command": "ls"
}
```

Result:

```text
a.py
b.py
```

> **Note** · 2026-05-01 12:00 UTC
>
> context compressed: 3 turns

## Assistant · 2026-05-01 12:01 UTC

There are *two*.

*Picture: image/png, 0.8 kB*
"""
    )


def test_an_empty_session_has_a_title() -> None:
    assert to_markdown(SessionDocument("", "", 0, "", "", "", ())) == "# Session\n"


def test_headings_of_a_message_go_below_those_of_the_document() -> None:
    assert contained("# a\n## b\n##### c\n\nd\n=\n\ne\nf\n---\n\n# # g #") == (
        "### a\n#### b\n###### c\n\n### d\n\n\n#### e f\n\n\n### # g #"
    )


def test_what_looks_like_a_heading_in_code_stays() -> None:
    text = "```sh\n# comment\n```\n\n    # code\n\n- # in a list\n\n`# here`"
    assert contained(text) == text


def test_an_open_fence_is_closed_and_raw_html_is_shown() -> None:
    assert contained("~~~~py\nx = 1") == "~~~~py\nx = 1\n~~~~"
    assert contained("a\n\n<!-- never\n\nended") == "a\n\n\n```\n<!-- never\n\nended\n```\n"
    assert contained("see </details> `x`") == "\n```\nsee </details> `x`\n```\n"
    assert contained("a line<br>and `List<T>`") == "a line<br>and `List<T>`"


def test_results_and_arguments_with_fences_and_hidden_characters() -> None:
    text = to_markdown(document(Entry("tool", 0, "```\n````\n\x1b[1m", "t", {"path": "a\u202eb", "n": [1]})))
    assert "`````text\n```\n````\n\\x1b[1m\n`````" in text
    assert '"path": "a\\u202eb"' in text


def test_a_very_long_message_is_shown_as_it_is_and_soon() -> None:
    started = time.process_time()
    text = contained("[" * 5_000_000)
    assert text.startswith("```\n[[[")
    assert time.process_time() - started < 5


def test_half_characters_can_be_written() -> None:
    to_markdown(document(Entry("user", 0, "\ud83d"), title="\udc00")).encode()


def test_secrets_can_be_hidden_before_a_session_is_shared() -> None:
    key = "sk-abcdefghijklmnopqrstuvwxyz"
    secret = document(Entry("tool", 0, f"key {key}", "t", {"api_key": key, "deep": [key]}), title=key)
    assert key not in to_markdown(without_secrets(secret))
    assert key in to_markdown(secret)


@given(st.text(alphabet="`~a\n ", max_size=60))
def test_any_text_in_a_fence_comes_out_of_it(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(fenced(text) + "\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].content.rstrip("\n") == text.rstrip("\n")
    assert fence_for(text) not in text


@settings(max_examples=500)
@given(st.lists(ENTRIES, max_size=4), TEXTS)
def test_whatever_the_entries_hold_the_document_keeps_its_shape(entries: list[Entry], title: str) -> None:
    text = to_markdown(document(*entries, Entry("user", NOON, "the end"), title=title))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    headings = [t.tag for t in tokens if t.type == "heading_open" and t.level == 0 and t.tag in ("h1", "h2")]
    spoken = sum(entry.kind in ("user", "assistant") for entry in entries)
    assert headings == ["h1", *["h2"] * (spoken + 1)]
    markup = [token.content for token in tokens if token.type == "html_block"]
    folds = sum(entry.kind == "thinking" for entry in entries)
    assert sum(content.startswith("<details>\n<summary>Thinking") for content in markup) == folds
    assert sum(content.strip() == "</details>" for content in markup) == folds
    assert len(markup) == 2 * folds
    inline = [inner for token in tokens for inner in token.children or [] if inner.type == "html_inline"]
    assert {inner.content.lower() for inner in inline} <= {"<br>"}
    assert tokens[-2].content == "the end"


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=20), min_size=1, max_size=3))
def test_arguments_in_plain_characters_are_json_again(arguments: dict[str, str]) -> None:
    plain = {name: value for name, value in arguments.items() if (name + value).isprintable()}
    text = to_markdown(document(Entry("tool", 0, "", "t", plain)))
    if plain:
        fence = next(token for token in MarkdownIt("commonmark").parse(text) if token.type == "fence")
        assert json.loads(fence.content) == plain
