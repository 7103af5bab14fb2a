"""Whatever raises becomes a notice with a report, and the window lives."""

import asyncio
import gc
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from loom.threads import in_thread
from loom_studio import lag
from loom_studio.lag import LagWatch
from loom_studio.loop import run
from loom_studio.services.faults import FaultLog, without_secrets
from loom_studio.widgets.fault_notice import FaultNotice
from loom_studio.windows import Windows
from tests.support.waiting import until
from tests.support.windows import with_windows

SECRET = "sk-" + "ab12" * 8


def listening(qapp: QApplication, use: Callable[[FaultLog], Coroutine[Any, Any, None]]) -> FaultLog:
    faults = FaultLog()

    async def main() -> int:
        faults.install()
        asyncio.get_running_loop().set_exception_handler(faults.on_loop_error)
        try:
            await use(faults)
        finally:
            faults.remove()
        return 0

    assert run(qapp, main) == 0
    return faults


BROKEN_SLOT = """
import asyncio, sys
from PySide6.QtWidgets import QApplication, QPushButton
from loom_studio.loop import run
from loom_studio.services.faults import FaultLog
app = QApplication([])
button = QPushButton()
def broken():
    raise RuntimeError("the slot broke")
class Painted(QPushButton):
    def paintEvent(self, event):
        raise ValueError("the paint broke")
async def main():
    faults = FaultLog()
    faults.install()
    button.clicked.connect(broken)
    button.click()
    painted = Painted()
    painted.show()
    while len(faults.faults) < 2:
        await asyncio.sleep(0.01)
    print("\\n".join(fault.sentence + fault.details for fault in faults.faults))
    return 0
sys.exit(run(app, main))
"""


def test_a_slot_or_paint_that_raises_is_a_fault_and_the_program_goes_on() -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    ran = subprocess.run(
        [sys.executable, "-c", BROKEN_SLOT], capture_output=True, text=True, env=environment, timeout=150, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "RuntimeError: the slot broke" in ran.stdout
    assert "in broken" in ran.stdout
    assert "ValueError: the paint broke" in ran.stdout
    assert "the slot broke" in ran.stderr  # the terminal has it as before


def test_threads_tasks_and_what_dies_unheard_are_faults(qapp: QApplication, error_records: list[str]) -> None:
    def in_a_thread() -> None:
        raise ValueError("the thread broke")

    async def unheard() -> None:
        raise LookupError("the task broke")

    class Dying:
        def __del__(self) -> None:
            raise OSError("the end broke")

    async def use(faults: FaultLog) -> None:
        thread = threading.Thread(target=in_a_thread, name="worker 7")
        thread.start()
        await in_thread(thread.join)
        task = asyncio.get_running_loop().create_task(unheard())
        await asyncio.wait([task])
        del task
        dying = Dying()
        del dying
        gc.collect()
        await until(lambda: len(faults.faults) == 3)

    faults = listening(qapp, use)
    said = "\n".join(fault.sentence for fault in faults.faults)
    assert "worker 7 ended with an error: ValueError: the thread broke" in said
    assert "LookupError: the task broke" in said
    assert "OSError: the end broke" in said
    assert sys.excepthook is not faults._on_exception
    error_records.clear()


def test_the_same_fault_is_counted(qapp: QApplication, error_records: list[str]) -> None:
    async def use(faults: FaultLog) -> None:
        for _ in range(3):
            try:
                fail("again")
            except RuntimeError:
                logging.getLogger("loom.runtime").exception("A consumer failed")
        await until(lambda: faults.faults and faults.faults[0].times == 3)

    faults = listening(qapp, use)
    assert len(faults.faults) == 1
    error_records.clear()


def fail(words: str) -> None:
    raise RuntimeError(words)


def a_slow_function() -> None:
    end = time.thread_time() + 1.4
    while time.thread_time() < end:
        pass


def test_a_window_that_hangs_for_a_second_is_a_notice_with_where_it_was(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lag, "STOPPED_S", 60.0)  # a busy machine does not sleep

    async def use(faults: FaultLog) -> None:
        watch = LagWatch(asyncio.get_running_loop())
        await asyncio.sleep(0.3)
        a_slow_function()
        await until(lambda: any("a_slow_function" in each.details for each in faults.faults))
        await watch.aclose()

    faults = listening(qapp, use)
    [hang] = [each for each in faults.faults if "a_slow_function" in each.details]
    assert hang.is_lag
    assert re.search(r"did not answer for [1-9]\d*\.\d\d s", hang.sentence)


def test_a_report_has_versions_and_log_and_no_secret(
    qapp: QApplication, error_records: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/franziska")
    monkeypatch.setenv("MY_SERVICE_TOKEN", "tellnobody")

    async def use(faults: FaultLog) -> None:
        logging.getLogger("loom.providers").warning("Trying /home/franziska/work with %s again", SECRET)
        try:
            fail("refused: tellnobody")
        except RuntimeError:
            logging.getLogger("loom_studio.tasks").exception("Could not send, franziska")
        await until(lambda: faults.faults)

    faults = listening(qapp, use)
    report = faults.report(faults.faults[0])
    assert "Loom Studio " in report
    assert "Trying ~/work with «hidden» again" in report
    assert "RuntimeError: refused: «hidden»" in report
    for secret in (SECRET, "tellnobody", "franziska"):
        assert secret not in report
        assert secret not in faults.faults[0].details
    error_records.clear()


def test_entered_keys_and_passwords_in_addresses_are_hidden_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://anna:tulip-field@db/x")
    monkeypatch.setenv("VAULT_PASSPHRASE", "seven little words")
    text = "refused: tulip-field, seven little words, entered-by-hand-more, entered-by-hand; x-api-key: plain1234"
    assert without_secrets(text, ["entered-by-hand", "entered-by-hand-more", "no"]) == (
        "refused: «hidden», «hidden», «hidden», «hidden»; x-api-key: «hidden»"
    )


def test_a_short_name_or_a_home_that_is_the_root_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/")
    assert without_secrets("in /usr/lib/x.py") == "in /usr/lib/x.py"


def test_the_notice_stands_in_the_window_beside_which_work_goes_on(
    qapp: QApplication, tmp_path: Path, error_records: list[str]
) -> None:
    async def use(windows: Windows) -> None:
        window, faults = windows.front, windows.services.faults
        faults.install()
        try:

            async def broken() -> None:
                raise RuntimeError("the search broke")

            window.tasks.start(broken(), what="search")
            await until(lambda: window.findChild(FaultNotice) is not None)
            notice = window.findChild(FaultNotice)
            assert notice is not None
            assert notice.isVisible()
            assert "Could not search: RuntimeError: the search broke" in notice.text.text()
            notice.show_details.click()
            assert notice.details.isVisible()
            assert "in broken" in notice.details.toPlainText()
            notice.copy_report.click()
            assert "PySide" in qapp.clipboard().text()
            assert notice.copy_report.text() == "Copied"
            assert QApplication.activeModalWidget() is None
            window.new_like_this()
            assert len(window.panels) == 2
            notice.close_button.click()
            assert not notice.isVisible()
        finally:
            faults.remove()

    with_windows(qapp, tmp_path, use)
    error_records.clear()
