"""Settings, keys, the library of agents, attachments: with real files and a real keyring backend."""

import asyncio
import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QApplication

from loom.config import ModelRef, load_agent
from loom.types.content import DocumentBlock, ImageBlock, TextBlock
from loom_studio.loop import run
from loom_studio.services.agents import AgentLibrary
from loom_studio.services.attachments import AttachmentError, attachment, read_attachment
from loom_studio.services.keys import Keys
from loom_studio.services.sessions import SessionsService
from loom_studio.services.settings import Settings
from tests.support.drawer import Drawer


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    before = keyring.get_keyring()
    made = Drawer()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_a_kept_key_is_there_in_the_next_start(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)

    async def main() -> None:
        assert await Keys().keep("anthropic", "sk-1") == ""
        later = Keys()
        assert not later.has("anthropic")
        await later.load()
        assert later.has("anthropic")
        assert later.environment["ANTHROPIC_API_KEY"] == "sk-1"

    asyncio.run(main())
    assert drawer.held == {("loom-studio", "ANTHROPIC_API_KEY"): "sk-1"}


def test_a_key_for_this_start_reaches_no_keyring(drawer: Drawer) -> None:
    keys = Keys()
    keys.use("openai", "sk-2")
    assert keys.environment["OPENAI_API_KEY"] == "sk-2"
    assert drawer.held == {}


def test_without_a_keyring_the_person_is_told_and_the_key_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring.backends.fail

    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    try:
        keys = Keys()
        assert "no keyring" in asyncio.run(keys.keep("qwen", "sk-3"))
        assert keys.environment["DASHSCOPE_API_KEY"] == "sk-3"
        asyncio.run(Keys().load())
    finally:
        keyring.set_keyring(before)


def test_settings_last_to_the_next_start(qapp: QApplication, tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    assert settings.text("agent", "none") == "none"
    assert settings.flag("sidebar", default=True)
    settings.keep("agent", "Coder")
    settings.keep("sidebar", False)
    settings.keep("window", QByteArray(b"\x00sizes"))
    settings.save()
    later = Settings(tmp_path)
    assert later.text("agent") == "Coder"
    assert not later.flag("sidebar", default=True)
    assert later.layout("window") == QByteArray(b"\x00sizes")


def test_a_settings_file_that_is_no_settings_file_counts_as_empty(qapp: QApplication, tmp_path: Path) -> None:
    (tmp_path / "settings.ini").write_bytes(b"\xff\xfe[[[\x00")
    assert Settings(tmp_path).text("agent", "none") == "none"


def test_a_connected_model_becomes_an_agent_file_that_asks_before_it_changes(tmp_path: Path) -> None:
    library = AgentLibrary(tmp_path / "agents")
    model = ModelRef.openai("qwen3", api_base="http://localhost:9/v1", api_key_env="")
    entry = asyncio.run(library.add_for("qwen3 on localhost:9", model))
    assert entry.config is not None
    written = load_agent(tmp_path / "agents" / "qwen3-on-localhost-9.toml")
    assert written == entry.config
    assert written.model == model
    assert "shell" in written.capabilities
    asyncio.run(library.add_for("qwen3 on localhost:9", ModelRef.ollama("other")))
    assert [e.name for e in library.entries].count("qwen3 on localhost:9") == 1


def test_a_broken_agent_file_stays_with_its_error(tmp_path: Path) -> None:
    library = AgentLibrary(tmp_path / "agents")
    (tmp_path / "agents" / "0.toml").write_text("[model\n")
    library.reload()
    assert library.entries[0].config is None
    assert "line 1" in library.entries[0].error


def test_an_agent_of_the_library_that_is_asked_for_is_listed_once_and_first(tmp_path: Path) -> None:
    folder = tmp_path / "agents"
    AgentLibrary(folder)
    last = max(folder.glob("*.toml"))
    library = AgentLibrary(folder, folder / ".." / "agents" / last.name)
    library.reload()
    files = [entry.file.resolve() for entry in library.entries if entry.file is not None]
    assert files[0] == last.resolve()
    assert sorted(files) == sorted(each.resolve() for each in folder.glob("*.toml"))


def test_files_are_attached_as_what_their_content_says(qapp: QApplication, tmp_path: Path) -> None:
    picture = tmp_path / "really.txt"
    QImageWriter(str(picture), QByteArray(b"png")).write(QImage(4, 4, QImage.Format.Format_RGB32))
    block = read_attachment(picture).block
    assert isinstance(block, ImageBlock)
    assert block.source["media_type"] == "image/png"
    assert base64.b64decode(block.source["data"]) == picture.read_bytes()
    assert isinstance(attachment("a.pdf", b"%PDF-1.7 ...").block, DocumentBlock)
    text = attachment("notes.md", "\ufeffübung".encode()).block
    assert isinstance(text, TextBlock)
    assert "übung" in text.text
    assert "notes.md" in text.text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.bin", b"\x00\x01\x02", "neither text"),
        ("b.bin", b"\xff\xfe\xfd", "neither text"),
        ("long.txt", b"x" * 400_001, "400,001 bytes"),
        ("large.png", b"\x89PNG\r\n\x1a\n" + bytes(5 * 2**20), "at most 5,242,880"),
    ],
)
def test_what_no_model_reads_is_refused_with_its_reason(name: str, content: bytes, said: str) -> None:
    with pytest.raises(AttachmentError, match=said) as caught:
        attachment(name, content)
    assert name in str(caught.value)


def test_a_file_that_is_gone_or_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.txt"):
        with pytest.raises(AttachmentError, match=path.name):
            read_attachment(path)


def test_a_store_that_nobody_waits_for_any_more_is_closed_with_the_sessions(qapp: QApplication, tmp_path: Path) -> None:
    async def main() -> int:
        sessions = SessionsService(tmp_path / "loom.db")
        waiting = asyncio.ensure_future(sessions.store())
        await asyncio.sleep(0)
        waiting.cancel()
        await sessions.aclose()
        assert not [each.name for each in threading.enumerate() if each.name == "loom log writer"]
        return 0

    assert run(qapp, main) == 0
