"""How urgent an event is, and what that means for the run: rules and interrupt policy of the configuration."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pathspec

from loom.config.heartbeat import HeartbeatInterruptPolicy, UrgencyRule
from loom.errors import ConfigError
from loom.heartbeat.events import HeartbeatEvent

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
        self._rules = [(rule, _patterns(rule)) for rule in rules]
        self._root = root

    def urgency(self, event: HeartbeatEvent) -> str:
        """What the first rule that fits says, else what the event's watch said."""
        for rule, patterns in self._rules:
            if self._fits(event, rule, patterns):
                return rule.urgency
        return event.urgency

    def action(self, urgency: str) -> str:
        """queue, request or force; an urgency that the policy does not name is queued."""
        return self._actions.get(urgency, QUEUE)

    def _fits(self, event: HeartbeatEvent, rule: UrgencyRule, patterns: pathspec.GitIgnoreSpec | None) -> bool:
        if rule.source not in ("", event.source) or rule.kind not in ("", event.kind):
            return False
        if rule.text and rule.text.casefold() not in event.summary.casefold():
            return False
        return patterns is None or any(patterns.match_file(self._relative(path)) for path in event.paths)

    def _relative(self, path: str) -> str:
        if self._root is not None and path.startswith(self._root + os.sep):
            path = path[len(self._root) + 1 :]
        return path.replace(os.sep, "/").lstrip("/")


def _patterns(rule: UrgencyRule) -> pathspec.GitIgnoreSpec | None:
    if not rule.path:
        return None
    try:
        return pathspec.GitIgnoreSpec.from_lines([rule.path])
    except ValueError as error:
        raise ConfigError(f"An urgency rule has a path that is no pattern: {rule.path!r} ({error})") from None
