"""A window that does not answer is noticed, by name."""

import asyncio
import logging
import signal
import subprocess
import sys
import time

import pytest
from PySide6.QtWidgets import QApplication

from loom_studio import lag
from loom_studio.lag import LagWatch
from loom_studio.loop import run


def a_slow_function() -> None:
    end = time.thread_time() + 0.9
    while time.thread_time() < end:
        pass


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.name == "loom_studio.lag"]


def test_a_stall_is_told_once_with_what_it_was_in(
    qapp: QApplication, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lag, "STOPPED_S", 60.0)  # a busy machine does not sleep

    async def main() -> int:
        watch = LagWatch(asyncio.get_running_loop())
        try:
            await asyncio.sleep(0.3)
            a_slow_function()
            await asyncio.sleep(0.6)
        finally:
            await watch.aclose()
        return 0

    with caplog.at_level(logging.WARNING, "loom_studio.lag"):
        assert run(qapp, main) == 0
    assert sum("a_slow_function" in said for said in told(caplog)) == 1


def test_a_loop_that_answers_is_not_spoken_of_and_the_watch_ends_with_it(
    qapp: QApplication, caplog: pytest.LogCaptureFixture
) -> None:
    longest_s = 0.0

    async def main() -> int:
        nonlocal longest_s
        watch = LagWatch(asyncio.get_running_loop())
        for _ in range(120):
            began = time.monotonic()
            await asyncio.sleep(0.01)
            longest_s = max(longest_s, time.monotonic() - began)
        await watch.aclose()
        a_slow_function()
        return 0

    with caplog.at_level(logging.WARNING, "loom_studio.lag"):
        assert run(qapp, main) == 0
    assert not any("a_slow_function" in said for said in told(caplog))
    assert not told(caplog) or longest_s > lag.LATE_S  # a machine may be too busy for the loop to answer


STOPPED = """
import asyncio, logging, sys, time
from PySide6.QtCore import QCoreApplication
from loom_studio import lag
from loom_studio.lag import LagWatch
from loom_studio.loop import run
logging.basicConfig(level=logging.WARNING)
lag.ASK_EVERY_S, lag.LATE_S = 0.01, 1.0
async def busy():
    while True:
        time.sleep(0.3)  # so that the watch mostly waits for an answer, which comes in time
        await asyncio.sleep(0.001)
async def main():
    task = asyncio.ensure_future(busy())
    watch = LagWatch(asyncio.get_running_loop())
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await asyncio.sleep(0.6)
    task.cancel()
    await watch.aclose()
    return 0
sys.exit(run(QCoreApplication([]), main))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP there")
def test_a_process_that_was_stopped_as_by_a_sleeping_machine_did_not_hang() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", STOPPED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    for _ in range(2):
        child.send_signal(signal.SIGSTOP)
        time.sleep(2.0)
        child.send_signal(signal.SIGCONT)
        time.sleep(0.4)
    _, said = child.communicate("go\n", timeout=150)
    assert child.returncode == 0
    assert "did not answer" not in said
