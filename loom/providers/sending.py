"""Sending a body as an official SDK's client would, without what that costs each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

# What belongs to one request alone.
_OWN = frozenset({"content-length", "cookie", "idempotency-key"})


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A request that the SDK sent: what it was asked to add, and what it made of that."""

    added: dict[str, str]
    url: httpx2.URL
    headers: list[tuple[bytes, bytes]]
    extensions: dict[str, Any]


class SdkSender:
    """Posts to one path of an SDK's client.

    The SDK builds and sends the first request, with its authentication, headers, query and errors. The next ones
    with the same added headers are copies of it with another body, over the same connections: building each anew
    costs 0.5 ms. A client whose authentication makes something for each request sends them all itself.
    """

    def __init__(self, http: httpx2.AsyncClient, sdk: Any, stream_class: Any, path: str) -> None:
        self._http = http
        self._sdk = sdk
        self._stream_class = stream_class
        self._path = path
        self._pattern: _Pattern | None = None

    async def send(self, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        """The answer, once its head is here. Raises the SDK's errors, or httpx2's own."""
        import httpx2

        pattern = self._pattern
        if pattern is None or pattern.added != headers:
            return await self._send_through_sdk(body, headers)
        request = httpx2.Request(
            "POST", pattern.url, headers=pattern.headers, content=body, extensions=dict(pattern.extensions)
        )
        return await self._http.send(request, stream=True)

    async def _send_through_sdk(self, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        import httpx2

        response: Any = await self._sdk.post(
            self._path,
            content=body,
            cast_to=httpx2.Response,
            stream=True,
            stream_cls=self._stream_class,
            options={"headers": headers},
        )
        # As it is, since it was cast to itself.
        sent: httpx2.Request = response.request
        if self._sdk.custom_auth is None:
            kept = [(name, value) for name, value in sent.headers.raw if name.decode("ascii").lower() not in _OWN]
            self._pattern = _Pattern(headers, sent.url, kept, sent.extensions)
        return response
