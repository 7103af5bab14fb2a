"""Which calls of one message may run side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loom.config.tools import ToolSpec
from loom.types.messages import ToolCall


def runs_side_by_side(tool: ToolSpec | None) -> bool:
    """True if calls of this tool may overlap others: it only reads, or says that it is safe. A stranger's may not."""
    return tool is not None and (tool.concurrency_safe or (tool.read_only and not tool.destructive))


def batches(calls: Sequence[ToolCall], tools: Mapping[str, ToolSpec]) -> list[list[ToolCall]]:
    """The calls in their order, cut so that each batch may run at once: neighbours that are safe, others alone."""
    cut: list[list[ToolCall]] = []
    open_batch = False
    for call in calls:
        safe = runs_side_by_side(tools.get(call.name))
        if safe and open_batch:
            cut[-1].append(call)
        else:
            cut.append([call])
        open_batch = safe
    return cut
