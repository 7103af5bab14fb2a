"""Opening a database for harness runs, where the extra for it is installed."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

from loom.errors import ConfigError
from loom.threads import in_thread

if TYPE_CHECKING:
    from loom.orchestration.dbos_engine import DbosEngine

URL = "LOOM_DATABASE_URL"
"""The environment variable that names the database, where nothing else does."""
NEEDS = "A database needs what the extra 'durable' installs. Type: pip install 'loom-studio[durable]'"
_EXTRA = ("dbos", "sqlalchemy", "psycopg")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


async def open_database(url: str, name: str = "", lease_s: float | None = None) -> DbosEngine:
    """An engine on the database `url`, in threads.

    Raises ConfigError for a wrong URL and where the extra is not installed, StoreError for what can't be reached.
    """
    try:
        module = await in_thread(importlib.import_module, "loom.orchestration.dbos_engine")
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] in _EXTRA:
            raise ConfigError(NEEDS) from None
        raise
    more = {} if lease_s is None else {"lease_s": lease_s}
    return await in_thread(module.DbosEngine, url, name, **more)


def checked_name(name: str, what: str) -> str:
    """A name for a queue, a worker or a run. Raises ConfigError for one that none can have."""
    if not _NAME.fullmatch(name) or name.startswith("loom-own-"):
        raise ConfigError(f"{name!r} is no name for {what}: letters, digits, dots and dashes only")
    return name
