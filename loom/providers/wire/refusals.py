"""Bodies of answers that are no success: read to a bound, since SDKs read them whole before raising."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

REFUSAL_BYTES = 65_536
"""What is read of such a body, and what it may decompress to."""


async def bound_refusal(response: httpx2.Response) -> None:
    """A response hook of the pool: cut the body of a redirect or an error to 64 KiB, decompressed; close its stream.

    A body that breaks off is kept as far as it came: the status alone says enough.
    """
    if response.status_code < 300:
        return
    import httpx2

    raw = bytearray()
    stream = response.stream
    if not isinstance(stream, httpx2.AsyncByteStream):
        return
    try:
        async for piece in stream:
            raw += piece
            if len(raw) >= REFUSAL_BYTES:
                break
    except httpx2.TransportError:
        pass
    finally:
        await stream.aclose()
    body = _decoded(bytes(raw[:REFUSAL_BYTES]), response.headers.pop("content-encoding", ""))
    response.headers.pop("content-length", None)
    response.headers.pop("transfer-encoding", None)
    response.stream = httpx2.ByteStream(body)


def _decoded(raw: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity"):
        return raw
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return b""
    try:
        # 32 more than the window's bits: zlib finds out by itself whether it is gzip or zlib.
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(raw, REFUSAL_BYTES)
    except zlib.error:
        return b""
