"""Retries: which faults, how long, how often."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from loom.errors import (
    AuthenticationError,
    ContextOverflowError,
    ProviderError,
    ProviderUnavailableError,
    RateLimitError,
    StreamInterruptedError,
)
from loom.providers.base import Completion, CompletionRequest, Retrying, StopReason, StreamPart, TextDelta
from loom.providers.retry import RetryPolicy, complete_with_retries
from loom.types.messages import Message

QUICK = RetryPolicy(max_attempts=3, base_delay_s=0.001, max_delay_s=0.002)
REQUEST = CompletionRequest("m", [Message("user", "hi")])


class Failing:
    """A provider whose attempts fail with `errors`, one after the other, in the middle of the answer, then succeed."""

    name = "failing"

    def __init__(self, *errors: ProviderError) -> None:
        self.errors = list(errors)
        self.attempts = 0

    async def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        self.attempts += 1
        yield TextDelta("half")
        if self.errors:
            raise self.errors.pop(0)
        yield Completion(Message("assistant", "half and whole"), StopReason.END_TURN)

    async def aclose(self) -> None:
        pass


def busy(**details: float | None) -> RateLimitError:
    return RateLimitError("busy", **details)  # type: ignore[arg-type]


async def parts_of(provider: Failing, policy: RetryPolicy = QUICK) -> list[StreamPart]:
    parts: list[StreamPart] = []
    completion = await complete_with_retries(provider, REQUEST, policy, parts.append)
    return parts if completion is None else [*parts, completion]


async def test_a_failed_attempt_is_announced_and_made_again() -> None:
    provider = Failing(busy(), StreamInterruptedError("cut"))
    parts = await parts_of(provider)
    assert [type(part).__name__ for part in parts] == [
        "TextDelta",
        "Retrying",
        "TextDelta",
        "Retrying",
        "TextDelta",
        "Completion",
    ]
    announced = [part for part in parts if isinstance(part, Retrying)]
    assert [(part.attempt, str(part.error)) for part in announced] == [(1, "busy"), (2, "cut")]


async def test_attempts_end_and_the_last_error_says_how_many_there_were() -> None:
    provider = Failing(*[busy() for _ in range(9)])
    with pytest.raises(RateLimitError, match=r"busy \(tried 3 times\)"):
        await parts_of(provider)
    assert provider.attempts == 3


@pytest.mark.parametrize(
    "error", [AuthenticationError("no"), ContextOverflowError("full"), RateLimitError("spent", retryable=False)]
)
async def test_what_would_fail_again_is_not_tried_again(error: ProviderError) -> None:
    provider = Failing(error)
    with pytest.raises(type(error)):
        await parts_of(provider)
    assert provider.attempts == 1


async def test_the_provider_is_given_the_time_that_it_asks_for() -> None:
    began = time.monotonic()
    parts = await parts_of(Failing(busy(retry_after_s=0.2)))
    assert time.monotonic() - began >= 0.2
    assert [part.delay_s for part in parts if isinstance(part, Retrying)] == [0.2]


async def test_more_time_than_is_reasonable_fails_at_once_and_says_so() -> None:
    with pytest.raises(RateLimitError, match="asks to wait 3600 s"):
        await parts_of(Failing(busy(retry_after_s=3600)))


def test_waits_are_random_below_a_ceiling_that_doubles() -> None:
    policy = RetryPolicy(max_attempts=9, base_delay_s=1, max_delay_s=5)
    for attempt, ceiling in ((1, 1), (2, 2), (3, 4), (4, 5), (5, 5)):
        waits = [policy.delay_s(attempt, busy(), 0) or 0 for _ in range(200)]
        assert max(waits) <= ceiling
        assert min(waits) < ceiling / 4 < ceiling * 3 / 4 < max(waits)


def test_no_attempt_begins_after_the_whole_time() -> None:
    policy = RetryPolicy(total_s=10)
    assert policy.delay_s(1, busy(retry_after_s=3), elapsed_s=6) == 3
    assert policy.delay_s(1, busy(retry_after_s=3), elapsed_s=8) is None


async def test_cancelling_while_it_waits_ends_at_once() -> None:
    waiting = asyncio.Event()

    def hear(part: StreamPart) -> None:
        if isinstance(part, Retrying):
            waiting.set()

    async with asyncio.TaskGroup() as group:
        failing = Failing(busy(retry_after_s=50))
        task = group.create_task(complete_with_retries(failing, REQUEST, QUICK, hear))
        await waiting.wait()
        task.cancel()
    assert task.cancelled()


async def test_an_error_that_is_no_providers_passes_through() -> None:
    class Broken(Failing):
        async def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
            yield TextDelta("a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await parts_of(Broken())
    with pytest.raises(ProviderUnavailableError):
        await parts_of(Failing(ProviderUnavailableError("down")))
