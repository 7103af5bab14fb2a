"""Markdown in blocks: what is settled stays, what grows is the last."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom_studio.transcript_row import TranscriptRow
from loom_studio.widgets.markdown_blocks import LIMIT_CHARS, blocks, code_parts, cuts, is_code
from loom_studio.widgets.row_blocks import blocks_of
from tests.support.transcripts import ANSWER

MARKS = st.text(alphabet="a`~\n #-| 1.", max_size=120)


def test_code_stays_one_block_while_it_is_written() -> None:
    assert len(blocks(ANSWER)) == 4
    assert code_parts(blocks(ANSWER)[2]) == ("python", "def f(x):\n    return x  # yes", True)
    assert code_parts("```py\nx = 1\n\ny") == ("py", "x = 1\n\ny", False)


def test_a_half_written_language_is_none_yet() -> None:
    assert code_parts("```pytho") == ("", "", False)


def test_a_fence_ends_only_at_one_as_long() -> None:
    text = "````md\n```py\nx\n```\n````\nafter"
    assert blocks(text) == ["````md\n```py\nx\n```\n````\n", "after"]
    assert code_parts(blocks(text)[0]) == ("md", "```py\nx\n```", True)


def test_code_in_a_list_loses_the_lists_indent() -> None:
    assert code_parts("  ```py\n  if x:\n    y\n  ```") == ("py", "if x:\n  y", True)


def test_a_paragraph_of_a_list_stays_in_it() -> None:
    assert blocks("- one\n\n  still one\n- two\n\nafter\n") == ["- one\n\n  still one\n- two\n\n", "after\n"]


def test_a_backtick_in_the_line_makes_it_no_fence() -> None:
    assert not is_code("```not` code\n")


@given(MARKS)
def test_blocks_lose_nothing_but_empty_lines(text: str) -> None:
    assert "".join("".join(blocks(text)).split()) == "".join(text.split())


@given(MARKS)
def test_each_block_says_where_it_begins(text: str) -> None:
    assert all(text.startswith(block, start) for start, block in cuts(text))


@given(st.lists(st.text(alphabet="a`~\n #-| 1.", min_size=1, max_size=9), min_size=1, max_size=20))
def test_a_text_that_grows_is_cut_as_if_it_had_come_whole(pieces: list[str]) -> None:
    before, known, text = None, [], ""
    for piece in pieces:
        text += piece
        row = TranscriptRow("a", "assistant", text, is_streaming=True)
        known = blocks_of(row, before, known)
        before = row
    assert known == blocks_of(TranscriptRow("a", "assistant", text, is_streaming=True))


@pytest.mark.parametrize("line", ["word " * 2000, "- item\n" * 2000, "x" * 9000])
def test_no_text_but_code_makes_a_block_of_any_size(line: str) -> None:
    assert max(map(len, blocks(line))) < LIMIT_CHARS + 250
    assert "".join(blocks(line)) == line


def test_what_is_settled_is_not_cut_again() -> None:
    row = TranscriptRow("a", "assistant", ANSWER)
    known = blocks_of(row)
    grown = blocks_of(TranscriptRow("a", "assistant", ANSWER + "- three\n\nmore"), row, known)
    assert [one is other for one, other in zip(known, grown, strict=False)] == [True, True, True, False]
