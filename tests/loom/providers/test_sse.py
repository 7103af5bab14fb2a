"""The reader of event streams: whatever the cut, whatever the line ending, the same events."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.providers.wire.sse import MAX_EVENT_BYTES, Event, EventDecoder

TEXTS = st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12), max_size=6)


def read(*chunks: bytes) -> list[Event]:
    decoder = EventDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return [stream[begin:end] for begin, end in itertools.pairwise(marks)]


@given(TEXTS, st.sampled_from([b"\n", b"\r\n", b"\r"]), st.lists(st.integers(0, 500), max_size=12))
def test_events_do_not_depend_on_where_the_bytes_were_cut(texts: list[str], end: bytes, places: list[int]) -> None:
    stream = b"".join(b"data: " + text.encode() + end + end for text in texts)
    assert [event.data.decode() for event in read(*cut(stream, places))] == texts


@given(st.lists(st.integers(0, 500), max_size=12))
def test_comments_names_and_long_data_do_not_depend_on_the_cut_either(places: list[int]) -> None:
    stream = b"\xef\xbb\xbf: hi\n\nevent: a\ndata: 1\ndata: 2\n\nid: 7\nretry: 5\n\ndata:3\n\n\n\n"
    stream += b"event: b\n\ndata: 4\n\n"
    assert read(*cut(stream, places)) == [Event("a", b"1\n2"), Event("message", b"3"), Event("message", b"4")]


def test_a_byte_at_a_time_gives_whole_characters() -> None:
    stream = "data: Grüße 🌊\n\n".encode()
    assert read(*[stream[i : i + 1] for i in range(len(stream))]) == [Event("message", "Grüße 🌊".encode())]


def test_a_carriage_return_alone_ends_its_line_at_once() -> None:
    assert read(b"data: a\r\r") == [Event("message", b"a")]


def test_a_line_end_cut_in_two_is_one_line_end() -> None:
    assert read(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [Event("message", b"a\nb")]


def test_data_without_a_space_and_with_two_keep_what_is_theirs() -> None:
    assert read(b"data:a\n\ndata:  b\n\n") == [Event("message", b"a"), Event("message", b" b")]


def test_a_name_that_came_before_the_cut_is_the_events() -> None:
    assert read(b"event: error\n", b"data: x\n\n") == [Event("error", b"x")]


def test_comments_and_events_without_data_are_no_events() -> None:
    assert read(b": ping\n\nevent: ping\n\n: ping\n\n") == []


def test_what_was_not_finished_is_no_event() -> None:
    assert read(b'data: {"a": 1') == []


def test_an_event_without_end_is_refused_before_it_eats_the_memory() -> None:
    decoder = EventDecoder()
    for piece in (b"data: ", *[b"x" * (MAX_EVENT_BYTES // 4)] * 3):
        decoder.feed(piece)
    with pytest.raises(ValueError, match="more than 32 MiB"):
        decoder.feed(b"x" * (MAX_EVENT_BYTES // 4))
