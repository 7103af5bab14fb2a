"""A real Postgres on loopback for tests, in a folder of its own, run by a user who is not root; gone when they end."""

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.ports import free_port

TEMPLATE = "loom_template"

# What a test database need not do: survive the machine.
QUICK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60 -c shared_buffers=32MB"


def _programs() -> Path:
    """The folder of initdb and pg_ctl, which Debian keeps out of PATH."""
    kept = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda found: int(found.parts[4]))
    found = kept[-1] if kept else shutil.which("initdb")
    if found is None:
        pytest.skip("Postgres is not installed: apt-get install postgresql")
    return Path(found).parent


def _user() -> str:
    """Who runs the server: this user, or for root somebody who has no rights."""
    if os.geteuid() != 0:
        return getpass.getuser()
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    pytest.skip("Postgres does not run as root, and there is no user postgres or nobody to run it as")


@contextmanager
def running_postgres() -> Generator[str]:
    """The address of a server's database, without a name: append one that `create` made."""
    programs, user = _programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="loom-pg-", dir="/tmp"))
    as_user = ["runuser", "-u", user, "--"] if os.geteuid() == 0 else []
    shutil.chown(folder, user)
    data, port = folder / "data", free_port()

    def call(*command: str) -> None:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        line = [*as_user, *command]
        done = subprocess.run(line, check=False, cwd="/", env=environment, capture_output=True, text=True)
        if done.returncode:
            log = folder / "log"
            said = log.read_text() if log.exists() else ""
            pytest.skip(f"Postgres can't be run here: {command[0]}: {done.stderr.strip()[-300:]} {said[-300:]}")

    try:
        call(str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "loom", "--no-sync", "-E", "UTF8")
        options = f"{QUICK} -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        call(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://loom@127.0.0.1:{port}/"
        finally:
            call(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Gives the address of a new, empty database."""
    import psycopg

    from loom.orchestration.dbos_engine import DbosEngine

    made = 0

    def create() -> str:
        nonlocal made
        made += 1
        with psycopg.connect(f"{server}postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE loom_{made} TEMPLATE {TEMPLATE}".encode())
        return f"{server}loom_{made}"

    with ExitStack() as stack:
        server = stack.enter_context(running_postgres())
        with psycopg.connect(f"{server}postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}".encode())
        engine = DbosEngine(f"{server}{TEMPLATE}")  # makes its tables
        engine.close()
        yield create
