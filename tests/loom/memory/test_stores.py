"""What every store does: the same for the one in memory and the one on the disk."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from loom.errors import SessionInUseError, StoreError
from loom.memory.records import SESSION_CHANGED, SESSION_REWOUND, NewRecord
from loom.memory.replay import replay
from loom.memory.store import Store
from tests.support.stores import fill, make_store, said


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = make_store(request.param, tmp_path)
    yield made
    made.close()


def test_records_come_back_as_they_were_and_in_order(store: Store) -> None:
    lease = store.acquire("s")
    data = {"text": "héllo 你好 \ud800 \x00", "list": [1, 2.5, None, True], "nested": {"a": {"b": "c"}}}
    assert store.append(lease, [NewRecord("x.one", data, "r", 12.5), NewRecord("x.two", {})]).result() == 2
    assert store.append(lease, [NewRecord("x.three", {})]).result() == 3
    found = store.records("s")
    assert [(r.n, r.type) for r in found] == [(1, "x.one"), (2, "x.two"), (3, "x.three")]
    assert found[0].data["list"] == data["list"]
    assert found[0].data["nested"] == data["nested"]
    assert (found[0].run_id, found[0].at) == ("r", 12.5)
    assert [r.n for r in store.records("s", after=1, limit=1)] == [2]
    assert store.records("none") == []


def test_what_a_cancelled_task_waits_for_is_written_and_so_is_what_comes_after(store: Store) -> None:
    lease = store.acquire("s")

    async def cancel_who_waits() -> int:
        for number in range(20):
            written = store.append(lease, [NewRecord("x.one", {"n": number})])
            waiting = asyncio.ensure_future(asyncio.wrap_future(written))
            await asyncio.sleep(0)
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await waiting
        last = store.append(lease, [NewRecord("x.last", {})])
        return await asyncio.wait_for(asyncio.wrap_future(last), 150)

    assert asyncio.run(cancel_who_waits()) == 21
    assert [record.data["n"] for record in store.records("s")[:-1]] == list(range(20))


def test_a_session_has_one_writer_and_an_older_one_is_fenced_off(store: Store) -> None:
    first = store.acquire("s")
    store.append(first, said("hello")).result()
    first.is_busy = True
    with pytest.raises(SessionInUseError):
        store.acquire("s")
    first.is_busy = False
    second = store.acquire("s")
    assert second.fence > first.fence
    with pytest.raises(SessionInUseError, match="taken over"):
        store.append(first, said("too late")).result()
    store.append(second, said("in time")).result()
    assert [m.text for m in replay(store.records("s")).history] == ["hello", "in time"]
    assert store.owner_of("s")
    store.release(second)
    store.release(second)
    store.acquire("s")


def test_the_list_says_what_the_log_says(store: Store) -> None:
    fill(store, "one", "What is a fold?\nIn Haskell.", "And a scan?")
    lease = store.acquire("two")
    store.append(lease, said("later")).result()
    store.append(lease, [NewRecord("tool.approval_requested", {"tool": "t"}, "r1")]).result()
    listed = store.sessions()
    assert [each.id for each in listed] == ["two", "one"]
    one = listed[1]
    assert (one.title, one.state, one.messages, one.agent, one.model) == ("What is a fold?", "done", 4, "a", "m")
    assert one.preview == "ok"
    assert listed[0].state == "waiting"
    assert store.session("nobody") is None


def test_title_pin_archive_and_tags_are_records_too(store: Store) -> None:
    fill(store, "s", "hello")
    store.annotate("s", {"title": "Mine", "is_named": True, "is_pinned": True, "tags": ["a", "b"]})
    store.annotate("s", {"is_archived": True})
    found = store.session("s")
    assert found is not None
    assert (found.title, found.is_pinned, found.is_archived, found.tags) == ("Mine", True, True, ("a", "b"))
    assert store.sessions(with_archived=False) == []
    assert [r.type for r in store.records("s")][-2:] == [SESSION_CHANGED, SESSION_CHANGED]
    with pytest.raises(StoreError):
        store.annotate("none", {"title": "x"})


@pytest.mark.parametrize("query", ["quicksort", "QUICKSORT pivot", '"def quick"', "快速", "快", "a.b(", "pi"])
def test_search_finds_words_code_and_chinese_in_either_case(store: Store, query: str) -> None:
    text = "Explain def quicksort(xs): pivot = a.b(c) and 快速排序 please"
    fill(store, "s", "something else", text)
    fill(store, "t", "nothing of it")
    hits = store.search(query)
    assert [hit.session_id for hit in hits] == ["s"]
    (hit,) = hits
    assert hit.role == "user"
    assert hit.spans
    assert next(r for r in store.records("s") if r.n == hit.n).data["prompt"] == text
    for start, end in hit.spans:
        assert hit.snippet[start:end].lower() in query.lower()


def test_search_finds_what_a_tool_was_asked_to_write(store: Store) -> None:
    fill(store, "s", "make it")
    lease = store.acquire("s")
    arguments = {"path": "rows.py", "edits": [{"content": "def parse_row(x): ...", "n": 1}]}
    asked = {"call_id": "c", "tool": "write_file", "arguments": arguments, "step": 1, "malformed": ""}
    silent = {**asked, "arguments": {"n": 1}}
    n = store.append(lease, [NewRecord("tool.requested", asked)]).result()
    store.append(lease, [NewRecord("tool.requested", silent)]).result()
    store.release(lease)
    assert [(hit.n, hit.role) for hit in store.search("parse_row")] == [(n, "tool")]
    assert len(store.search("write_file")) == 1


def test_search_takes_any_text_as_words(store: Store) -> None:
    fill(store, "s", 'it said 100% "sure" and under_score \\ * NEAR(x)')
    for query in ("100%", "under_score", "\\", "NEAR(x)", '"', "", "  ", '* "', "'; DROP TABLE events; --"):
        store.search(query)
    assert store.search("100%")
    assert store.search("under_score")
    assert not store.search("underXscore")


def test_what_was_rewound_is_not_found_nor_told_to_the_model(store: Store) -> None:
    fill(store, "s", "first words", "second words")
    lease = store.acquire("s")
    begin = next(r.n for r in store.records("s") if r.data.get("prompt") == "second words")
    store.append(lease, [NewRecord(SESSION_REWOUND, {"to": begin - 1})]).result()
    store.append(lease, said("third words", run="r9")).result()
    assert [m.text for m in replay(store.records("s")).history] == ["first words", "ok", "third words"]
    if store.is_durable:
        assert store.search("second words") == []
    assert len(store.search("third words")) == 1
    assert any(r.data.get("prompt") == "second words" for r in store.records("s"))


def test_a_fork_is_a_session_of_its_own(store: Store) -> None:
    fill(store, "s", "first", "second")
    begin = next(r.n for r in store.records("s") if r.data.get("prompt") == "second")
    made = store.fork("s", begin - 1, "f")
    assert (made.parent_id, made.parent_n, made.title, made.state) == ("s", begin - 1, "first", "done")
    assert [m.text for m in replay(store.records("f")).history] == ["first", "ok"]
    store.delete("s")
    assert store.session("s") is None
    assert store.records("s") == []
    assert store.search("second") == []
    assert len(store.search("first")) == 1
    assert [m.text for m in replay(store.records("f")).history] == ["first", "ok"]
    with pytest.raises(StoreError):
        store.fork("s", None, "g")
    with pytest.raises(StoreError):
        store.fork("f", None, "f")


def test_a_fork_in_the_middle_of_a_run_is_no_interrupted_run(store: Store) -> None:
    lease = store.acquire("s")
    call = {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "name": "t", "arguments": {}}]}
    records = [*said("go"), NewRecord("history.message", call, "r1"), NewRecord("tool.started", {"call_id": "c"}, "r1")]
    store.append(lease, records).result()
    made = store.fork("s", None, "f")
    forked = replay(store.records("f"))
    assert made.state == "idle"
    assert forked.open_run is None
    assert [m.role for m in forked.history] == ["user", "assistant", "tool"]
    assert replay(store.records("s")).open_run is not None


def test_a_deleted_session_is_not_written_to_any_more(store: Store) -> None:
    lease = store.acquire("s")
    store.append(lease, said("hello")).result()
    store.delete("s")
    with pytest.raises(SessionInUseError):
        store.append(lease, said("ghost")).result()
    assert store.sessions() == []
