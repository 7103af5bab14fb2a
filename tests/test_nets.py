"""Each net catches its fault: a pytest of its own runs tests that are faulty on purpose."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FAULTY = """
import asyncio, logging, socket, threading, time
from loom.threads import in_thread
from tests.support import nets
import loom.config.matching as somewhere_in_loom

released = threading.Event()
nets.THREAD_GRACE_S = 1.0
# A function whose code claims to be loom's, as a blocking call in loom would look.
code = compile("def nap():\\n    time.sleep(0.001)\\n", somewhere_in_loom.__file__, "exec")
exec(code)

async def test_blocking_call():
    try:
        nap()
    except Exception:
        pass  # a boundary that swallows it does not hide it

async def test_a_sleep_of_the_test_itself_is_fine():
    time.sleep(0.001)

async def test_blocking_call_in_a_thread_is_fine():
    await in_thread(nap)

async def test_left_task():
    asyncio.get_running_loop().create_task(asyncio.Event().wait())

async def test_cancelled_task_is_fine():
    asyncio.get_running_loop().create_task(asyncio.Event().wait()).cancel()

def test_left_thread():
    threading.Thread(target=released.wait, name="forgotten", daemon=True).start()

def test_finished_thread_is_fine():
    threading.Thread(target=time.sleep, args=(0.01,)).start()

def test_error_record():
    logging.getLogger("loom.somewhere").error("it broke")

def test_error_record_that_is_expected_is_fine(error_records):
    logging.getLogger("loom.somewhere").error("it broke")
    assert "it broke" in error_records[0]
    error_records.clear()

def test_outside_connect():
    try:
        socket.create_connection(("192.0.2.1", 9), timeout=0.1)
    except OSError:
        pass

def test_outside_lookup():
    try:
        socket.getaddrinfo("pages.example.net", 80)
    except OSError:
        pass

def test_loopback_is_fine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()

async def test_never_awaited():
    asyncio.sleep(0)

def test_keys_are_hidden():
    import os
    assert "OPENAI_API_KEY" not in os.environ
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Test name → passed, failed or error, of the faulty tests."""
    root = Path(__file__).parent.parent
    folder = tmp_path_factory.mktemp("faulty")
    (folder / "test_faulty.py").write_text(FAULTY)
    (folder / "conftest.py").write_text((root / "tests" / "conftest.py").read_text())
    options = ["-rA", "-q", "-c", str(root / "pyproject.toml"), "--rootdir", str(folder), "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, str(folder)]
    env = {**os.environ, "PYTHONPATH": str(root), "OPENAI_API_KEY": "a key of the person who runs the tests"}
    ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    found: dict[str, str] = {}
    for outcome, name in re.findall(r"^(PASSED|FAILED|ERROR) \S*::(\w+)", ran.stdout, re.MULTILINE):
        if found.get(name) != "ERROR":
            found[name] = outcome
    assert found, ran.stdout + ran.stderr
    return found


FAULTS = (
    "blocking_call",
    "left_task",
    "left_thread",
    "error_record",
    "outside_connect",
    "outside_lookup",
    "never_awaited",
)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_net_catches(outcomes: dict[str, str], fault: str) -> None:
    assert outcomes[f"test_{fault}"] in ("ERROR", "FAILED")


def test_what_is_no_fault_passes(outcomes: dict[str, str]) -> None:
    faulty = {f"test_{fault}" for fault in FAULTS}
    assert {name: outcome for name, outcome in outcomes.items() if name not in faulty and outcome != "PASSED"} == {}
    assert len(outcomes) == len(faulty) + 7
