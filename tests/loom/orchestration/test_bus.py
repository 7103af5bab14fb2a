"""The bus: who hears what, and that nobody harms the others."""

import asyncio

from loom.orchestration import CommunicationProtocol, CoordinationEventBus, EventBus
from loom.types import CoordinationEvent


def event(topic: str, delta_h: float = 0.5) -> CoordinationEvent:
    return CoordinationEvent(f"{topic}:1", "me", topic, {"a": 1}, delta_h, "medium")


def test_events_reach_their_topic_and_wildcards_in_order() -> None:
    bus, heard = CoordinationEventBus(), list[tuple[str, str]]()
    for topic in ("task.done", "task.*", "*", "sprint.*"):
        bus.subscribe(topic, lambda e, topic=topic: heard.append((topic, e.topic)))
    assert bus.publish(event("task.done"))
    assert heard == [("task.done", "task.done"), ("task.*", "task.done"), ("*", "task.done")]
    assert EventBus is CoordinationEventBus


def test_what_tells_too_little_goes_to_nobody() -> None:
    bus, heard = CoordinationEventBus(delta_min=0.3), list[CoordinationEvent]()
    bus.subscribe("*", heard.append)
    assert not bus.publish(event("a", 0.29))
    assert not bus.publish(event("no number", float("nan")))
    assert bus.publish(event("b", 0.3))
    assert [each.topic for each in heard] == ["b"]
    assert [each.topic for each in bus.published_events] == ["b"]


async def test_a_subscriber_that_fails_harms_nobody_and_coroutines_are_waited_for(error_records: list[str]) -> None:
    bus, heard = CoordinationEventBus(), list[str]()

    def broken(_event: CoordinationEvent) -> None:
        raise RuntimeError("broken")

    async def late(got: CoordinationEvent) -> None:
        await asyncio.sleep(0)
        heard.append(got.topic)

    async def broken_late(_event: CoordinationEvent) -> None:
        raise RuntimeError("broken too")

    for callback in (broken, broken_late, late):
        bus.subscribe("*", callback)
    assert bus.publish(event("x"))
    await bus.settled()
    assert heard == ["x"]
    assert len(error_records) == 2
    error_records.clear()


def test_a_coroutine_function_without_a_loop_is_said_to_be_one(error_records: list[str]) -> None:
    bus = CoordinationEventBus()

    async def late(_event: CoordinationEvent) -> None:
        raise AssertionError

    bus.subscribe("*", late)
    assert bus.publish(event("x"))
    assert "no event loop runs" in error_records.pop()


def test_an_ended_subscription_hears_nothing_and_the_history_is_bounded() -> None:
    bus, heard = CoordinationEventBus(history=3), list[CoordinationEvent]()
    bus.subscribe("*", heard.append)
    bus.unsubscribe("*", heard.append)
    bus.unsubscribe("never", heard.append)
    for number in range(5):
        bus.publish(event(f"t{number}"))
    assert heard == []
    assert [each.topic for each in bus.published_events] == ["t2", "t3", "t4"]


def test_a_box_is_empty_after_it_was_read() -> None:
    boxes = CommunicationProtocol()
    boxes.send(event("a"))
    boxes.send(event("a"))
    assert len(boxes.receive("a")) == 2
    assert boxes.receive("a") == []
    assert boxes.receive("b") == []
