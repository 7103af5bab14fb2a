"""Databases for harness runs: one Postgres for all tests, with a new database for each that asks."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.postgres import running_postgres

TEMPLATE = "loom_template"


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
