"""A time limit holds for whatever waits, and changes nothing else about it."""

import asyncio
import time

import pytest

from loom import deadline
from loom.deadline import Overdue, within


async def test_work_that_never_waits_gives_its_result_and_sets_no_timer() -> None:
    async def work() -> int:
        return 7

    loop = asyncio.get_running_loop()
    before = len(loop._scheduled)  # type: ignore[attr-defined]
    assert await within(5, work()) == 7
    assert len(loop._scheduled) == before  # type: ignore[attr-defined]


async def test_work_that_waits_often_gets_what_it_waited_for() -> None:
    async def work() -> list[int]:
        return [await asyncio.sleep(0, number) for number in range(3)] + [await asyncio.sleep(0.001, 9)]

    assert await within(5, work()) == [0, 1, 2, 9]


async def test_work_that_takes_too_long_is_cancelled_where_it_waits() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    with pytest.raises(Overdue):
        await within(0.02, work())
    assert ended == ["cancelled"]
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_time_before_the_first_wait_counts() -> None:
    async def work() -> None:
        deadline = time.monotonic() + 0.05
        while time.monotonic() < deadline:
            pass
        await asyncio.sleep(0.03)

    with pytest.raises(Overdue):
        await within(0.06, work())


async def test_a_task_group_that_fails_within_the_work_is_the_works_own_affair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "GRACE_S", 0.02)

    async def fails() -> None:
        raise ValueError("its own")

    async def work() -> str:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fails())
                group.create_task(asyncio.sleep(30))
        except* ValueError:
            pass
        await asyncio.sleep(0.1)  # Python 3.11 leaves the task marked as cancelled
        return "done"

    assert await within(5, work()) == "done"


async def test_work_that_nobody_wants_any_more_is_left_where_it_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "GRACE_S", 0.02)
    released, asked = asyncio.Event(), 0

    async def work() -> str:
        nonlocal asked
        while True:
            try:
                await released.wait()
            except asyncio.CancelledError:
                asked += 1
            else:
                return "done"

    is_over = False
    deadline.IS_STOPPED.set(lambda: is_over)
    task = asyncio.create_task(within(60, work()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0.05)
    assert not task.done()  # somebody still wants it
    is_over = True
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 20)
    assert asked == 3
    released.set()
    await asyncio.sleep(0.01)


async def test_errors_of_the_work_stay_what_they_are() -> None:
    async def at_once() -> None:
        raise TimeoutError("its own")

    async def later() -> None:
        await asyncio.sleep(0)
        raise TimeoutError("its own")

    for work in (at_once, later):
        with pytest.raises(TimeoutError, match="its own"):
            await within(5, work())


async def test_cancelling_the_caller_cancels_the_work_which_may_clean_up() -> None:
    steps: list[str] = []

    async def work() -> None:
        steps.append("waits")
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(0)
            steps.append("cleaned up")

    task = asyncio.create_task(within(60, work()))
    while not steps:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps == ["waits", "cleaned up"]
