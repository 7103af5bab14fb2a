"""How many tokens the context holds: the provider's last count, and an estimate of what came after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from loom.context.tokens import estimate_message, estimate_roughly
from loom.types.frozen import quickly_made
from loom.types.messages import Message
from loom.types.runs import Usage

EXACT_UP_TO = 64
LEARN_FROM_TOKENS = 100
LOWEST_FACTOR, HIGHEST_FACTOR = 0.5, 2.0
REMEMBERED = 9
NOTHING_FIXED = {"system": 0, "working": 0, "memory": 0, "skill": 0}
"""The partitions besides the history, in the order of their protection."""

Tally = tuple[int, int, Mapping[str, int]]
"""The tokens of everything, what rules estimate for everything, and for each partition besides the history."""


def shares(tally: Tally) -> dict[str, int]:
    """The tokens of each partition, the history last; the partitions have them in proportion to their estimates."""
    total, raw, fixed = tally
    raw = raw or 1
    tokens: dict[str, int] = {}
    left = total
    for name, estimate in fixed.items():
        tokens[name] = share = estimate * total // raw
        left -= share
    tokens["history"] = left
    return tokens


@quickly_made
@dataclass(frozen=True, slots=True)
class _Count:
    """Tokens that a provider counted, and what was estimated for the same by rules alone."""

    tokens: int
    estimate: int


class TokenLedger:
    """Counts one session's context without ever reading its whole history twice.

    What rules estimate is multiplied by `factor`, which is learned from the model's own counts: the median of the last
    nine, each of what was new in a request, so that no single one (a picture, a hidden prompt) moves it far.
    """

    def __init__(self) -> None:
        self.factor = 1.0
        self._ratios: deque[float] = deque(maxlen=REMEMBERED)
        self._fixed: Mapping[str, int] = NOTHING_FIXED
        self._fixed_tokens = 0
        self._history = 0
        self._raw = 0
        self._seen = 0
        self._is_rough = False
        self._anchor: _Count | None = None
        self._sent: int | None = None
        self._counted: _Count | None = None
        self.tokens = 0
        """Tokens of everything that is known here."""

    @property
    def is_estimated(self) -> bool:
        """True while any part is an estimate."""
        return self._anchor is None or self._anchor.estimate != self._raw

    @property
    def uncounted(self) -> int:
        """How many of the tokens are estimates: what came since the last count, or all where there is none."""
        if self._anchor is None:
            return self.tokens
        return round(abs(self._raw - self._anchor.estimate) * self.factor)

    @property
    def tally(self) -> Tally:
        """What `by_partition` is made of, for whoever may want to know later."""
        return self.tokens, self._raw, self._fixed

    def by_partition(self) -> dict[str, int]:
        """Tokens of each partition, in the order of their protection; their sum is `tokens`."""
        return shares((self.tokens, self._raw, self._fixed))

    def set_fixed(self, estimates: Mapping[str, int]) -> None:
        """Take what rules estimate for the partitions besides the history."""
        if estimates != self._fixed:
            self._fixed = {**NOTHING_FIXED, **estimates}
            self._fixed_tokens = sum(self._fixed.values())
            self._add_up()

    def sending(self, history: Sequence[Message]) -> None:
        """Note that a request with all of this is sent: the next count is its."""
        self.catch_up(history)
        self._sent = self._raw

    def anchor(self, usage: Usage, history: Sequence[Message], *, is_edited: bool = False) -> None:
        """Take the provider's count of the request and answer; `history` ends with that answer.

        Of a count `is_edited`, of less than was sent, nothing is learned.
        """
        self.catch_up(history)
        if self._sent is None:  # the history was changed since: the count is of another
            return
        if is_edited:
            self._counted = _Count(usage.input_tokens, self._sent)
        else:
            self._learn(_Count(usage.input_tokens, self._sent))
        self._anchor = _Count(usage.total_tokens, self._raw)
        self._sent = None
        self._add_up()

    def count_exactly(self, tokens: int, history: Sequence[Message]) -> None:
        """Take a count of everything as it is now, made without a request being answered."""
        self.catch_up(history)
        count = _Count(tokens, self._raw)
        self._learn(count)
        self._anchor = count
        self._add_up()

    def catch_up(self, history: Sequence[Message]) -> int:
        """Tokens of everything, estimating what came to `history` since the last count."""
        if len(history) == self._seen:
            return self.tokens
        new = history[self._seen :]
        if len(new) > EXACT_UP_TO:
            self._history += estimate_roughly(new)
            self._is_rough = True
        else:
            for message in new:
                self._history += estimate_message(message)
        self._seen = len(history)
        self._add_up()
        return self.tokens

    def restart(self, history: Sequence[Message]) -> None:
        """Begin again with a history that was changed; what was learned of the model stays."""
        self._history, self._seen, self._is_rough = sum(map(estimate_message, history)), len(history), False
        self._anchor = self._sent = self._counted = None
        self._add_up()

    def forget(self) -> None:
        """Know of no history: the next one is counted anew, roughly if it is long."""
        self.restart(())

    def _add_up(self) -> None:
        raw = self._raw = self._history + self._fixed_tokens
        if self._anchor is None:
            self.tokens = round(raw * self.factor)
        else:
            self.tokens = max(0, self._anchor.tokens + round((raw - self._anchor.estimate) * self.factor))

    def _learn(self, count: _Count) -> None:
        before = self._counted
        if before is not None:
            new = _Count(count.tokens - before.tokens, count.estimate - before.estimate)
        elif not self._is_rough:
            new = count
        else:
            self._counted = count
            return
        if 0 <= new.estimate < LEARN_FROM_TOKENS:
            return  # too little to tell: it is learned together with what comes next
        self._counted = count
        if new.estimate < 0:
            return
        self._ratios.append(min(HIGHEST_FACTOR, max(LOWEST_FACTOR, new.tokens / new.estimate)))
        self.factor = median(self._ratios)
