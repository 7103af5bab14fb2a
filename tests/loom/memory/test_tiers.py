"""The tiers of 0.7.3, for code: each does what it says, also with bad keys, damaged files and vectors."""

from pathlib import Path

import pytest

from loom.errors import StoreError
from loom.memory import (
    InMemoryStore,
    MemoryEntry,
    MemoryStore,
    PersistentMemory,
    SemanticMemory,
    SessionMemory,
    WorkingMemory,
)
from loom.types.messages import Message


def test_a_session_keeps_its_last_messages() -> None:
    memory = SessionMemory(max_size=3)
    for number in range(5):
        memory.add(Message("user", str(number)))
    assert [message.text for message in memory.get_recent(2)] == ["3", "4"]
    assert len(memory.messages) == 3
    assert memory.get_recent(0) == []
    memory.clear()
    assert memory.get_recent() == []


def test_the_working_tier_has_its_fields_and_a_scratch_pad() -> None:
    memory = WorkingMemory()
    memory.update_dashboard(rho=0.5, plan=["look"], no_such_field=1)
    memory.set_scratch("found", [1, 2])
    assert memory.dashboard.rho == 0.5
    assert memory.dashboard.plan == ["look"]
    assert not hasattr(memory.dashboard, "no_such_field")
    assert memory.get_scratch("found") == [1, 2]
    assert memory.get_scratch("lost") is None


def test_objects_outlive_the_process_and_no_key_leads_out(tmp_path: Path) -> None:
    memory = PersistentMemory(str(tmp_path / "kept"))
    assert not (tmp_path / "kept").exists()
    assert memory.load("taste") is None
    memory.save("taste", {"indent": "tabs", "漢": "字"})
    assert PersistentMemory(str(tmp_path / "kept")).load("taste") == {"indent": "tabs", "漢": "字"}
    for key in ("../escaped", "a/b", "", ".", "..", "a\x00", "x" * 200, "/etc/x"):
        with pytest.raises(StoreError, match="is no key"):
            memory.save(key, {})
    with pytest.raises(StoreError, match="can't be kept"):
        memory.save("taste", {"what": object()})
    assert memory.load("taste") == {"indent": "tabs", "漢": "字"}
    memory.delete("taste")
    memory.delete("taste")
    assert memory.load("taste") is None
    (tmp_path / "kept" / "bad.json").write_text("{")
    with pytest.raises(StoreError, match="can't be read"):
        memory.load("bad")


def test_a_store_of_values() -> None:
    store: MemoryStore = InMemoryStore()
    store.save("a", {"x": 1})
    assert store.load("a") == {"x": 1}
    assert store.load("b") is None


def test_entries_are_found_by_words_the_rarest_first_and_nothing_else_is() -> None:
    memory = SemanticMemory()
    for text in ("the build uses hatchling", "the window is built with Qt", "the tests use pytest", "決定は明日"):
        memory.add(MemoryEntry(text))
    assert [entry.content for entry in memory.search("which build tool, hatchling?")] == ["the build uses hatchling"]
    assert memory.search("the", top_k=0) == []
    assert memory.search("nothing like it") == []
    assert [entry.content for entry in memory.search("明日")] == ["決定は明日"]
    assert len(memory.search("the")) == 3


def test_vectors_find_what_no_word_does() -> None:
    memory = SemanticMemory()
    memory.add(MemoryEntry("a cat", [1.0, 0.0]))
    memory.add(MemoryEntry("a car", [0.0, 1.0]))
    memory.add(MemoryEntry("no vector"))
    assert [e.content for e in memory.search("kitten", query_embedding=[0.9, 0.1])] == ["a cat", "a car"]
    assert memory.search("kitten", query_embedding=[0.0, 0.0, 1.0]) == []


def test_kept_entries_are_there_again_and_the_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    file = tmp_path / "entries.jsonl"
    memory = SemanticMemory(max_size=10, persist_path=str(file))
    for number in range(100):
        memory.add(MemoryEntry(f"entry {number}", metadata={"n": number}))
    assert len(file.read_text().splitlines()) <= 20
    again = SemanticMemory(max_size=10, persist_path=str(file))
    assert [entry.content for entry in again.entries] == [f"entry {number}" for number in range(90, 100)]
    assert again.entries[-1].metadata == {"n": 99}


def test_what_0_7_3_wrote_and_what_was_cut_off_is_read(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text('[{"content": "one", "embedding": null, "metadata": null}]')
    memory = SemanticMemory(persist_path=str(old))
    memory.add(MemoryEntry("two"))
    assert [entry.content for entry in SemanticMemory(persist_path=str(old)).entries] == ["one", "two"]
    with old.open("a") as opened:
        opened.write('{"content": "thr')
    memory = SemanticMemory(persist_path=str(old))
    memory.add(MemoryEntry("four"))
    assert [entry.content for entry in SemanticMemory(persist_path=str(old)).entries] == ["one", "two", "four"]


def test_a_damaged_file_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "bad"
    file.write_text("{not json}\n")
    with pytest.raises(StoreError, match="is damaged"):
        SemanticMemory(persist_path=str(file))
    assert file.read_text() == "{not json}\n"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(StoreError, match="can't be read"):
        SemanticMemory(persist_path=str(file))
