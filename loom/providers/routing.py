"""The connections of the pool: over a proxy or without, chosen for each request, changed while the program runs."""

from __future__ import annotations

import httpx2
from typing_extensions import override

from loom.providers.network import Network, transport_of
from loom.threads import in_thread


class RoutedTransport(httpx2.AsyncBaseTransport):
    """Sends each request as the network in force says. What began before a change ends as it began."""

    def __init__(self, network: Network, limits: httpx2.Limits) -> None:
        self.network = network
        self._limits = limits
        self._ways: dict[str, httpx2.AsyncHTTPTransport] = {}
        self._old: list[httpx2.AsyncHTTPTransport] = []

    def use(self, network: Network) -> None:
        """Send the next requests another way."""
        if network != self.network:
            self.network = network
            self._old += self._ways.values()
            self._ways = {}

    @override
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        network = self.network
        proxy = network.proxy_for(request.url.scheme, request.url.host)
        way = self._ways.get(proxy)
        if way is None:
            made = await in_thread(transport_of, network, proxy, self._limits)
            if network != self.network:
                self._old.append(made)
                way = made
            else:
                way = self._ways.setdefault(proxy, made)
        return await way.handle_async_request(request)

    @override
    async def aclose(self) -> None:
        for way in [*self._old, *self._ways.values()]:
            await way.aclose()
