"""The inspector's tabs in another language: what is told of runs is translated, and nothing is decided by a word."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from loom.config import TriggerConfig
from loom.orchestration.findings import Finding
from loom.orchestration.record import ChangedFile, Happening, Span, Sprint, ToldRun
from loom_studio.loop import run
from loom_studio.panels.heartbeat.trigger_form import TriggerForm
from loom_studio.panels.sprints.told import (
    change_words,
    facts_of,
    fate_words,
    happening_words,
    span_words,
    sprint_words,
)
from loom_studio.services.retold import retold
from loom_studio.services.triggers import TriggerService
from loom_studio.texts import use_translation

RUN = ToldRun(
    "r1",
    "Write",
    "accepted, after max sprints",
    5,
    is_running=False,
    is_done=True,
    details={"max_tokens": 1_000, "patience": 2, "agent": "gen.toml", "forked_from": {"sprint": 1, "run": "r0"}},
    sprints=(Sprint(1, "failed", duration_s=2.0, tokens=30), Sprint(2, "accepted", accepted_by="person")),
)
GERMAN = {
    "Any": "Jede",
    "fixed in sprint {sprint}": "in Sprint {sprint} behoben",
    "waived: {who} accepted sprint {sprint}": "{who} nahm Sprint {sprint} an",
    "person": "ein Mensch",
    "accepted by {who}": "von {who} genommen",
    "Sprint {number}, {how}, {passed} of {count} criteria": "Sprint {number}: {how}, {passed}/{count}",
    "the generator worked": "der Ersteller schrieb",
    "{work}, and failed: {why}": "{work}, vergeblich: {why}",
    "The context was made smaller: {level}": "Kleiner: {level}",
    "snip": "Schnitt",
    "max sprints": "alle Sprints",
    "after {how}": "nach: {how}",
    "Took": "Dauer",
}


@pytest.fixture
def german() -> Iterator[None]:
    use_translation(lambda text, _count: GERMAN.get(text, ""))
    yield
    use_translation(None)


def finding(fate: str) -> Finding:
    return Finding("It starts", "no", "", None, 1, "open", fate)


def test_in_english_a_run_is_told_as_its_journal_tells_it() -> None:
    assert [(name, value) for _, name, value in facts_of(RUN)] == RUN.facts
    assert [sprint_words(each) for each in RUN.sprints] == [each.words for each in RUN.sprints]
    waiting = Sprint(3, "waiting", doing="its contract waits for approval")
    assert sprint_words(waiting) == waiting.words
    change = ChangedFile("a.py", "changed", 2, 1)
    assert change_words(change) == change.words


@pytest.mark.usefixtures("german")
def test_what_the_runtime_says_is_told_in_the_persons_language_where_its_phrase_is_known() -> None:
    assert fate_words(finding("fixed in sprint 3")) == "in Sprint 3 behoben"
    assert fate_words(finding("waived: person accepted sprint 2")) == "ein Mensch nahm Sprint 2 an"
    assert sprint_words(RUN.sprints[1]) == "Sprint 2: von ein Mensch genommen, 0/0"
    assert span_words(Span("generator", 0.0, 1.0, "the generator worked, and failed: so, it did")) == (
        "der Ersteller schrieb, vergeblich: so, it did"
    )
    assert happening_words(Happening(0.0, "compressed", "The context was made smaller: snip")) == "Kleiner: Schnitt"
    assert happening_words(Happening(0.0, "alert", "The context was made smaller: snip")).endswith(": snip")
    assert ("State", "State", "accepted, nach: alle Sprints, 2 of 5 sprints") in facts_of(RUN)
    assert "Dauer" in [name for _, name, _ in facts_of(RUN)]
    assert retold("{sprint} of none", ["fixed in sprint {sprint}"]) == "{sprint} of none"


@pytest.mark.usefixtures("german")
def test_a_trigger_of_any_source_has_none_in_every_language(qapp: QApplication, tmp_path: Path) -> None:
    async def main() -> int:
        trigger = TriggerConfig("t", "Do", kind="modified", urgency="high")
        form = TriggerForm(TriggerService(), trigger, str(tmp_path), lambda *_: None, None)  # pyright: ignore[reportArgumentType]
        assert (form.source.currentText(), form.fields()["source"]) == ("Jede", "")
        assert form.fields()["urgency"] == "high"
        form.source.setCurrentText("webhook")
        assert form.fields()["source"] == "webhook"
        await form.tasks.aclose()
        form.deleteLater()
        return 0

    assert run(qapp, main) == 0
