"""How urgent an event is, and what that means for the run: rules and interrupt policy of the configuration."""

from __future__ import annotations

from collections.abc import Sequence

from loom.config.heartbeat import HeartbeatInterruptPolicy, UrgencyRule
from loom.errors import ConfigError
from loom.heartbeat.events import HeartbeatEvent
from loom.heartbeat.pattern import EventPattern

QUEUE, REQUEST, FORCE = "queue", "request", "force"
ACTIONS = (QUEUE, REQUEST, FORCE)
IGNORE = "ignore"


class UrgencyRules:
    """The rules in their order. Raises ConfigError for an urgency or action that is not known."""

    def __init__(self, rules: Sequence[UrgencyRule], policy: HeartbeatInterruptPolicy, root: str | None = None) -> None:
        self._actions = policy.to_runtime_config()
        for urgency, action in self._actions.items():
            if action not in ACTIONS:
                raise ConfigError(f"interrupt_policy.{urgency} is {action!r}, not one of {', '.join(ACTIONS)}")
        for rule in rules:
            if rule.urgency not in self._actions and rule.urgency != IGNORE:
                known = ", ".join([*self._actions, IGNORE])
                raise ConfigError(f"An urgency rule has the urgency {rule.urgency!r}, not one of {known}")
        self._rules = [
            (
                rule.urgency,
                EventPattern(
                    "An urgency rule", source=rule.source, kind=rule.kind, path=rule.path, text=rule.text, root=root
                ),
            )
            for rule in rules
        ]

    def urgency(self, event: HeartbeatEvent) -> str:
        """What the first rule that fits says, else what the event's watch said."""
        return next((urgency for urgency, pattern in self._rules if pattern.fits(event)), event.urgency)

    def action(self, urgency: str) -> str:
        """queue, request or force; an urgency that the policy does not name is queued."""
        return self._actions.get(urgency, QUEUE)
