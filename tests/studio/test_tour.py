"""The tour: what the script says happened is what happened, and nothing of it stays."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.approvals import Decision
from loom.types.runs import RunState
from loom_studio.loop import run
from loom_studio.services import tour
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.services.keys import Keys
from loom_studio.services.tour import PROMPT, Tour
from loom_studio.windows import Windows
from tests.support.waiting import until
from tests.support.windows import with_windows


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tour, "PACE_S", 0)


def walked(folder: Path, decide: Decision) -> tuple[list[Any], str, bool, str]:
    """The events of a tour, what the file holds after it, whether the folder is still there, and the last words."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    found: list[tuple[list[Any], str, bool, str]] = []

    async def main() -> int:
        walk = await Tour.make()
        conversation = Conversation(walk.agent(), walk.folder, Keys(), Profile(folder))
        events: list[Any] = []
        async with asyncio.timeout(150):
            first = await conversation.start(Outgoing(PROMPT))
            async for event in conversation.watch(first):
                events.append(event)
                if event.type == "tool.approval_requested":
                    await asyncio.sleep(0)
                    conversation.decide(event.payload["request_id"], decide)
            assert (await first.wait()).state is RunState.COMPLETED
            written = await in_thread((walk.folder / "shop.js").read_text)
            last = ""
            for _ in range(3):
                again = await conversation.start(Outgoing("And now?"))
                last = (await again.wait()).output
        await conversation.aclose()
        await walk.aclose()
        found.append((events, written, await in_thread(walk.folder.exists), last))
        return 0

    assert run(app, main) == 0
    return found[0]


def test_the_tour_renews_the_context_has_three_sprints_judged_and_leaves_nothing(
    qapp: QApplication, tmp_path: Path
) -> None:
    scratch: list[Path] = []

    async def use(windows: Windows) -> None:
        window, harness = windows.front, windows.services.harness
        async with asyncio.timeout(150):
            window.tasks.start(window.take_tour(), what="begin the tour")
            await until(lambda: window._tours and window.panel.conversation.workspace == window._tours[0][1].folder)
            panel, tour = window.panel, window._tours[0][1]
            scratch.append(tour.scratch)
            await until(lambda: panel.conversation.pending)
            panel.conversation.decide(panel.conversation.pending[0].payload["request_id"], Decision.allow_once())
            await until(lambda: any("That was the tour" in row.text for row in panel.model.rows))
        shown = [row.text for row in panel.model.rows]
        assert any("The context began anew: handoff 1" in text for text in shown)
        assert any("in the tab **Sprints**" in text for text in shown)
        last = next(text for text in reversed(shown) if text)
        assert last.startswith("3 sprints were worked on, and sprint 3 passed.\n\nThat was the tour.")
        assert sum("That was the tour." in text for text in shown) == 1
        [run] = await harness.runs()
        told = await harness.told(run)
        assert [sprint.state for sprint in told.sprints] == ["failed", "failed", "passed"]
        failed = [[each.text for each in sprint.criteria if each.passed is False] for sprint in told.sprints]
        assert failed[0][0] == "Prices have two decimals"
        assert any("Total" in text for text in failed[1])  # the command, whatever the judge said
        assert "Total: 2.00" in await in_thread((tour.list_folder / "prices.md").read_text)
        assert window.inspector.tabText(window.inspector.currentIndex()) == "Sprints"

    with_windows(qapp, tmp_path, use)
    assert not scratch[0].exists()

    async def again(windows: Windows) -> None:
        assert await windows.services.harness.runs() == []
        await windows.front.open_stored("")
        assert windows.services.sessions.summaries == {}

    with_windows(qapp, tmp_path, again)
    assert not list((tmp_path / "data" / "profile").glob("harness-sessions*"))


def said(events: list[Any]) -> str:
    return "\n".join(e.payload["text"] for e in events if e.type == "message.completed")


def test_the_tour_runs_tools_asks_vetoes_and_tells_of_a_change(qapp: QApplication, tmp_path: Path) -> None:
    del qapp
    events, written, is_there, last = walked(tmp_path, Decision.allow_once())
    kinds = [event.type for event in events]
    assert kinds.count("tool.completed") == 4
    vetoes = [event.payload["rule"] for event in events if event.type == "tool.vetoed"]
    assert vetoes == ["no_deleting"]
    assert "toFixed(2)" in written
    assert "It is written" in said(events)
    assert "notes.md was modified" in said(events).split("This is what I was told")[1]
    assert not is_there
    assert "The tour is over" in last


def test_who_denies_is_told_that_nothing_was_written(qapp: QApplication, tmp_path: Path) -> None:
    del qapp
    events, written, _, _ = walked(tmp_path, Decision.deny("not now"))
    assert "toFixed" not in written
    assert "nothing was written" in said(events)
