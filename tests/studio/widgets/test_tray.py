"""The icon in the tray, its menu, and notifications where there is no tray."""

import asyncio
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication, QWidget

from loom_studio.widgets.tray import Tray, notify_by_program
from tests.support.waiting import until


@pytest.mark.qt_log_ignore("No such signal QPlatform", extend=True)
def test_its_menu_brings_back_the_window_that_used_it_last(qapp: QApplication) -> None:
    tray = Tray()
    first, second = QWidget(), QWidget()
    tray.use_for(first)
    tray.use_for(second)
    show, leave = tray.menu.actions()
    assert (first.isVisible(), second.isVisible(), tray.icon.icon().isNull()) == (False, False, False)
    show.trigger()
    assert (first.isVisible(), second.isVisible()) == (False, True)
    leave.trigger()
    assert not second.isVisible()
    shiboken6.delete(second)
    show.trigger()
    assert first.isVisible()
    first.close()
    tray.deleteLater()


def test_without_a_tray_the_desktops_notifications_have_it(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not notify_by_program("nobody shows it")
    program, told = tmp_path / "notify-send", tmp_path / "told"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}.new\n/bin/mv {told}.new {told}\n')
    program.chmod(0o755)
    assert notify_by_program("<b>run_command</b> needs your permission")
    asyncio.run(until(told.exists))
    assert told.read_text().splitlines()[-3:] == [
        "--",
        QApplication.applicationName(),
        "&lt;b&gt;run_command&lt;/b&gt; needs your permission",
    ]
