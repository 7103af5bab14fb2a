"""Stored sessions in the window: opened, searched, forked, edited, deleted; on the Studio's loop and a real store."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox

from loom.config import AgentConfig, ModelRef
from loom.memory.records import NewRecord
from loom.memory.sqlite_store import SQLiteStore
from loom.safety.permissions import PermissionMode
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom_studio.dialogs.restore import RestoreDialog
from loom_studio.loop import run
from loom_studio.panels.changes.panel import ChangesPanel
from loom_studio.panels.sidebar import Sidebar
from loom_studio.services.attachments import attachment
from loom_studio.services.changes import ChangesService
from loom_studio.services.conversations import Outgoing
from loom_studio.services.drafts import Drafts
from loom_studio.services.keys import Keys
from loom_studio.services.sessions import SessionsService
from loom_studio.services.undo import Undo
from loom_studio.session_desk import MOST_OPEN, SessionDesk
from loom_studio.tasks import TaskOwner
from loom_studio.viewmodels.session_list import Heading, SessionItem, grouped
from tests.support.long_session import fill_long
from tests.support.stores import fill, said
from tests.support.waiting import until


class Studio:
    """A desk and a sidebar over a profile folder, as the window wires them."""

    def __init__(self, folder: Path, turns: list[Any], capabilities: list[str]) -> None:
        config = AgentConfig(ModelRef.scripted(turns), name="Test", capabilities=capabilities)
        self.folder = folder
        self.workspace = folder / "work"
        profile = Profile(folder)
        self.said: list[str] = []
        self.tasks = TaskOwner(self.said.append)
        self.drafts = Drafts(folder / "drafts", self.tasks)
        self.sessions = SessionsService(folder / "loom.db")
        self.changes = ChangesService(self.sessions, folder / "checkpoints")
        self.desk = SessionDesk(self.sessions, self.changes, self.drafts, Keys(), profile, lambda _name: config)
        self.sidebar = Sidebar()
        self.desk.changed.connect(self.show)
        self.desk.new(config, self.workspace)
        self.desk.resize(700, 500)
        self.desk.show()

    def show(self) -> None:
        self.sidebar.show_sessions(self.desk.items(), self.desk.panel.conversation.id)

    def item(self, title: str) -> SessionItem:
        return next(each for each in self.desk.items() if each.title == title)

    async def start(self) -> None:
        await self.drafts.load()
        await self.sessions.open()

    async def say(self, text: str) -> None:
        await self.desk.panel.converse(Outgoing(text))

    async def aclose(self) -> None:
        await self.desk.aclose()
        await self.drafts.aclose()
        await self.tasks.aclose()
        await self.sessions.aclose()
        for widget in (self.desk, self.sidebar):
            widget.deleteLater()


def with_studio(
    folder: Path,
    turns: list[Any],
    use: Callable[[Studio], Coroutine[Any, Any, None]],
    capabilities: tuple[str, ...] = (),
) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    (folder / "work").mkdir(exist_ok=True)

    async def main() -> int:
        studio = Studio(folder, turns, list(capabilities))
        try:
            await studio.start()
            await use(studio)
        finally:
            await studio.aclose()
        return 0

    assert run(app, main) == 0


def rows(studio: Studio) -> list[str]:
    return [row.text for row in studio.desk.panel.model.rows]


def test_a_session_is_there_in_the_next_start_and_goes_on(qapp: QApplication, tmp_path: Path) -> None:
    del qapp

    async def first(studio: Studio) -> None:
        await studio.say("Hello there")
        studio.desk.panel.composer.message.setPlainText("not sent yet")

    async def second(studio: Studio) -> None:
        item = studio.item("Hello there")
        assert item.state == "done"
        await studio.desk.open(item.id)
        await until(lambda: rows(studio) == ["Hello there", "first answer"])
        assert studio.desk.panel.composer.message.toPlainText() == "not sent yet"
        await studio.say("And again")
        assert rows(studio) == ["Hello there", "first answer", "And again", "second answer"]

    with_studio(tmp_path, ["first answer"], first)
    with_studio(tmp_path, ["second answer"], second)


def test_the_end_of_a_long_session_is_shown_first_then_the_rest_without_a_jump(
    qapp: QApplication, tmp_path: Path
) -> None:
    del qapp
    store = SQLiteStore(tmp_path / "loom.db")
    fill_long(store, "long", 1200)
    store.close()

    async def use(studio: Studio) -> None:
        await studio.desk.open("long")
        panel = studio.desk.panel
        await until(lambda: len(panel.model.rows) > 0)
        last = panel.model.rows[-1]
        assert len(panel.model.rows) < 400
        await until(lambda: panel.model.rows[0].text.startswith("Question 1:"))
        assert panel.model.rows[-1] == last
        assert panel.transcript.is_at_end
        assert [row.n for row in panel.model.rows] == sorted(row.n for row in panel.model.rows)

    with_studio(tmp_path, [], use)


def test_a_search_finds_a_message_and_jumps_to_it(qapp: QApplication, tmp_path: Path) -> None:
    del qapp
    store = SQLiteStore(tmp_path / "loom.db")
    fill_long(store, "long", 400)
    fill(store, "other", "nothing here")
    store.close()

    async def use(studio: Studio) -> None:
        hits = await studio.sessions.search("part 77?")
        studio.sidebar.search.setText("part 77?")
        studio.sidebar.show_hits("part 77?", hits)
        assert [type(row) for row in studio.sidebar.model.rows] == [Heading, type(hits[0])]
        await studio.desk.open(hits[0].session_id, hits[0].n)
        panel = studio.desk.panel
        await until(lambda: panel.transcript.currentIndex().isValid())
        assert panel.model.rows[panel.transcript.currentIndex().row()].text == "Question 77: what about part 77?"

    with_studio(tmp_path, [], use)


def test_editing_a_message_goes_back_in_place_and_a_fork_keeps_both(qapp: QApplication, tmp_path: Path) -> None:
    del qapp

    async def use(studio: Studio) -> None:
        desk = studio.desk
        await studio.say("first")
        await studio.say("second")
        panel = desk.panel
        menu = QMenu()
        assert panel.transcript.message_menu is not None
        panel.transcript.message_menu(menu, panel.model.rows[2])
        labels = [action.text() for action in menu.actions()]
        assert labels == ["Edit message…", "Restore to before this…", "Pin in the context", "Fork session from here"]
        panel.composer.message.setPlainText("something else")
        panel.earlier.edit(panel.model.rows[2])
        await until(lambda: panel.composer.send.text() == "Edit in place")
        panel.composer.message.setPlainText("second, better")
        panel.composer.send.click()
        await until(lambda: rows(studio)[-1:] == ["three"])
        assert rows(studio) == ["first", "one", "second, better", "three"]

        assert panel.composer.message.toPlainText() == "something else"
        panel.composer.message.clear()
        panel.earlier.edit(panel.model.rows[2])
        await until(lambda: panel.composer.send.text() == "Edit in place")
        panel.composer.message.setPlainText("second, elsewhere")
        panel.composer.fork.click()
        await until(lambda: desk.panel is not panel)
        await until(lambda: rows(studio) == ["first", "one"])
        assert desk.panel.composer.message.toPlainText() == "second, elsewhere"
        assert len(panel.model.rows) == 4
        assert panel.composer.send.text() == "Send"

    with_studio(tmp_path, ["one", "two", "three"], use)


def test_the_up_arrow_brings_the_last_message_back_with_what_was_attached(qapp: QApplication, tmp_path: Path) -> None:
    del qapp
    heard: list[int] = []

    def answer(request: Any) -> str:
        heard.append(len(request.messages[-1].content))
        return f"answer {len(heard)}"

    async def use(studio: Studio) -> None:
        panel, box = studio.desk.panel, studio.desk.panel.composer
        files = (attachment("a, b.txt", b"one"), attachment("c.txt", b"two"))
        await panel.converse(Outgoing("look", files))
        QTest.keyClick(box.message, Qt.Key.Key_Up)
        await until(lambda: box.send.text() == "Edit in place")
        assert (box.message.toPlainText(), box.send.accessibleName()) == ("look", "Edit in place")
        assert [each.block for each in box.attachments] == [each.block for each in files]
        QTest.keyClick(box.message, Qt.Key.Key_Up)  # within a text it moves the cursor
        assert box.message.toPlainText() == "look"
        box.send.click()
        await until(lambda: rows(studio)[-1:] == ["answer 2"])
        assert (heard, len(panel.model.rows)) == ([3, 3], 2)
        QTest.keyClick(box.message, Qt.Key.Key_Up)
        await until(lambda: box.send.text() == "Edit in place")
        box.end_edit.click()
        assert (box.message.toPlainText(), box.attachments, box.send.accessibleName()) == ("", [], "Send")

    with_studio(tmp_path, [answer, answer], use)


def test_a_command_in_the_place_of_an_edited_message_takes_nothing_back(qapp: QApplication, tmp_path: Path) -> None:
    del qapp

    async def use(studio: Studio) -> None:
        panel, box = studio.desk.panel, studio.desk.panel.composer
        await studio.say("first")
        panel.earlier.edit(panel.model.rows[0])
        await until(lambda: box.send.text() == "Edit in place")
        box.message.setPlainText("/mode auto")
        box.send.click()
        await until(lambda: panel.conversation.mode is PermissionMode.AUTO)
        await studio.say("second")
        assert rows(studio) == ["first", "one", "second", "two"]
        panel.earlier.edit(panel.model.rows[0])
        await until(lambda: box.send.text() == "Edit in place")
        box.fork.click()
        await until(lambda: studio.desk.panel is not panel)
        assert (rows(studio), studio.desk.panel.composer.message.toPlainText()) == ([], "first")

    with_studio(tmp_path, ["one", "two"], use)


def test_an_answer_is_asked_for_again_in_its_place(qapp: QApplication, tmp_path: Path) -> None:
    del qapp

    async def use(studio: Studio) -> None:
        panel = studio.desk.panel
        assert panel.earlier.last is None
        await studio.say("first")
        await studio.say("second")
        menu = QMenu()
        panel.earlier.add_actions(menu, panel.model.rows[1])
        assert "Regenerate" not in [each.text() for each in menu.actions()]
        panel.earlier.add_actions(menu, panel.model.rows[3])
        next(each for each in menu.actions() if each.text() == "Regenerate").trigger()
        await until(lambda: rows(studio)[-1:] == ["three"])
        assert rows(studio) == ["first", "one", "second", "three"]

    with_studio(tmp_path, ["one", "two", "three"], use)


def test_an_interrupted_run_can_be_marked_as_done_or_discarded(qapp: QApplication, tmp_path: Path) -> None:
    del qapp
    store = SQLiteStore(tmp_path / "loom.db")
    for key in ("mark", "discard"):
        fill(store, key, f"before {key}")
        lease = store.acquire(key)
        called = NewRecord("tool.requested", {"call_id": "c", "tool": "t", "arguments": {}, "malformed": ""}, "x")
        begun = NewRecord("tool.started", {"call_id": "c", "tool": "t", "arguments": {}, "allowed_by": "mode"}, "x")
        store.append(lease, [*said("do it", run="x"), called, begun]).result()
        store.release(lease)
    store.close()

    async def use(studio: Studio) -> None:
        assert {each.state for each in studio.desk.items() if each.is_stored} == {"interrupted"}
        assert studio.sidebar.needs_you.count() == 2
        await studio.desk.open("mark")
        panel = studio.desk.panel
        await until(lambda: panel.state_bar.isVisible() and bool(panel.model.rows))
        assert "unknown" in panel.model.rows[-1].state
        panel.state_bar.settle.click()
        await until(lambda: panel.model.rows[-1].text.startswith("Interrupted"))
        assert not panel.state_bar.isVisible()
        await studio.desk.open("discard")
        panel = studio.desk.panel
        await until(lambda: panel.state_bar.isVisible() and bool(panel.model.rows))
        panel.state_bar.discard.click()
        await until(lambda: not panel.state_bar.isVisible())
        await until(lambda: rows(studio) == ["before discard", "ok"])

    with_studio(tmp_path, [], use)


def test_a_session_that_another_program_has_is_read_only_here(qapp: QApplication, tmp_path: Path) -> None:
    del qapp

    async def use(studio: Studio) -> None:
        code = (
            "import sys; from loom.memory.sqlite_store import SQLiteStore; from tests.support.stores import *\n"
            "s = SQLiteStore(sys.argv[1]); l = s.acquire('s'); s.append(l, [*said('theirs'), ended()]).result()\n"
            "print('ready', flush=True); sys.stdin.readline(); s.append(l, said('more', run='r2')).result()\n"
            "print('said', flush=True); sys.stdin.readline()"
        )
        other = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, str(tmp_path / "loom.db")), stdin=-1, stdout=-1
        )
        assert other.stdin is not None
        assert other.stdout is not None
        await other.stdout.readline()
        await studio.sessions.refresh()
        await studio.desk.open("s")
        panel = studio.desk.panel
        await until(panel.state_bar.fork.isVisible)
        assert str(other.pid) in panel.state_bar.said.text()
        panel.submit(Outgoing("mine"))
        await until(lambda: panel.model.rows[-1].kind == "error")
        assert panel.composer.message.toPlainText() == "mine"
        other.stdin.write(b"\n")
        await until(lambda: any(row.text == "more" for row in panel.model.rows))
        other.kill()
        await other.wait()
        await until(lambda: not panel.state_bar.fork.isVisible())

    with_studio(tmp_path, [], use)


def test_sessions_are_pinned_renamed_archived_exported_imported_and_deleted(qapp: QApplication, tmp_path: Path) -> None:
    del qapp

    async def use(studio: Studio) -> None:
        desk = studio.desk
        await studio.say("Hello")
        item = studio.item("Hello")
        desk.act("pin", item)
        await until(lambda: studio.item("Hello").is_pinned)
        assert studio.sidebar.model.rows[0] == Heading("Pinned")
        await desk.rename(item.id, "  My talk ")
        assert desk.panel.conversation.title == "My talk"
        for name in ("a.html", "a.md", "a.jsonl"):
            await studio.sessions.export(item.id, tmp_path / name)
            assert "Hello" in await in_thread((tmp_path / name).read_text)
        made, left_out = await studio.sessions.import_file(tmp_path / "a.jsonl")
        assert (made != item.id, left_out) == (True, [])
        desk.act("archive", studio.item("My talk"))
        await until(lambda: any(each.is_archived for each in desk.items()))
        desk.act("delete", next(each for each in desk.items() if each.id == made))
        (box,) = desk.findChildren(QMessageBox)
        assert "for good" in box.text()
        next(button for button in box.buttons() if button.text() == "Delete for good").click()
        await until(lambda: made not in studio.sessions.summaries)
        assert studio.said == []

    with_studio(tmp_path, ["hi"], use)


def test_a_deleted_session_comes_back_whole_or_goes_for_good_with_the_notice(
    qapp: QApplication, tmp_path: Path
) -> None:
    del qapp

    async def use(studio: Studio) -> None:
        desk, undo = studio.desk, Undo(studio.tasks)
        desk.undo = undo
        await studio.say("Hello")
        item = studio.item("Hello")
        desk.act("delete", item)
        await until(lambda: undo.last is not None)
        assert not desk.findChildren(QMessageBox)
        assert item.id not in [each.id for each in desk.items()]
        await studio.sessions.refresh()
        assert item.id in studio.sessions.summaries  # what is killed now has deleted nothing
        undo.take_back()
        await until(lambda: item.id in [each.id for each in desk.items()])
        await desk.open(item.id)
        await until(lambda: rows(studio) == ["Hello", "hi"])
        desk.act("delete", studio.item("Hello"))
        await until(lambda: undo.last is not None)
        undo.let_be()
        await until(lambda: item.id not in studio.sessions.summaries)
        assert studio.said == []

    with_studio(tmp_path, ["hi"], use)


def test_only_some_chats_are_kept_open(qapp: QApplication, tmp_path: Path) -> None:
    del qapp
    store = SQLiteStore(tmp_path / "loom.db")
    for number in range(MOST_OPEN + 4):
        fill(store, f"s{number}", f"talk {number}")
    store.close()

    async def use(studio: Studio) -> None:
        for number in range(MOST_OPEN + 4):
            await studio.desk.open(f"s{number}")
            await asyncio.sleep(0.01)
        await until(lambda: len(studio.desk.panels) <= MOST_OPEN)
        await until(lambda: rows(studio) == [f"talk {MOST_OPEN + 3}", "ok"])
        await studio.desk.open("s0")
        await until(lambda: rows(studio) == ["talk 0", "ok"])

    with_studio(tmp_path, [], use)


def test_changes_are_shown_a_hunk_is_reverted_and_a_message_restored_with_the_conversation(
    qapp: QApplication, tmp_path: Path
) -> None:
    del qapp
    turns = [
        {"tool": "edit_file", "arguments": {"path": "a.txt", "old_text": "line 2\n", "new_text": "line two\n"}},
        {"tool": "edit_file", "arguments": {"path": "a.txt", "old_text": "line 29\n", "new_text": ""}},
        "done",
        {"tool": "write_file", "arguments": {"path": "b.txt", "content": "b"}},
        "done too",
    ]
    original = "".join(f"line {number}\n" for number in range(1, 31))

    async def use(studio: Studio) -> None:
        file = studio.workspace / "a.txt"
        await in_thread(file.write_text, original)
        panel = studio.desk.panel
        panel.conversation.set_mode(PermissionMode.ACCEPT_EDITS)
        await studio.say("edit")
        await studio.say("write")
        changes = await studio.changes.changes(panel.conversation.id, studio.workspace)
        assert changes.summary == "2 files changed +2 −2"
        assert panel.review.isVisible()
        view = ChangesPanel(studio.changes)
        view.changed.connect(studio.desk.read_changes)
        studio.desk.changes_read.connect(view.show_conversation)
        view.show_conversation(panel.conversation, changes)
        view.files.setCurrentRow(0)
        await until(lambda: "line two" in view.diff.toPlainText())
        assert view.revert_hunk.isEnabled()
        view.revert_hunk.click()
        await until(lambda: "line two" not in view.diff.toPlainText())
        assert await in_thread(file.read_text) == original.replace("line 29\n", "")

        second = next(row for row in panel.model.rows if row.text == "write")
        panel.restore_wanted.emit(second.n)
        await until(lambda: bool(studio.desk.findChildren(RestoreDialog)))
        (dialog,) = studio.desk.findChildren(RestoreDialog)
        assert "b.txt" in dialog.diff.toPlainText()
        assert "a.txt" not in dialog.diff.toPlainText()
        dialog.restore.click()
        await until(lambda: rows(studio)[-1] == "done")
        assert not await in_thread((studio.workspace / "b.txt").exists)
        assert studio.changes.can_undo(panel.conversation.id)
        await view.aclose()
        view.deleteLater()

    with_studio(tmp_path, turns, use, ("edit",))


def test_groups_have_the_last_used_first() -> None:
    now = 1_700_000_000.0
    items = [
        SessionItem("old", "old", "done", now - 90_000),
        SessionItem("new", "new", "done", now),
        SessionItem("pin", "pin", "done", now - 500_000, is_pinned=True),
        SessionItem("gone", "gone", "done", now, is_archived=True),
    ]
    shown = [getattr(row, "text", "") or getattr(row, "title", "") for row in grouped(items, now=now)]
    assert shown == ["Pinned", "pin", "Today", "new", "Earlier", "old", "Archived", "gone"]


def test_the_transcript_shows_more_or_less_and_goes_to_the_next_error(qapp: QApplication, tmp_path: Path) -> None:
    del qapp

    async def use(studio: Studio) -> None:
        await studio.say("go")
        panel = studio.desk.panel
        kinds = [row.kind for row in panel.model.rows]
        assert kinds == ["user", "tool", "assistant"]
        assert panel.next_density() == "Verbose"
        assert panel.transcript.row(1).is_open
        panel.transcript.toggle(1)
        assert not panel.transcript.row(1).is_open
        assert panel.next_density() == "Summary"
        shown = panel.transcript.model()
        assert [panel.transcript.row(number).kind for number in range(shown.rowCount())] == ["user", "assistant"]
        panel.complain("Something is wrong")
        assert shown.rowCount() == 3
        panel.go_to_trouble()
        assert panel.transcript.currentIndex().row() == 2
        assert panel.next_density() == "Normal"
        assert [panel.transcript.row(number).kind for number in range(4)] == [*kinds, "error"]

    with_studio(tmp_path, [{"tool": "list_files", "arguments": {"path": "."}}, "done"], use, ("files",))


def test_the_model_writes_a_title_and_tags_are_found(qapp: QApplication, tmp_path: Path) -> None:
    del qapp

    async def use(studio: Studio) -> None:
        await studio.say("please sort this list of numbers for me")
        item = next(each for each in studio.desk.items() if each.is_live)
        studio.desk.act("title", item)
        await until(lambda: studio.desk.panel.conversation.title == "Sorting numbers")
        await studio.sessions.change(item.id, tags=["maths"])
        studio.sidebar.search.setText("#maths")
        studio.sidebar.show_hits("#maths", [])
        assert [getattr(row, "title", "") for row in studio.sidebar.model.rows] == ["", "Sorting numbers"]

    with_studio(tmp_path, ["sorted", '"Sorting numbers."\n'], use)
