"""SDK clients on the shared pool: one for each event loop, made off it, since making one takes up to two seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

from loom.providers.pool import borrow_client, return_client
from loom.threads import in_thread

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")


class LoopClients(Generic[T]):
    """The clients of one provider. They are never closed themselves: closing one would close the shared pool."""

    def __init__(self, make: Callable[[httpx2.AsyncClient], T]) -> None:
        self._make = make
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()
        self._making: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    async def get(self) -> T:
        """The running loop's client, made on first use in a thread."""
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is not None:
            return client
        async with self._making.setdefault(loop, asyncio.Lock()):
            if loop not in self._clients:
                http = await borrow_client()
                try:
                    self._clients[loop] = await in_thread(self._make, http)
                except BaseException:
                    await return_client()
                    raise
        return self._clients[loop]

    async def aclose(self) -> None:
        """Give the shared connections back."""
        if self._clients.pop(asyncio.get_running_loop(), None) is not None:
            await return_client()
