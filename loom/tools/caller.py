"""On whose behalf a tool call is made, and what the gate may ask of that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from loom.config.tools import ToolSpec
from loom.safety.permissions import PermissionMode
from loom.tools.budget import Left, no_limit, nobody_counts
from loom.types.frozen import quickly_made
from loom.types.runs import Artifact, RunContext, Usage

if TYPE_CHECKING:
    from loom.memory.records import NewRecord
    from loom.tools.gate import ToolGate

Emit = Callable[[str, dict[str, Any]], None]


def _never_asked(_call_id: str, _arguments_hash: str) -> str:
    """No request: nothing was interrupted."""
    return ""


def _ignore(_reason: str) -> None:
    """Stop nothing: a caller without a run has nothing to stop."""


class Witness(Protocol):
    """Looks at files before and after a tool that may change them."""

    async def before(self, tool: ToolSpec, arguments: dict[str, Any]) -> Any:
        """What is seen before the call; None where nothing is to be looked at."""
        ...

    async def after(self, tool: ToolSpec, arguments: dict[str, Any], before: Any) -> dict[str, Any] | None:
        """What the call changed, as `files.changed` says it; None if nothing."""
        ...


@quickly_made
@dataclass(frozen=True, slots=True)
class Ceiling:
    """The gate and the caller of the tool in which a run was begun: that run may do no more than they may."""

    gate: ToolGate
    caller: Caller
    call_id: str = ""
    tool: str = ""


IN_TOOL: ContextVar[Ceiling | None] = ContextVar("in_tool", default=None)
"""Set while a tool's body runs: a run that is begun then is a sub-agent's."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a call is made: the run's identity, its voice, its mode and its clock.

    `waiting` wraps the time in which a person is asked, so that no limit counts it. `stop` ends the run. `barrier`
    returns once all that was said is in the log, or raises StoreError; None where nothing is logged. `asked_before`
    gives the request that asked about a call, by its id and the hash of its arguments, before the run was interrupted.
    `witness` looks at files. `log` takes records of sub-agents, where the session is kept. `above` is set for a
    sub-agent; `left` is what of the run's budget a sub-agent of it may use, and `spend` is told what it did use: tokens
    and model calls.
    """

    run_id: str
    session_id: str
    context: RunContext
    emit: Emit
    mode: Callable[[], PermissionMode]
    keep: Callable[[Artifact], None]
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext
    stop: Callable[[str], object] = _ignore
    barrier: Callable[[], Awaitable[None]] | None = None
    asked_before: Callable[[str, str], str] = _never_asked
    witness: Witness | None = None
    above: Ceiling | None = None
    log: Callable[[NewRecord], None] | None = None
    left: Callable[[], Left] = no_limit
    spend: Callable[[Usage, int], None] = nobody_counts
