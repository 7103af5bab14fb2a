"""Sending a request and reading its streamed answer with an eye on events: bytes alone, such as pings, are no life."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from loom.errors import LoomError
from loom.providers.base import CompletionRequest
from loom.providers.faults import Origin, broken_off, from_exception, from_status, stalled

if TYPE_CHECKING:
    import httpx2

ERROR_BODY_BYTES = 65_536


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
        self._deadline = self._loop.time() + self._allowed_s

    def noted(self) -> None:
        """An event came: the time until the next begins."""
        self._allowed_s = self._request.idle_timeout_s
        self._deadline = self._loop.time() + self._allowed_s

    async def open(self, sending: Awaitable[httpx2.Response]) -> httpx2.Response:
        """The response, once its headers are here; an error status is raised, classified."""
        try:
            async with asyncio.timeout_at(self._deadline) as limit:
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

    async def chunks(self, response: httpx2.Response) -> AsyncIterator[bytes]:
        """The body's bytes as they arrive. Raises StreamInterruptedError when the answer breaks off or stalls."""
        try:
            async with aclosing(response.aiter_bytes()) as body:
                while True:
                    async with asyncio.timeout_at(self._deadline) as limit:
                        chunk = await anext(body, None)
                    if chunk is None:
                        return
                    handed_over = self._loop.time()
                    yield chunk
                    # What the reader took for itself is not the provider's silence.
                    self._deadline += self._loop.time() - handed_over
        except TimeoutError as error:
            raise stalled(self._origin, self._allowed_s, self._partial()) from error
        except LoomError:
            raise
        except Exception as error:
            if not _is_transport(error):
                raise
            raise broken_off(self._origin, error, self._partial()) from error
        finally:
            await response.aclose()


async def _refusal(response: httpx2.Response, origin: Origin) -> LoomError:
    """The classified error for an answer that is no success, after at most 64 KiB of it."""
    if response.status_code < 400:
        return from_status(origin, response.status_code, "it answers with a redirect, which is not followed")
    body = b""
    try:
        async with aclosing(response.aiter_bytes()) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > ERROR_BODY_BYTES:
                    break
    except Exception as error:  # noqa: BLE001  the status alone says enough
        return from_status(origin, response.status_code, str(error), response.headers)
    return from_status(origin, response.status_code, _parsed(body), response.headers)


def _is_transport(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in ("httpx2", "httpcore2", "ssl", "zlib") or isinstance(error, OSError)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
