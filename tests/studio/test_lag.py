"""A window that does not answer is noticed, by name."""

import asyncio
import logging
import time

import pytest
from PySide6.QtWidgets import QApplication

from loom_studio.lag import LagWatch
from loom_studio.loop import run


def a_slow_function() -> None:
    end = time.monotonic() + 0.9
    while time.monotonic() < end:
        pass


def test_a_stall_is_told_once_with_what_it_was_in(qapp: QApplication, caplog: pytest.LogCaptureFixture) -> None:
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
    [said] = [record.message for record in caplog.records if record.name == "loom_studio.lag"]
    assert "a_slow_function" in said


def test_a_loop_that_answers_is_not_spoken_of_and_the_watch_ends_with_it(
    qapp: QApplication, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> int:
        watch = LagWatch(asyncio.get_running_loop())
        await asyncio.sleep(1.2)
        await watch.aclose()
        a_slow_function()
        return 0

    with caplog.at_level(logging.WARNING, "loom_studio.lag"):
        assert run(qapp, main) == 0
    assert not [record for record in caplog.records if record.name == "loom_studio.lag"]
