"""An exact count of the context from its provider, where an estimate is too near to a level to decide by."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from loom.config.context import CompressionPolicy
from loom.context.partitions import ContextPartitions, compile_request
from loom.context.window import ContextManager
from loom.errors import LoomError
from loom.providers.base import CountsTokens
from loom.runtime.engine import Engine
from loom.runtime.server_context import with_server_context

LIMIT_S = 3.0
"""How long a step may wait for a count, the making of a client included; then the estimate has to do."""
SURE_SHARE = 0.01
"""An estimate of less than this share of the window can't be far off."""

log = logging.getLogger(__name__)


class ExactCount:
    """Asks once for each level that one history comes near to, and never again where the provider gave no count."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked: tuple[int, set[float]] = (0, set())
        self._is_refused = False

    async def count_near_a_level(self, manager: ContextManager, parts: Callable[[], ContextPartitions]) -> None:
        """Have the ledger's number counted, if it is near to a level and an estimate; `parts` are what is sent."""
        level = self._level_near(manager)
        if level is None or self._is_refused:
            return
        try:
            provider = self._engine.provider()
            if not isinstance(provider, CountsTokens):
                self._is_refused = True
                return
            config = self._engine.config
            request = with_server_context(compile_request(parts(), config.model.name, config.generation), self._engine)
            async with asyncio.timeout(LIMIT_S):
                tokens = await provider.count_tokens(request)
        except TimeoutError:
            log.info("No exact count of the context within %g s: the estimate has to do", LIMIT_S)
        except LoomError as error:
            self._is_refused = True
            log.info("No exact count of the context, which is estimated from now on: %s", error)
        else:
            manager.ledger.count_exactly(tokens, manager.history)

    def _level_near(self, manager: ContextManager) -> float | None:
        """The level that the estimate is too near to and that was not asked about yet, None if there is none."""
        policy, rho = manager.policy, manager.rho
        if not policy.enabled or manager.ledger.uncounted < SURE_SHARE * manager.max_tokens:
            return None
        if self._asked[0] != manager.changes:
            self._asked = (manager.changes, set())
        level = min(_levels(policy), key=lambda each: abs(each - rho))
        if abs(level - rho) > policy.exact_near or level in self._asked[1]:
            return None
        self._asked[1].add(level)
        return level


def _levels(policy: CompressionPolicy) -> tuple[float, ...]:
    return (policy.snip_at, policy.micro_at, policy.collapse_at, policy.auto_compact_at, 1.0)
