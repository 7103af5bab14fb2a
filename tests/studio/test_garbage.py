"""Cycles are collected on the GUI thread alone."""

import gc
import threading
from typing import ClassVar

from PySide6.QtWidgets import QApplication

from loom_studio.garbage import Collector
from loom_studio.loop import run
from tests.support.waiting import until


class Noted:
    """Says on which thread it dies."""

    died_on: ClassVar[list[int]] = []

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        Noted.died_on.append(threading.get_ident())


def allocate() -> list[list[int]]:
    """Enough containers, alive as long as they are held, that Python itself would collect."""
    return [[index] for index in range(200_000)]


def test_a_worker_that_allocates_collects_nothing(qapp: QApplication) -> None:
    Noted.died_on.clear()
    collector = Collector()
    try:
        Noted()
        worker = threading.Thread(target=allocate)
        worker.start()
        worker.join()
        assert Noted.died_on == []
        collector.check()
        gc.collect()
        assert Noted.died_on == [threading.get_ident()]
    finally:
        collector.close()


def test_the_loop_collects_and_gives_collection_back(qapp: QApplication) -> None:
    async def main() -> int:
        assert not gc.isenabled()
        Noted.died_on.clear()
        Noted()
        held = allocate()
        await until(lambda: Noted.died_on)
        assert Noted.died_on == [threading.get_ident()]
        assert held
        return 0

    gc.enable()
    assert run(qapp, main) == 0
    assert gc.isenabled()
