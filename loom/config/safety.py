"""Safety rules: what is never done, whatever else allows it. Matching them is `loom.safety.veto`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

from loom.config.matching import begins_with, contains, fold, same
from loom.types.checked import config_value


@config_value
class SafetyEvaluator:
    """A function (tool name, arguments) → bool; True forbids the call. It may be async.

    Anything but True or False, an exception, or no answer in time forbids the call too.
    """

    handler: Callable[..., Any]
    mode: str = "callable"
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def callable(cls, handler: Callable[..., Any], *, extensions: dict[str, Any] | None = None) -> SafetyEvaluator:
        """An evaluator from a function."""
        return cls(handler, "callable", extensions or {})

    def evaluate(self, tool_name: str, arguments: dict[str, Any]) -> bool:
        """Ask a synchronous handler directly."""
        return self.handler(tool_name, arguments)


@config_value
class SafetyRule:
    """A veto: its conditions are ANDed, and a rule with no condition never matches.

    Names and texts are compared generously: case, compatibility forms, white space at the ends and runs of it,
    and invisible characters make no difference.
    """

    name: str
    reason: str
    tool_names: list[str] = field(default_factory=list[str])
    arg_equals: dict[str, Any] = field(default_factory=dict[str, Any])
    arg_prefixes: dict[str, str] = field(default_factory=dict[str, str])
    arg_contains_any: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    evaluator: SafetyEvaluator | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def block_tool(
        cls, *, name: str, tool_names: list[str], reason: str, extensions: dict[str, Any] | None = None
    ) -> SafetyRule:
        """Forbid tools outright."""
        return cls(name, reason, tool_names=tool_names, extensions=extensions or {})

    @classmethod
    def when_argument_equals(
        cls,
        *,
        name: str,
        tool_name: str,
        argument: str,
        value: Any,
        reason: str,
        extensions: dict[str, Any] | None = None,
    ) -> SafetyRule:
        """Forbid a tool when an argument has this value (also when the value is the tool's default)."""
        return cls(name, reason, [tool_name], arg_equals={argument: value}, extensions=extensions or {})

    @classmethod
    def when_argument_startswith(
        cls,
        *,
        name: str,
        tool_name: str,
        argument: str,
        prefix: str,
        reason: str,
        extensions: dict[str, Any] | None = None,
    ) -> SafetyRule:
        """Forbid a tool when an argument's text begins with `prefix`."""
        return cls(name, reason, [tool_name], arg_prefixes={argument: prefix}, extensions=extensions or {})

    @classmethod
    def when_argument_contains_any(
        cls,
        *,
        name: str,
        tool_name: str,
        argument: str,
        values: list[str],
        reason: str,
        extensions: dict[str, Any] | None = None,
    ) -> SafetyRule:
        """Forbid a tool when an argument's text contains one of `values`."""
        return cls(name, reason, [tool_name], arg_contains_any={argument: values}, extensions=extensions or {})

    @classmethod
    def custom(
        cls,
        *,
        name: str,
        reason: str,
        evaluator: SafetyEvaluator,
        tool_names: list[str] | None = None,
        extensions: dict[str, Any] | None = None,
    ) -> SafetyRule:
        """Forbid what `evaluator` says True to, of these tools or (with none named) of all."""
        return cls(name, reason, tool_names or [], evaluator=evaluator, extensions=extensions or {})

    def conditions_match(self, tool_name: str, arguments: dict[str, Any]) -> bool | None:
        """Whether all conditions but the evaluator hold; None when the evaluator is the only condition there is."""
        if self.tool_names and fold(tool_name) not in {fold(name) for name in self.tool_names}:
            return False
        checks = [
            *(same(arguments.get(name), value) for name, value in self.arg_equals.items()),
            *(begins_with(arguments.get(name, ""), prefix) for name, prefix in self.arg_prefixes.items()),
            *(
                any(contains(arguments.get(name, ""), part) for part in parts)
                for name, parts in self.arg_contains_any.items()
            ),
        ]
        if not all(checks):
            return False
        return True if checks or self.tool_names else None

    def matches(self, tool_name: str, arguments: dict[str, Any]) -> bool:
        """Whether the rule forbids this call, asking a synchronous evaluator directly. The gate asks more carefully."""
        found = self.conditions_match(tool_name, arguments)
        if found is False or self.evaluator is None:
            return found is True
        return self.evaluator.evaluate(tool_name, arguments)
