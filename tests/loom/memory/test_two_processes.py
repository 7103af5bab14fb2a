"""Two programs on one store: one writes, the other reads and follows; who dies gives way."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from loom import SessionConfig, create_agent
from loom.agent import Agent
from loom.config import AgentConfig, MemoryBackend, MemoryConfig, ModelRef
from loom.memory.records import NewRecord
from loom.memory.sqlite_store import SQLiteStore
from loom.threads import in_thread
from loom.types.runs import RunState
from tests.support.stores import said


class Other:
    """The other program."""

    def __init__(self, db: Path, session: str, prompt: str) -> None:
        command = [sys.executable, "-m", "tests.support.other_process", str(db), session, prompt]
        self.process = Popen(command, stdin=PIPE, stdout=PIPE, text=True)

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def say(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()


@pytest.fixture
def others() -> Iterator[list[Other]]:
    started: list[Other] = []
    yield started
    for other in started:
        other.process.kill()
        other.process.communicate()


def agent_on(db: Path) -> Agent:
    ref = ModelRef.scripted(["from here"])
    return create_agent(AgentConfig(model=ref, memory=MemoryConfig(backend=MemoryBackend.sqlite(db))))


async def test_the_second_process_reads_follows_and_takes_over_when_the_first_was_killed(
    tmp_path: Path, others: list[Other]
) -> None:
    db = tmp_path / "loom.db"
    other = await in_thread(Other, db, "s", "hello")
    others.append(other)
    assert await in_thread(other.line) == "owner 0"
    assert await in_thread(other.line) == "completed from the other process"

    agent = agent_on(db)
    session = agent.session(SessionConfig(id="s"))
    await session.load()
    assert session.is_read_only
    assert [m.text for m in session.history] == ["hello", "from the other process"]
    refused = await session.run("mine?")
    assert refused.state is RunState.FAILED
    assert refused.error is not None
    assert f"process {other.process.pid}" in refused.error["message"]

    seen: list[str] = []

    async def follow() -> None:
        async for event in session.follow(after=0):
            seen.append(event.type)
            if event.type == "run.completed" and seen.count("run.completed") == 2:
                return

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.1)
    await in_thread(other.say, "again")
    assert await in_thread(other.line) == "completed from the other process"
    await asyncio.wait_for(following, 150)
    assert seen.count("run.started") == 2

    other.process.kill()
    await in_thread(other.process.wait)
    assert (await session.run("mine now")).output == "from here"
    assert len(session.history) == 6
    await agent.aclose()


async def test_many_processes_write_their_sessions_to_one_file_at_once(tmp_path: Path, others: list[Other]) -> None:
    db = tmp_path / "loom.db"
    others += [await in_thread(Other, db, f"s{number}", "hello") for number in range(4)]
    for other in others:
        assert await in_thread(other.line) == "owner 0"
    for _ in range(10):
        for other in others:
            await in_thread(other.say, "more")
    for other in others:
        for _ in range(11):
            assert (await in_thread(other.line)).startswith("completed")
    store = await in_thread(SQLiteStore, db)
    assert await in_thread(store.check) == []
    assert [each.messages for each in await in_thread(store.sessions)] == [22] * 4
    await in_thread(store.close)


def test_an_owner_that_was_killed_leaves_an_interrupted_session(tmp_path: Path) -> None:
    code = (
        "import os, sys; from loom.memory.sqlite_store import SQLiteStore; from tests.support.stores import said\n"
        "store = SQLiteStore(sys.argv[1]); lease = store.acquire('s'); store.append(lease, said('go')).result()\n"
        "os.kill(os.getpid(), 9)"
    )
    db = tmp_path / "loom.db"
    subprocess.run([sys.executable, "-c", code, str(db)], check=False)
    store = SQLiteStore(db)
    (found,) = store.sessions()
    assert found.state == "interrupted"
    assert store.owner_of("s") == ""
    lease = store.acquire("s")
    assert lease.fence == 2
    store.append(lease, [*said("on"), NewRecord("x", {})]).result()
    store.close()
