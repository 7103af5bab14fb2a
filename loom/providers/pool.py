"""The one HTTP connection pool of a running event loop, shared by every provider on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from loom.providers.network import Network, check_network
from loom.threads import in_thread

if TYPE_CHECKING:
    import httpx2

    from loom.providers.routing import RoutedTransport

CONNECT_TIMEOUT_S = 10.0
MAX_CONNECTIONS = 1000
KEEP_ALIVE = 100
KEEP_ALIVE_S = 30.0


class _Pool:
    """The pool; closing its `life` closes it. So does a loop that ends, which closes the generators begun on it."""

    def __init__(self, client: httpx2.AsyncClient, transport: RoutedTransport) -> None:
        self.client = client
        self.transport = transport
        self.users = 0
        self.life = _life_of(client)


async def _life_of(client: httpx2.AsyncClient) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        del _pools[asyncio.get_running_loop()]
        await client.aclose()


_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Pool] = WeakKeyDictionary()
_networks: WeakKeyDictionary[asyncio.AbstractEventLoop, Network] = WeakKeyDictionary()


async def borrow_client() -> httpx2.AsyncClient:
    """The running loop's client, made on first use; give it back with `return_client`.

    Reading has no time limit, since providers watch events themselves; redirects are not followed, so that no key
    travels to another host.
    """
    pool = _pools.get(asyncio.get_running_loop())
    if pool is None:
        made = await in_thread(_make_pool, network_in_use())
        pool = _pools.setdefault(asyncio.get_running_loop(), made)
        if pool is made:
            await anext(pool.life)
        pool.transport.use(network_in_use())  # it may have become another meanwhile
    pool.users += 1
    return pool.client


async def return_client() -> None:
    """Give the running loop's client back; the last to do so closes its connections."""
    pool = _pools.get(asyncio.get_running_loop())
    if pool is None:
        return
    pool.users -= 1
    if pool.users <= 0:
        await pool.life.aclose()


async def close_pool() -> None:
    """Close the running loop's connections, whoever still has them."""
    pool = _pools.get(asyncio.get_running_loop())
    if pool is not None:
        await pool.life.aclose()


def network_in_use() -> Network:
    """How the running loop's pool reaches the network."""
    return _networks.get(asyncio.get_running_loop(), Network())


async def use_network(network: Network) -> None:
    """Have the running loop's pool reach the network so, from the next request on.

    Raises ConfigError for a proxy or certificates that can't be used; then all stays as it was.
    """
    await in_thread(check_network, network)
    _networks[asyncio.get_running_loop()] = network
    pool = _pools.get(asyncio.get_running_loop())
    if pool is not None:
        pool.transport.use(network)


def _make_pool(network: Network) -> _Pool:
    import anyio
    import httpx2

    from loom.providers.routing import RoutedTransport
    from loom.providers.wire.refusals import bound_refusal

    limits = httpx2.Limits(
        max_connections=MAX_CONNECTIONS, max_keepalive_connections=KEEP_ALIVE, keepalive_expiry=KEEP_ALIVE_S
    )
    transport = RoutedTransport(network, limits)
    client = httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=CONNECT_TIMEOUT_S),
        transport=transport,
        follow_redirects=False,
        event_hooks={"response": [bound_refusal]},
    )
    # What the connections are made of is imported when it is first used: here, and not on the loop that waits.
    anyio.run(_use_anyio)
    return _Pool(client, transport)


async def _use_anyio() -> None:
    import anyio

    anyio.Event().set()
    async with anyio.Lock():
        return
