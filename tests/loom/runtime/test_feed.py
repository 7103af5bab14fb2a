"""Events as a run says them: id and time are made when somebody asks, and are as if they had always been."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from loom.runtime.feed import RunFeed
from loom.types.events import RunEvent


def said(*kinds: str) -> list[RunEvent]:
    feed = RunFeed("r")
    for kind in kinds:
        feed.emit(kind, {"step": 1})
    return feed.events


def test_an_event_has_its_number_and_the_time_at_which_it_was_said() -> None:
    before = datetime.now(UTC)
    first, second = said("step.started", "step.completed")
    assert (first.id, second.id, first.seq, second.seq) == ("r.0", "r.1", 0, 1)
    assert before - timedelta(milliseconds=1) <= first.ts <= second.ts <= datetime.now(UTC)
    assert first.ts is first.ts
    assert first.ts.tzinfo is UTC


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda event: pickle.loads(pickle.dumps(event)), replace])  # noqa: S301
def test_a_copy_of_an_event_that_nobody_asked_is_the_same_event(copied: Callable[[RunEvent], RunEvent]) -> None:
    (event,) = said("step.started")
    other = copied(event)
    assert other is not event
    assert other == event
    assert repr(other) == repr(event)
    assert asdict(other)["id"] == "r.0"


def test_an_event_that_is_made_by_hand_has_what_it_is_given() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    event = RunEvent("e", "r", "step.started", at)
    assert (event.id, event.ts) == ("e", at)
    event.id = "f"
    assert event.id == "f"
    assert len(RunEvent().id) == 32
    with pytest.raises(AttributeError):
        event.nothing  # type: ignore[attr-defined]  # noqa: B018
