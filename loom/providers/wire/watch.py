"""Sending a request and reading its streamed answer with an eye on events: bytes alone, such as pings, are no life."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from loom.errors import LoomError
from loom.providers.base import CompletionRequest
from loom.providers.faults import Origin, broken_off, from_exception, from_status, stalled

if TYPE_CHECKING:
    import httpx2

END_S = 2.0
"""How long a connection may stay open after the whole answer, in seconds; counts and the end mark come at once."""


class AnswerReader:
    """One streamed answer: opened, read in chunks, closed, whatever happens.

    The reader of the chunks calls `noted` for each event that it finds in them.
    """

    def __init__(self, request: CompletionRequest, origin: Origin, partial: Callable[[], str]) -> None:
        self._request = request
        self._origin = origin
        self._partial = partial
        self._loop = asyncio.get_running_loop()
        self._allowed_s = request.first_event_timeout_s
        self._is_answered = False
        self._silence = Silence(self._loop.time() + self._allowed_s)

    def noted(self, *, is_answered: bool = False, adds: bool = True) -> None:
        """An event came: the time until the next begins. After the whole answer only the end is waited for, briefly.

        Then events make it longer only if one `adds` to the answer all the same.
        """
        if self._is_answered and not adds:
            return
        self._is_answered = is_answered
        self._allowed_s = self._request.idle_timeout_s
        if is_answered:
            self._allowed_s = min(self._allowed_s, END_S)
        self._silence.deadline = self._loop.time() + self._allowed_s

    async def open(self, sending: Awaitable[httpx2.Response]) -> httpx2.Response:
        """The response, once its headers are here; an error status is raised, classified."""
        limit = asyncio.timeout_at(self._silence.deadline)
        try:
            async with limit:
                response = await sending
        except TimeoutError as error:
            raise (
                stalled(self._origin, self._allowed_s, "") if limit.expired() else from_exception(self._origin, error)
            ) from error
        except Exception as error:
            raise from_exception(self._origin, error) from error
        if response.status_code >= 300:
            try:
                raise await _refusal(response, self._origin)
            finally:
                await response.aclose()
        return response

    async def chunks(self, response: httpx2.Response) -> AsyncGenerator[bytes, None]:
        """The body's bytes as they arrive. Raises StreamInterruptedError when the answer breaks off or stalls."""
        silence = self._silence
        try:
            packed = "content-encoding" in response.headers
            async with aclosing(response.aiter_bytes() if packed else response.aiter_raw()) as body:
                while True:
                    silence.begins()
                    try:
                        chunk = await body.__anext__()
                    finally:
                        silence.ends()
                    handed_over = self._loop.time()
                    yield chunk
                    # What the reader took for itself is not the provider's silence.
                    silence.deadline += self._loop.time() - handed_over
        except StopAsyncIteration:
            return
        except asyncio.CancelledError:
            if not silence.caused_the_cancellation():
                raise
            raise stalled(self._origin, self._allowed_s, self._partial()) from None
        except LoomError:
            raise
        except Exception as error:
            if not _is_transport(error):
                raise
            raise broken_off(self._origin, error, self._partial()) from error
        finally:
            silence.close()
            await response.aclose()


class Silence:
    """Ends a wait that lasts past `deadline`, by cancelling the waiting task, as `asyncio.timeout` does.

    The deadline moves with every event; the timer behind it only when it fires, since a timer for each event costs
    more than reading it. `deadline` is in the loop's time.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._due = deadline
        self._waiting: asyncio.Task[Any] | None = None
        self._cancelled: asyncio.Task[Any] | None = None
        self._cancels_before = 0

    def begins(self) -> None:
        """The current task is about to wait."""
        self._waiting = asyncio.current_task()
        if self._timer is None or self.deadline < self._due:
            self._set_timer()

    def ends(self) -> None:
        """It waits no more."""
        self._waiting = None

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def caused_the_cancellation(self) -> bool:
        """Whether the CancelledError just caught is this one's doing alone; then the task is no longer cancelled."""
        task, self._cancelled = self._cancelled, None
        return task is not None and task.uncancel() <= self._cancels_before

    def _set_timer(self) -> None:
        self.close()
        self._due = self.deadline
        self._timer = self._loop.call_at(self._due, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._waiting is None:
            return
        if self._loop.time() < self.deadline:
            self._set_timer()
            return
        self._cancelled = self._waiting
        self._cancels_before = self._waiting.cancelling()
        self._waiting.cancel()


async def _refusal(response: httpx2.Response, origin: Origin) -> LoomError:
    """The classified error for an answer that is no success; the pool has bounded its body."""
    if response.status_code < 400:
        return from_status(origin, response.status_code, "it answers with a redirect, which is not followed")
    return from_status(origin, response.status_code, parsed(await response.aread()), response.headers)


def _is_transport(error: Exception) -> bool:
    kinds = ("httpx2", "httpcore2", "ssl", "zlib")
    return type(error).__module__.partition(".")[0] in kinds or isinstance(error, OSError)


def parsed(body: bytes) -> Any:
    """A body as JSON, or as text where it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
