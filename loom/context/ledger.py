"""How many tokens the context holds: the provider's last count, and an estimate of what came after it."""

from __future__ import annotations

from collections.abc import Sequence

from loom.context.tokens import estimate_message, estimate_roughly
from loom.types.messages import Message
from loom.types.runs import Usage

EXACT_UP_TO = 64


class TokenLedger:
    """Counts one session's context without ever reading its whole history twice."""

    def __init__(self) -> None:
        self.tokens = 0
        self._seen = 0
        self._is_anchored = False

    @property
    def is_estimated(self) -> bool:
        """True while any part is an estimate."""
        return not self._is_anchored

    def anchor(self, usage: Usage, history: Sequence[Message]) -> None:
        """Take the provider's count of the request and answer; `history` ends with that answer."""
        self.tokens = usage.total_tokens
        self._seen = len(history)
        self._is_anchored = True

    def catch_up(self, history: Sequence[Message]) -> int:
        """Tokens of `history`, estimating what came since the last count."""
        new = history[self._seen :]
        if new:
            self._is_anchored = False
            self.tokens += estimate_roughly(new) if len(new) > EXACT_UP_TO else sum(map(estimate_message, new))
            self._seen = len(history)
        return self.tokens

    def restart(self, tokens: int, history: Sequence[Message]) -> None:
        """Begin again with a history that was changed, of about `tokens`."""
        self.tokens = tokens
        self._seen = len(history)
        self._is_anchored = False
