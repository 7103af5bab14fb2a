"""Where harness runs are kept, chosen on the Data page: tried first, in force at once, its password in the keyring."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from PySide6.QtWidgets import QApplication

from loom.errors import ConfigError
from loom_studio.dialogs.settings import SettingsDialog
from loom_studio.pages.data import DataPage
from loom_studio.pages.page import PageContext
from loom_studio.pages.run_database_form import RunDatabaseForm
from loom_studio.services.harness import HarnessRuns
from loom_studio.services.run_database import SETTING, VARIABLE, RunDatabase, read_database
from loom_studio.services.settings import Settings
from tests.support.drawer import Drawer
from tests.support.pages import page_context, with_settings
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def drawer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Drawer]:
    monkeypatch.delenv(VARIABLE, raising=False)
    before, made = keyring.get_keyring(), Drawer()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def context_of(folder: Path) -> PageContext:
    context = page_context(folder)
    runs = HarnessRuns(context.permissions.profile, place=RunDatabase(context.settings))
    return replace(context, harness=runs)


async def form_of(dialog: SettingsDialog) -> RunDatabaseForm:
    dialog.show_page("Data")
    page = await dialog.page("Data")
    assert isinstance(page, DataPage)
    form = page.database
    assert form is not None
    await until(form.status.text)
    return form


def test_a_password_is_apart_from_what_is_shown(drawer: Drawer) -> None:
    found = read_database("postgresql://ada:p%40ss@db.example:5433/loom?sslmode=require")
    assert (found.shown, found.password) == ("postgresql://ada@db.example:5433/loom?sslmode=require", "p@ss")
    assert found.url == "postgresql://ada:p%40ss@db.example:5433/loom?sslmode=require"
    assert read_database("postgresql://ada@db/loom", "new/one").url == "postgresql://ada:new%2Fone@db/loom"
    assert read_database("sqlite:////tmp/x.db").url == "sqlite:////tmp/x.db"
    for text in ("", "here", "mysql://a@b/c", "postgresql://ada@db", "postgresql://[half/x"):
        with pytest.raises(ConfigError):
            read_database(text)


def test_the_password_is_in_the_keyring_and_nowhere_else(drawer: Drawer, tmp_path: Path) -> None:
    settings = Settings(tmp_path)

    async def main() -> None:
        place = RunDatabase(settings)
        assert await place.keep(read_database("postgresql://ada:moon@db/loom")) == ""
        assert drawer.held == {("loom-studio", "LOOM_DATABASE_PASSWORD"): "moon"}
        assert settings.text(SETTING) == place.shown == "postgresql://ada@db/loom"
        later = RunDatabase(settings)  # as the next start has it
        assert await later.url() == "postgresql://ada:moon@db/loom"
        same = await later.with_known_password(read_database("postgresql://ada@db/loom"))
        assert same.url == "postgresql://ada:moon@db/loom"
        other = await later.with_known_password(read_database("postgresql://ada@elsewhere/loom"))
        assert other.url == "postgresql://ada@elsewhere/loom"  # it goes to no other server than it was given for
        await later.keep(None)
        assert drawer.held == {}
        assert await later.url() == ""

    asyncio.run(main())
    assert "moon" not in (tmp_path / "settings.ini").read_text()


def test_a_database_is_tried_and_then_counts_at_once(qapp: QApplication, tmp_path: Path) -> None:
    pytest.importorskip("dbos")
    context = context_of(tmp_path)
    assert context.harness is not None
    runs = context.harness
    moved: list[bool] = []
    runs.moved = lambda: moved.append(runs.is_on_database)

    async def use(dialog: SettingsDialog) -> None:
        form = await form_of(dialog)
        assert "a file of the profile" in form.status.text()
        form.address.setText("postgresql://nobody@127.0.0.1:9/none")
        form.use.click()
        await until(lambda: "Nothing was changed" in form.status.text())
        assert not runs.is_on_database
        form.address.setText(f"sqlite:///{tmp_path}/shared.db")
        form.use.click()
        await until(lambda: "workers on other machines share" in form.status.text())
        assert moved == [True]
        assert await runs.runs() == []
        assert context.settings.text(SETTING) == f"sqlite:///{tmp_path}/shared.db"
        form.address.setText("")
        form.use.click()
        await until(lambda: "a file of the profile" in form.status.text())
        assert moved == [True, False]
        await runs.aclose()

    with_settings(qapp, context, use)


def test_the_environment_wins_and_its_password_is_not_shown(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "postgresql://ada:secret@db/loom")
    context = context_of(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        form = await form_of(dialog)
        assert form.address.text() == "postgresql://ada@db/loom"
        assert not form.use.isEnabled()
        assert "LOOM_DATABASE_URL" in form.status.text()
        assert "secret" not in form.status.text()
        assert context.harness is not None
        assert context.harness.is_on_database

    with_settings(qapp, context, use)
