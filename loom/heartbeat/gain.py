r"""How much an event tells: the information gain ΔH that decides whether it is passed on.

An observer who saw n alike events lately expects the next one with probability

    p = (n + π) / (n + 1),        n = Σ 2^(−age / half-life) over the alike events before it,

where π = 2⁻⁸ is how likely it thinks what it never saw. What the event tells it is its surprise, −log₂ p bits, of which
what was never seen has 8. As a share of that, over what is exactly alike (source, kind and path) and over all of the
same source and kind:

    surprise(n) = −log₂ p / 8,    ΔH = min(1, w · (¾ · surprise(n of the alike) + ¼ · surprise(n of the source)))

with the weight w = 1 for low, 2 for high, 4 for critical. So a first of its kind has ΔH = 1; its equal at once after
it has 0.12, the next 0.07, 0.05, …: repetitions fade, sooner if they matter less, and after some half-lives without
them they are news again. A new path in a source that never rests keeps ¾.

Shannon, "A Mathematical Theory of Communication" (1948), for the surprise; the prior is Laplace's rule with weight 1.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from loom.heartbeat.events import CRITICAL, HIGH, LOW, HeartbeatEvent

HALF_LIFE_S = 60.0
PRIOR_BITS = 8.0
KEPT_KEYS = 4096
ALIKE_SHARE = 0.75
WEIGHTS = {LOW: 1.0, HIGH: 2.0, CRITICAL: 4.0}


def surprise(n: float) -> float:
    """The surprise of one more event after `n` alike ones, as a share (0 to 1) of that of what was never seen."""
    return -math.log2((n + 2.0**-PRIOR_BITS) / (n + 1.0)) / PRIOR_BITS


class InformationGain:
    """Counts events, each worth half after `half_life_s`, and says what one more tells. `clock` is in seconds."""

    def __init__(self, half_life_s: float = HALF_LIFE_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._half_life_s = half_life_s
        self._clock = clock
        self._counts: OrderedDict[tuple[str, ...], tuple[float, float]] = OrderedDict()

    def of(self, event: HeartbeatEvent) -> float:
        """ΔH of an event, from 0 to 1; it counts as seen from then on."""
        alike = surprise(self._seen(event.key))
        source = surprise(self._seen((event.source, event.kind)))
        share = ALIKE_SHARE * alike + (1 - ALIKE_SHARE) * source
        return min(1.0, WEIGHTS.get(event.urgency, WEIGHTS[HIGH]) * share)

    def _seen(self, key: tuple[str, ...]) -> float:
        """How many like this were seen before, by age; counts one more."""
        now = self._clock()
        count, at = self._counts.pop(key, (0.0, now))
        count *= 2.0 ** (-(now - at) / self._half_life_s)
        self._counts[key] = (count + 1.0, now)
        if len(self._counts) > KEPT_KEYS:
            self._counts.popitem(last=False)
        return count
