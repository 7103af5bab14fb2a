"""Which faults are tried again, and when: the only retries there are, for every provider."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from loom.errors import ProviderError
from loom.providers.base import Completion, CompletionRequest, Provider, Retrying, StreamPart


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long a request is tried.

    The wait before attempt n + 1 is random between 0 and min(max_delay_s, base_delay_s · 2ⁿ⁻¹) ("full jitter", AWS
    Architecture Blog 2015), or what the provider asked for, if that is at most `max_retry_after_s`. All attempts
    together begin within `total_s` seconds.
    """

    max_attempts: int = 5
    base_delay_s: float = 0.5
    max_delay_s: float = 8.0
    max_retry_after_s: float = 60.0
    total_s: float = 180.0

    def delay_s(self, attempt: int, error: ProviderError, elapsed_s: float) -> float | None:
        """Seconds to wait after attempt number `attempt` (from 1) failed; None if it is not to be tried again."""
        if not error.retryable or attempt >= self.max_attempts:
            return None
        if error.retry_after_s is not None:
            wait = error.retry_after_s if error.retry_after_s <= self.max_retry_after_s else None
        else:
            ceiling = min(self.max_delay_s, self.base_delay_s * 2 ** (attempt - 1))
            wait = random.uniform(0, ceiling)  # noqa: S311  spreading load, not keeping a secret
        return wait if wait is not None and elapsed_s + wait <= self.total_s else None


def _nobody_hears(_part: StreamPart) -> None:
    """Drop what streams: only the whole answer is wanted."""


async def complete_with_retries(
    provider: Provider,
    request: CompletionRequest,
    policy: RetryPolicy,
    hear: Callable[[StreamPart], None] = _nobody_hears,
) -> Completion | None:
    """What `provider.stream(request)` ends with, None if it ends without; `hear` is told each part before, as it comes.

    Of a retryable failure it is told `Retrying`; then there is a wait, and another attempt. Nothing that a failed
    attempt said was acted on, so its parts are void. Raises the last error.
    """
    began = time.monotonic()
    attempt = 1
    while True:
        completion, is_over = None, False
        parts = provider.stream(request)
        try:
            async for part in parts:
                if isinstance(part, Completion):
                    completion = part
                else:
                    hear(part)
            is_over = True
        except ProviderError as error:
            wait = policy.delay_s(attempt, error, time.monotonic() - began)
            if wait is None:
                raise _after_attempts(error, attempt, policy) from error.__cause__
            hear(Retrying(attempt, wait, error))
        else:
            return completion
        finally:
            # A consumer that stops early closes the connection now, not when the garbage is collected.
            if not is_over and isinstance(parts, AsyncGenerator):
                await parts.aclose()
        await asyncio.sleep(wait)
        attempt += 1


def _after_attempts(error: ProviderError, attempt: int, policy: RetryPolicy) -> ProviderError:
    """The same error, saying also how often it was tried or how long the provider wants to be left alone."""
    asked = error.retry_after_s
    if error.retryable and asked is not None and asked > policy.max_retry_after_s:
        error.args = (f"{error}. It asks to wait {asked:.0f} s before the next try", *error.args[1:])
    elif attempt > 1:
        error.args = (f"{error} (tried {attempt} times)", *error.args[1:])
    return error
