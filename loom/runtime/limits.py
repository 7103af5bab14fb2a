"""The limits of one run, and its clock, which stands still while a person is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from loom.config.runtime import RuntimeLimits
from loom.errors import RunLimitError
from loom.tools.budget import Left
from loom.types.runs import Usage

T = TypeVar("T")

NEARLY = 0.8
"""The share of a budget from which on the model is told to wrap up."""


class RunLimits:
    """Watches iterations, wall time, tokens and cost of one run, and whether it was stopped."""

    def __init__(self, limits: RuntimeLimits, is_stopped: Callable[[], bool]) -> None:
        self.limits = limits
        self._is_stopped = is_stopped
        self.started = time.monotonic()
        self._waited_s = 0.0
        self._waiting = 0
        self._waiting_since = 0.0
        self._timeout: asyncio.Timeout | None = None
        self._goes_on: asyncio.Event | None = None

    @property
    def is_held(self) -> bool:
        """Whether the run may begin no other step."""
        return self._goes_on is not None

    def hold(self) -> None:
        """Let the run begin no other step until `go_on`."""
        self._goes_on = self._goes_on or asyncio.Event()

    def go_on(self) -> None:
        """Let the run begin steps again."""
        if self._goes_on is not None:
            self._goes_on.set()
            self._goes_on = None

    async def released(self) -> None:
        """Return once the run is not held; its clock stands still meanwhile."""
        with self.paused():
            while self._goes_on is not None:
                await self._goes_on.wait()

    @property
    def elapsed_s(self) -> float:
        """Seconds of work: the time since the start, without the time in which a person was asked."""
        now = time.monotonic()
        paused = self._waited_s + (now - self._waiting_since if self._waiting else 0.0)
        return now - self.started - paused

    @property
    def is_of_tokens(self) -> bool:
        """Whether the run may use so many tokens, or cost so much."""
        return self.limits.max_total_tokens is not None or self.limits.max_cost_usd is not None

    @property
    def duration_ms(self) -> int:
        """Milliseconds since the start, waiting included."""
        return round((time.monotonic() - self.started) * 1000)

    def is_over(self) -> bool:
        """True once the run was stopped, or its time was over while it did something."""
        return self._is_stopped() or (self._timeout is not None and self._timeout.expired())

    def check(self, iterations: int, usage: Usage) -> None:
        """Raise RunLimitError if the run may make no further model call, CancelledError if it was stopped."""
        if self._is_stopped():  # and something took no notice
            raise asyncio.CancelledError
        limits = self.limits
        if iterations >= limits.max_iterations:
            raise RunLimitError(
                f"The run made {iterations} model calls, its limit (runtime.limits.max_iterations)",
                reason="max_iterations",
            )
        if limits.max_total_tokens is not None and usage.total_tokens >= limits.max_total_tokens:
            raise RunLimitError(
                f"The run used {usage.total_tokens:,} tokens; its limit is {limits.max_total_tokens:,} "
                "(runtime.limits.max_total_tokens)",
                reason="token_limit",
            )
        if limits.max_cost_usd is not None and usage.cost_usd is None and usage.total_tokens:
            raise RunLimitError(
                f"The run has a limit of ${limits.max_cost_usd:.2f} (runtime.limits.max_cost_usd), but the price of "
                "its model is not known, so nothing could hold it. Say the price, in US dollars for a million tokens, "
                "in the agent file ([model.extensions.price] input = …, output = …), or take the limit away",
                reason="cost_unknown",
            )
        if limits.max_cost_usd is not None and (usage.cost_usd or 0.0) >= limits.max_cost_usd:
            raise RunLimitError(
                f"The run cost ${usage.cost_usd:.4f}; its limit is ${limits.max_cost_usd:.4f} "
                "(runtime.limits.max_cost_usd)",
                reason="cost_limit",
            )
        if limits.max_wall_time_s is not None and self.elapsed_s >= limits.max_wall_time_s:
            raise self._out_of_time()

    def left(self, iterations: int, usage: Usage) -> Left:
        """What is left, for sub-agents of the run."""
        limits = self.limits
        tokens, cost_usd, seconds = limits.max_total_tokens, limits.max_cost_usd, limits.max_wall_time_s
        spent_usd = (usage.cost_usd or 0.0) if usage.cost_usd is not None or not usage.total_tokens else cost_usd or 0.0
        return Left(
            limits.max_iterations - iterations,
            None if tokens is None else tokens - usage.total_tokens,
            None if cost_usd is None else cost_usd - spent_usd,
            None if seconds is None else seconds - self.elapsed_s,
        )

    def nearly_spent(self, iterations: int, usage: Usage) -> list[str]:
        """The budgets of which at least 80 % are spent, as sentences for the model."""
        limits = self.limits
        told: list[str] = []
        if iterations >= NEARLY * limits.max_iterations:
            told.append(f"{iterations} of {limits.max_iterations} model calls are made.")
        most_tokens = limits.max_total_tokens
        if most_tokens is not None and (tokens := usage.total_tokens) >= NEARLY * most_tokens:
            told.append(f"{tokens:,} of {most_tokens:,} tokens are used.")
        most_usd = limits.max_cost_usd
        if most_usd is not None and (spent := usage.cost_usd or 0.0) >= NEARLY * most_usd:
            told.append(f"${spent:.2f} of ${most_usd:.2f} are spent.")
        most_s = limits.max_wall_time_s
        if most_s is not None and self.elapsed_s >= NEARLY * most_s:
            told.append(f"{self.elapsed_s:.0f} of {most_s:.0f} seconds are over.")
        return told

    def bounded(self, coro: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """`coro`, for no longer than the run's time lasts; raises RunLimitError when it is over."""
        limit_s = self.limits.max_wall_time_s
        return coro if limit_s is None else self._bounded(coro, limit_s)

    async def _bounded(self, coro: Coroutine[Any, Any, T], limit_s: float) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(loop.time() + limit_s - self.elapsed_s) as self._timeout:
                return await coro
        except TimeoutError:
            if self._timeout is None or not self._timeout.expired():
                raise
            raise self._out_of_time() from None
        finally:
            self._timeout = None

    @contextmanager
    def paused(self) -> Generator[None]:
        """Stop the clock while a person is asked; several at once are one pause."""
        if self._waiting == 0:
            self._waiting_since = time.monotonic()
            self._reschedule(None)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            if self._waiting == 0:
                self._waited_s += time.monotonic() - self._waiting_since
                if self.limits.max_wall_time_s is not None:
                    self._reschedule(self.limits.max_wall_time_s - self.elapsed_s)

    def _reschedule(self, remaining_s: float | None) -> None:
        timeout = self._timeout
        if timeout is None or timeout.expired():
            return
        now = asyncio.get_running_loop().time()
        timeout.reschedule(None if remaining_s is None else now + max(0.0, remaining_s))

    def _out_of_time(self) -> RunLimitError:
        return RunLimitError(
            f"The run worked for {self.limits.max_wall_time_s:g} s, its limit (runtime.limits.max_wall_time_s)",
            reason="time_limit",
        )


def shared(own: RuntimeLimits, left: Left) -> RuntimeLimits:
    """The limits of a sub-agent's run: its own, and no more than its part of what is left to the run above it.

    Raises RunLimitError where nothing is left.
    """
    parts: dict[str, tuple[float | None, str]] = {
        "max_iterations": (left.steps, "max_iterations"),
        "max_total_tokens": (left.tokens, "token_limit"),
        "max_cost_usd": (left.cost_usd, "cost_limit"),
        "max_wall_time_s": (left.seconds, "time_limit"),
    }
    changes: dict[str, float] = {}
    for name, (part, reason) in parts.items():
        if part is None:
            continue
        if part <= 0:
            raise RunLimitError(
                f"Nothing is left for a sub-agent of the budget of the run above it (runtime.limits.{name})",
                reason=reason,
            )
        limit: float | None = getattr(own, name)
        changes[name] = part if limit is None else min(limit, part)
    return replace(own, **changes)
