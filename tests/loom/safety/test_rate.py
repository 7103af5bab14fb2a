"""The rate window: a sliding minute in which every attempt counts."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from loom.safety.rate import WINDOW_S, RateWindow


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_slots_come_back_after_a_minute() -> None:
    clock = Clock()
    window = RateWindow(2, clock)
    assert [window.reserve(), window.reserve()] == [None, None]
    wait = window.reserve()
    assert wait is not None
    clock.now += WINDOW_S + 1
    assert window.reserve() is None


def test_no_limit_and_a_limit_of_nothing() -> None:
    assert RateWindow(None).reserve() is None
    assert RateWindow(0).reserve() == WINDOW_S


def test_threads_cannot_share_a_slot() -> None:
    window = RateWindow(50)
    granted: list[float | None] = []

    def work() -> None:
        granted.extend(window.reserve() for _ in range(40))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.count(None) == 50


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 5))
def test_no_minute_ever_grants_more_than_the_limit(gaps: list[float], limit: int) -> None:
    clock = Clock()
    window = RateWindow(limit, clock)
    granted: list[float] = []
    for gap in gaps:
        clock.now += gap
        if window.reserve() is None:
            granted.append(clock.now)
    for start in granted:
        assert sum(start <= at < start + WINDOW_S for at in granted) <= limit
