"""What came of tool calls, for code that learns from it while it runs."""

from __future__ import annotations

from typing import Any

MOST_KEPT = 10_000


class FeedbackLoop:
    """Feedback in the order in which it came, at most 10,000 items. `subscribe_to_engine` has calls add theirs."""

    def __init__(self) -> None:
        self.feedback: list[dict[str, Any]] = []

    def add_feedback(self, feedback: dict[str, Any]) -> None:
        """Keep an item; of too many the oldest go."""
        self.feedback.append(feedback)
        if len(self.feedback) > MOST_KEPT:
            del self.feedback[: MOST_KEPT // 10]

    def get_feedback(self) -> list[dict[str, Any]]:
        """All that was kept."""
        return self.feedback

    def subscribe_to_engine(self, engine: Any) -> None:
        """Add an item for each `tool_result` of an engine (`agent.engine`), whatever it was.

        Raises TypeError for something that has no events.
        """
        subscribe = getattr(engine, "on", None)
        if not callable(subscribe):
            raise TypeError("engine does not support event subscription")
        subscribe("tool_result", self._on_tool_result)

    def _on_tool_result(
        self, *, tool_name: str, result: str, success: bool, tool_call_id: str | None = None, **_unused: Any
    ) -> None:
        self.add_feedback(
            {
                "tool": tool_name,
                "tool_name": tool_name,
                "tool_call_id": tool_call_id,
                "type": "success" if success else "failure",
                "success": success,
                "result": result,
            }
        )
