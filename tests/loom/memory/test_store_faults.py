"""Torn, damaged, locked, full, moved and later files: the bytes are kept, the rest loads, a message says what."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loom import SessionConfig, create_agent, tool
from loom.config import AgentConfig, ModelRef
from loom.errors import StoreError
from loom.memory import sqlite_schema
from loom.memory.replay import replay
from loom.memory.sqlite_store import SQLiteStore
from loom.providers.scripted import ScriptedProvider
from loom.threads import in_thread
from loom.types.runs import RunState
from tests.support.agents import assert_catalogued, of_type
from tests.support.ledger import Ledger
from tests.support.stores import fill, said


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "data" / "loom.db"


def raw(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER IF EXISTS events_no_update")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def filled(db: Path) -> None:
    store = SQLiteStore(db)
    for number in range(3):
        fill(store, f"s{number}", f"message {number}", "another " * 300)
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
def test_the_files_are_nobody_elses(db: Path) -> None:
    store = SQLiteStore(db)
    fill(store, "s", "secret")
    for file in db.parent.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
    assert db.parent.stat().st_mode & 0o077 == 0
    store.close()


def test_rows_of_the_log_can_be_neither_changed_nor_deleted(db: Path) -> None:
    filled(db)
    connection = sqlite3.connect(db)
    for statement in ("UPDATE events SET data = '{}'", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


def test_a_record_whose_bytes_changed_is_left_out_and_told_and_stays(db: Path) -> None:
    filled(db)
    raw(db, "UPDATE events SET data = replace(data, 'message 1', 'massage 1') WHERE session = 's1' AND n = 2")
    raw(db, "UPDATE events SET data = '{\"torn' WHERE session = 's1' AND n = 4")
    store = SQLiteStore(db)
    assert [r.n for r in store.records("s1")][:4] == [1, 3, 5, 6]
    assert [(d.session_id, d.n) for d in store.damaged()] == [("s1", 2), ("s1", 4)]
    assert len(store.check()) == 2
    assert len(store.sessions()) == 3
    assert replay(store.records("s0")).history[0].text == "message 0"
    store.close()
    connection = sqlite3.connect(db)
    assert connection.execute("SELECT data FROM events WHERE session = 's1' AND n = 4").fetchone() == ('{"torn',)
    connection.close()


async def test_a_session_with_a_damaged_record_opens_and_says_so(db: Path) -> None:
    await in_thread(filled, db)
    await in_thread(raw, db, "UPDATE events SET data = '{' WHERE session = 's1' AND n = 3")
    store = await in_thread(SQLiteStore, db)
    ref = ModelRef.scripted(["fine"])
    agent = create_agent(AgentConfig(model=ref), provider=ScriptedProvider(ref), store=store)
    session = agent.session(SessionConfig(id="s1"))
    assert (await session.run("go on")).output == "fine"
    assert session.notices == ["Record 3 can't be read: its bytes are not those that were written"]
    await agent.aclose()
    await in_thread(store.close)


def test_a_file_that_is_no_database_is_set_aside_whole(db: Path) -> None:
    db.parent.mkdir(parents=True)
    db.write_bytes(b"this was somebody's file\n" * 400)
    store = SQLiteStore(db)
    (notice,) = store.notices
    (aside,) = db.parent.glob("loom.db.damaged-*")
    assert str(aside) in notice
    assert aside.read_bytes() == b"this was somebody's file\n" * 400
    fill(store, "s", "works")
    store.close()


def test_what_can_be_read_of_a_broken_file_is_saved(db: Path) -> None:
    store = SQLiteStore(db)
    for number in range(40):
        fill(store, f"s{number:02}", *(f"message {number} {part} " + "x" * 300 for part in range(10)))
    store.close()
    whole = db.read_bytes()
    with db.open("r+b") as file:  # some pages in the middle, and the list of sessions' own
        for page in range(20, 60, 7):
            file.seek(page * 4096)
            file.write(os.urandom(4096))
    broken = db.read_bytes()
    assert broken != whole
    store = SQLiteStore(db)
    store_faults = store.check()
    assert store_faults
    said_so = store.repair()
    assert "saved" in said_so
    (aside,) = [each for each in db.parent.glob("loom.db.damaged-*") if each.name.count("-") == 2]
    assert aside.read_bytes() == broken
    assert store.check() == []
    saved = store.sessions()
    assert 20 < len(saved) <= 40
    texts = [m.text for each in saved for m in replay(store.records(each.id)).history if m.role == "user"]
    assert len(texts) > 200
    assert all(text.startswith("message ") for text in texts)
    fill(store, "new", "goes on")
    assert store.search("goes on")
    store.close()


def test_the_list_is_made_again_from_the_log(db: Path) -> None:
    filled(db)
    raw(db, "DELETE FROM sessions WHERE id = 's1'")
    raw(db, "UPDATE sessions SET last_n = 3, title = 'wrong' WHERE id = 's2'")
    raw(db, "DELETE FROM texts")
    store = SQLiteStore(db)
    assert store.notices == ["2 sessions in the list were made again from the log"]
    assert {each.id: each.title for each in store.sessions()} == {f"s{n}": f"message {n}" for n in range(3)}
    assert [hit.session_id for hit in store.search("message 1")] == ["s1"]
    store.close()


def test_a_file_of_a_later_version_is_only_read(db: Path) -> None:
    filled(db)
    raw(db, f"PRAGMA user_version={sqlite_schema.VERSION + 1}")
    before = db.read_bytes()
    store = SQLiteStore(db)
    assert "later version" in store.problem
    assert len(store.sessions()) == 3
    with pytest.raises(StoreError, match="Update loom"):
        store.acquire("s1")
    with pytest.raises(StoreError):
        store.delete("s1")
    store.close()
    assert db.read_bytes() == before


def test_an_older_file_is_copied_before_it_is_changed(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(db)
    steps = {
        sqlite_schema.VERSION: lambda c: c.execute("ALTER TABLE sessions ADD COLUMN colour TEXT") and None,
        sqlite_schema.VERSION + 1: lambda c: c.execute("THIS IS NO SQL") and None,
    }
    monkeypatch.setattr(sqlite_schema, "MIGRATIONS", steps)
    monkeypatch.setattr(sqlite_schema, "VERSION", sqlite_schema.VERSION + 2)
    with pytest.raises(StoreError):
        sqlite_schema.connect_to_write(db, fsync=True)
    (copied,) = db.parent.glob("loom.db.v*")
    for file in (db, copied):
        connection = sqlite3.connect(file)
        assert connection.execute("SELECT count(*) FROM events").fetchone()[0] > 20
        assert "colour" not in str(connection.execute("SELECT sql FROM sqlite_master WHERE name='sessions'").fetchone())
        connection.close()


def test_nothing_is_written_to_a_file_that_was_moved_away(db: Path) -> None:
    store = SQLiteStore(db)
    lease = store.acquire("s")
    store.append(lease, said("before")).result()
    db.rename(db.with_name("elsewhere.db"))
    with pytest.raises(StoreError, match="moved or deleted"):
        store.append(lease, said("lost?")).result()
    db.with_name("elsewhere.db").rename(db)
    store.append(lease, said("after")).result()
    assert [m.text for m in replay(store.records("s")).history] == ["before", "after"]
    store.close()


def test_a_locked_file_is_told_as_one(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(db)
    monkeypatch.setattr(sqlite_schema, "BUSY_TIMEOUT_S", 0.1)
    holder = sqlite3.connect(db, isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("DELETE FROM indexed")
    with pytest.raises(StoreError, match="locked by another program"):
        SQLiteStore(db)
    holder.execute("ROLLBACK")
    holder.close()
    SQLiteStore(db).close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of eight megabytes, where the system lets us have one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)], check=False)
    if mounted.returncode != 0:
        pytest.skip("no rights to mount a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_on_a_full_disk_no_tool_starts_and_when_there_is_room_the_run_goes_on(small_disk: Path) -> None:
    ledger = Ledger(small_disk.parent / "ledger")

    @tool(requires_permission=False)
    def stuff() -> str:
        """Fill the disk to its last byte."""
        descriptor = os.open(small_disk / "stuffing", os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(descriptor, b"x" * 4096)
        except OSError:
            os.close(descriptor)
        return "y" * 20_000

    both = {"tool_calls": [{"name": "stuff", "arguments": {}}, {"name": "note", "arguments": {"text": "x"}}]}
    ref = ModelRef.scripted(["hello", both, "noted"])
    store = await in_thread(SQLiteStore, small_disk / "loom.db")
    config = AgentConfig(model=ref, tools=[ledger.note(requires_permission=False), stuff])
    agent = create_agent(config, provider=ScriptedProvider(ref), store=store)
    session = agent.session(SessionConfig(id="s"))
    assert (await session.run("hi")).output == "hello"

    result = await session.run("Note x.")
    assert result.state is RunState.FAILED
    assert result.error is not None
    assert "disk is full" in result.error["message"]
    assert "make room" in result.error["message"]
    assert ledger.entries() == []
    assert [e["tool"] for e in of_type(result, "tool.started")] == ["stuff"]
    assert [e["kind"] for e in of_type(result, "tool.vetoed")] == ["not_logged"]
    assert_catalogued(result.events)

    await in_thread((small_disk / "stuffing").unlink)
    await session.load()
    assert session.open_run is not None
    resumed = await session.resume().wait()
    assert resumed.output == "noted"
    assert [e["text"] for e in ledger.entries()] == ["x"]
    assert [e["tool"] for e in of_type(resumed, "tool.unknown")] == ["stuff"]
    await agent.aclose()
    await in_thread(store.close)
