"""What every test has: the nets of `tests/support/nets.py`, and neither keys nor files of the person who runs them."""

import os

import pytest
from hypothesis import HealthCheck, settings
from pydantic import TypeAdapter

from tests.support.ports import free_port

# The first schema of a process looks for pydantic's plugins on the disk: not in the middle of a test's loop.
TypeAdapter(int)

# However long a busy machine takes for an example.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

pytest_plugins = ["tests.support.nets", "tests.support.postgres"]

KEYS = ("_API_KEY", "_BASE_URL", "_AUTH_TOKEN")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("LOOM_HOME", str(tmp_path_factory.mktemp("loom-home")))
    for name in os.environ:
        if name.endswith(KEYS) or name == "OLLAMA_HOST":
            monkeypatch.delenv(name)


@pytest.fixture
def unused_tcp_port() -> int:
    """In place of pytest-asyncio's, which another worker's server may be given before it is taken."""
    return free_port()


@pytest.fixture(scope="session")
def qapp_cls() -> type:
    """The application of the Studio itself: as there, a window that closes does not end the loop."""
    from loom_studio.app import Application

    return Application
