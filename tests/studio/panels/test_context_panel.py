"""The Context tab, the warning and the lines in the transcript, with a real agent on a scripted model."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from loom.config import AgentConfig, ModelRef, RuntimeConfig, RuntimeLimits
from loom.types.events import RunEvent
from loom_studio.loop import run
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.panels.context.panel import ContextPanel
from loom_studio.services.context import ContextState, summary_of
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.widgets.pressure_chart import part_colours
from tests.support.waiting import until

WORDS = "The harbour wall was measured again and the numbers do not agree with the plan. " * 8


def with_tab(
    qapp: QApplication,
    folder: Path,
    turns: list[Any],
    use: Callable[[ChatPanel, ContextPanel], Coroutine[Any, Any, None]],
    window_tokens: int = 4_000,
    max_cost_usd: float | None = None,
) -> None:
    limits = RuntimeLimits(max_context_tokens=window_tokens, max_iterations=50, max_cost_usd=max_cost_usd)
    config = AgentConfig(ModelRef.scripted(turns), name="Test", runtime=RuntimeConfig(limits=limits))

    async def main() -> int:
        chat, tab = ChatPanel(Conversation(config, folder)), ContextPanel()
        chat.conversation.changed.connect(lambda: tab.show_conversation(chat.conversation))
        for widget in (chat, tab):
            widget.resize(500, 800)
            widget.show()
        try:
            await use(chat, tab)
        finally:
            await tab.aclose()
            await chat.aclose()
            for widget in (chat, tab):
                widget.deleteLater()
        return 0

    assert run(qapp, main) == 0


def notices(chat: ChatPanel) -> list[str]:
    return [row.text for row in chat.model.rows if row.kind == "notice"]


def test_the_tab_shows_what_was_sent_and_how_full_the_window_is(qapp: QApplication, tmp_path: Path) -> None:
    async def use(chat: ChatPanel, tab: ContextPanel) -> None:
        assert tab.request.text == ""
        await chat.converse(Outgoing("What is the weather like?"))
        state = chat.conversation.context.state
        assert 0 < state.used < state.window == 4_000
        assert tab.summary.text().startswith(f"ρ {state.rho:.2f} · {state.used:,} of 4,000 tokens")
        shown = [tab.partitions.item(row).text().split()[0] for row in range(tab.partitions.count())]
        assert shown == ["system", "working", "memory", "skill", "history"]
        swatches = [tab.partitions.item(row).icon().pixmap(12).toImage().pixelColor(6, 6) for row in range(5)]
        assert swatches == part_colours(), "the list says which colour of the bar is which part"
        assert sum(state.partitions.values()) == state.used
        await until(lambda: "What is the weather like?" in tab.request.unified.toPlainText())
        assert "1 steps" in tab.chart.accessibleDescription()
        assert tab.budgets["steps"].format() == "steps: 1 of 50"
        assert not tab.pinned.count()

    with_tab(qapp, tmp_path, ["Sunny."], use)


def test_a_cost_that_is_not_known_is_not_shown_as_nothing(qapp: QApplication, tmp_path: Path) -> None:
    async def use(chat: ChatPanel, tab: ContextPanel) -> None:
        assert tab.budgets == {} or tab.budgets["cost"].format() == "cost: $0.00 of $2.00"
        await chat.converse(Outgoing("What is the weather like?"))
        await until(lambda: tab.budgets["cost"].format() == "cost: not known of $2.00")

    turns = [{"text": "Sunny.", "usage": {"input_tokens": 900, "output_tokens": 20}}]
    with_tab(qapp, tmp_path, turns, use, max_cost_usd=2.0)


def test_a_full_window_is_announced_put_off_cut_and_renewed(qapp: QApplication, tmp_path: Path) -> None:
    async def use(chat: ChatPanel, tab: ContextPanel) -> None:
        context = chat.conversation.context
        for number in range(7):
            await chat.converse(Outgoing(f"Part {number}: {WORDS}"))
            if context.state.planned is not None:
                break
        assert not chat.context_bar.isHidden()
        assert "about" in chat.context_bar.said.text()
        chat.context_bar.later.click()
        assert chat.context_bar.isHidden()
        tab.compress.click()
        await until(lambda: any("made smaller" in each for each in notices(chat)))
        assert context.state.shown_marks()
        tab.renew.click()
        await until(lambda: any("began anew" in each for each in notices(chat)))
        assert tab.handoff.toPlainText().startswith("# Handoff Document (Sprint 1)")
        assert tab.handoffs.count() == 1
        assert context.state.rho < 0.7
        assert tab.summary.text().startswith(f"ρ {context.state.rho:.2f}")
        await chat.converse(Outgoing("Go on"))
        tab.renew.click()
        await until(lambda: tab.handoffs.count() == 2)
        assert tab.changes.is_diff
        tab.handoffs.setCurrentIndex(0)
        assert "first handoff" in tab.changes.text
        rows = [row.text for row in chat.model.rows if row.kind == "user"]
        assert rows[0].startswith("Part 0")  # what was cut is still there to read

    with_tab(qapp, tmp_path, [f"Answer {n}: {WORDS}" for n in range(12)], use, 2_000)


def test_a_pinned_message_stays_and_can_be_let_go(qapp: QApplication, tmp_path: Path) -> None:
    async def use(chat: ChatPanel, tab: ContextPanel) -> None:
        await chat.converse(Outgoing("Remember 4711"))
        await chat.conversation.context.pin("user", "Remember 4711")
        await until(lambda: tab.pinned.count() == 1)
        assert tab.pinned.item(0).text() == "Remember 4711"
        await chat.converse(Outgoing(WORDS * 3))
        tab.renew.click()
        await until(lambda: tab.handoffs.count() == 1)
        await chat.converse(Outgoing("And?"))
        await until(lambda: "Remember 4711" in tab.request.text.split("── 1. user")[-1])
        tab.unpin.click()
        await until(lambda: tab.pinned.count() == 0)

    with_tab(qapp, tmp_path, ["Yes.", "Good.", "Well."], use)


def test_without_anything_said_the_buttons_say_so(qapp: QApplication, tmp_path: Path) -> None:
    async def use(chat: ChatPanel, tab: ContextPanel) -> None:
        tab.show_conversation(chat.conversation)
        tab.compress.click()
        await until(lambda: "nothing to cut" in tab.status.text())
        tab.renew.click()
        await until(lambda: "Nothing was said yet" in tab.status.text())

    with_tab(qapp, tmp_path, ["x"], use)


def test_turns_left_are_told_from_the_rate_and_not_over_a_cut() -> None:
    state = ContextState()

    def pressure(used: int) -> None:
        parts = {"history": used}
        payload = {"used_tokens": used, "window_tokens": 1000, "rho": used / 1000, "estimated": False}
        state.fold(RunEvent(type="context.pressure", payload={**payload, "partitions": parts}))

    assert (state.turns_left, summary_of(state)) == (None, "No step yet.")
    for used in (100, 200, 300):
        pressure(used)
    assert state.turns_left == 7
    payload = {"strategy": "snip", "tokens_before": 300, "tokens_after": 100, "detail": "x"}
    state.fold(RunEvent(type="context.compressed", payload=payload))
    pressure(150)
    assert state.turns_left is None
    assert [(mark.at, mark.kind) for mark in state.shown_marks()] == [(3, "snip")]
    assert "cut: snip" in summary_of(state)
    state.fold(RunEvent(type="context.provider_edited", payload={"step": 5, "edits": [], "detail": "x"}))
    assert "cut: snip, by the provider" in summary_of(state)
    for used in range(700):
        pressure(used)
    assert len(state.points) == 600
    assert state.shown_marks() == []
