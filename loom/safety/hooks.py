"""Hooks: code of a person's own, asked before and told after; whatever goes wrong with one means no.

Events, named as in Claude Code: `SessionStart` (before the first run that a program makes of a session),
`UserPromptSubmit` (before a run), `PreToolUse`, `PostToolUse`, `PreCompact`, `Stop` (the model wants to end), `RunEnd`,
`Notification`. A hook is a Python function or a program that gets JSON. What it says at the first two, as
`additionalContext`, the model is told with the message.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, cast

from loom.config.hooks import HOOK_EVENTS, HookSpec
from loom.config.matching import names
from loom.deadline import Overdue, within
from loom.errors import ConfigError
from loom.foreign import awaited, called
from loom.safety.hook_programs import ask_program
from loom.threads import in_thread

PYTHON_LIMIT_S = 10.0


class HookDecision(Enum):
    """What a hook says. ALLOW skips a question, but neither a denial nor a rule that asks; NEUTRAL is no opinion."""

    ALLOW = "allow"
    DENY = "deny"
    ASK = "ask"
    NEUTRAL = "neutral"


_STRENGTH = {HookDecision.DENY: 3, HookDecision.ASK: 2, HookDecision.ALLOW: 1, HookDecision.NEUTRAL: 0}


@dataclass(frozen=True, slots=True)
class HookOutcome:
    """What hooks say together. `context_updates["arguments"]` are arguments that take the place of the call's.

    `context_updates["context"]` is what the model is to know.
    """

    decision: HookDecision = HookDecision.NEUTRAL
    message: str = ""
    context_updates: dict[str, Any] = field(default_factory=dict[str, Any])
    hook: str = ""


@dataclass(frozen=True, slots=True)
class _Python:
    matcher: str
    callback: Callable[..., Any]
    limit_s: float
    is_async: bool

    @property
    def name(self) -> str:
        return getattr(self.callback, "__name__", type(self.callback).__name__)


class HookManager:
    """The hooks of one agent. All that match an event are asked; DENY beats ASK beats ALLOW."""

    def __init__(self, programs: Sequence[HookSpec] = (), *, runs_programs: bool = True) -> None:
        """With `runs_programs` False (safe mode) a person is asked about each call that a program would have judged."""
        self._runs_programs = runs_programs
        self._programs: dict[str, list[HookSpec]] = {}
        self._callbacks: dict[str, list[_Python]] = {}
        self._brought: dict[str, list[HookSpec]] = {}
        self._in_runs: dict[str, list[HookSpec]] = {}
        for spec in programs:
            self._programs.setdefault(spec.event, []).append(spec)

    def register(
        self, event: str, callback: Callable[..., Any], *, matcher: str = "*", timeout_s: float = PYTHON_LIMIT_S
    ) -> None:
        """Ask `callback` (sync or async) at an event, for tools that the glob `matcher` fits.

        It gets a dict (`tool_name`, `tool_input`, `session_id`, …) and answers a HookDecision, a HookOutcome, a pair
        (HookDecision, message), or a dict like a program's. Anything else, an exception and silence are a no.
        """
        if event not in HOOK_EVENTS:
            raise ConfigError(f"There is no hook event {event!r}; there are {', '.join(HOOK_EVENTS)}")
        self._callbacks.setdefault(event, []).append(
            _Python(matcher, callback, timeout_s, inspect.iscoroutinefunction(callback))
        )

    def use_brought(self, programs: Sequence[HookSpec]) -> None:
        """Ask these programs too, in place of the ones that were brought before; their ALLOW is no opinion."""
        self._brought = {}
        for spec in programs:
            self._brought.setdefault(spec.event, []).append(spec)

    def use_in_run(self, run_id: str, programs: Sequence[HookSpec]) -> None:
        """Ask these programs too, in this run (in every one for an empty id); their ALLOW is no opinion."""
        held = self._in_runs.setdefault(run_id, [])
        held += [spec for spec in programs if spec not in held]

    def keep_runs(self, run_ids: Collection[str]) -> None:
        """Forget what was brought for other runs than these."""
        self._in_runs = {run: held for run, held in self._in_runs.items() if not run or run in run_ids}

    def has(self, event: str) -> bool:
        """True if a hook waits for this event."""
        if event in self._callbacks or event in self._programs or event in self._brought:
            return True
        for held in self._in_runs.values():
            for spec in held:
                if spec.event == event:
                    return True
        return False

    async def run(self, event: str, context: dict[str, Any]) -> HookOutcome:
        """Ask every hook of an event, each with a copy of `context`; never raises but CancelledError.

        Programs run side by side, functions one after another. The strongest decision wins; two hooks that want
        different arguments are a no.
        """
        tool = str(context.get("tool_name") or context.get("source", ""))  # a session's start is told by its source
        functions = [hook for hook in self._callbacks.get(event, ()) if _fits(hook.matcher, tool)]
        programs = [spec for spec in self._programs.get(event, ()) if _fits(spec.matcher, tool)]
        outcomes = await _ask_functions(functions, context) if functions else []
        brought = [*self._brought.get(event, ()), *self._of_run(str(context.get("run_id") or ""), event)]
        brought = [spec for spec in brought if _fits(spec.matcher, tool)]
        if not self._runs_programs:
            outcomes += [_absent(spec) for spec in [*programs, *brought] if event == "PreToolUse"]
        elif programs or brought:
            answers = await asyncio.gather(*(_ask_program(spec, context) for spec in [*programs, *brought]))
            outcomes += [*answers[: len(programs)], *map(_tightened, answers[len(programs) :])]
        return combine(outcomes)

    def _of_run(self, run_id: str, event: str) -> list[HookSpec]:
        runs = ("", run_id) if run_id else ("",)
        return [spec for run in runs for spec in self._in_runs.get(run, ()) if spec.event == event]

    def evaluate(self, event: str, context: dict[str, Any], agent_context: object = None) -> HookOutcome:
        """Ask the synchronous Python hooks of an event directly; an asynchronous one here is a no."""
        del agent_context
        tool = str(context.get("tool_name", ""))
        outcomes: list[HookOutcome] = []
        _ask_in_turn([hook for hook in self._callbacks.get(event, ()) if _fits(hook.matcher, tool)], context, outcomes)
        return combine(outcomes)

    def trigger(self, event: str, context: dict[str, Any], agent_context: object = None) -> tuple[HookDecision, str]:
        """`evaluate`, as a pair of decision and message."""
        outcome = self.evaluate(event, context, agent_context)
        return outcome.decision, outcome.message


def combine(outcomes: Sequence[HookOutcome]) -> HookOutcome:
    """The strongest of several outcomes, in whatever order they came; with the one rewrite that was asked for."""
    if not outcomes:
        return HookOutcome()
    strongest = max(outcomes, key=lambda outcome: _STRENGTH[outcome.decision])
    rewrites = [each.context_updates["arguments"] for each in outcomes if "arguments" in each.context_updates]
    if strongest.decision is not HookDecision.DENY and any(each != rewrites[0] for each in rewrites[1:]):
        return HookOutcome(HookDecision.DENY, "two hooks want different arguments", hook=strongest.hook)
    updates = {"arguments": rewrites[0]} if rewrites else {}
    if known := [str(each.context_updates["context"]) for each in outcomes if each.context_updates.get("context")]:
        updates["context"] = "\n\n".join(known)
    said = " · ".join(each.message for each in outcomes if each.decision is strongest.decision and each.message)
    return HookOutcome(strongest.decision, said, updates, strongest.hook)


def read_outcome(answer: Any, hook: str) -> HookOutcome:
    """What an answer means. A shape that is not one of the known ones is a no, which says so."""
    match answer:
        case HookOutcome():
            return HookOutcome(answer.decision, answer.message, answer.context_updates, hook)
        case HookDecision():
            return HookOutcome(answer, hook=hook)
        case (HookDecision() as decision, str() as message):
            return HookOutcome(decision, message, hook=hook)
        case dict():
            return _read_json(cast("dict[str, Any]", answer), hook)
        case _:
            return _failed(hook, f"it answered {answer!r:.80}, which is no decision")


_WORDS = {
    "allow": HookDecision.ALLOW,
    "approve": HookDecision.ALLOW,
    "deny": HookDecision.DENY,
    "block": HookDecision.DENY,
    "ask": HookDecision.ASK,
    "neutral": HookDecision.NEUTRAL,
}


def _read_json(answer: dict[str, Any], hook: str) -> HookOutcome:
    """Claude Code's shapes: `{"decision", "reason"}`, or `hookSpecificOutput` with `permissionDecision`."""
    inner: Any = answer.get("hookSpecificOutput", {})
    if not isinstance(inner, dict):
        return _failed(hook, "its hookSpecificOutput is no object")
    specific = cast("dict[str, Any]", inner)
    word: Any = specific.get("permissionDecision", answer.get("decision"))
    reason: Any = specific.get("permissionDecisionReason", answer.get("reason", ""))
    if answer.get("continue") is False:
        word, reason = "deny", answer.get("stopReason", reason)
    decision = HookDecision.NEUTRAL if word is None else _WORDS.get(word) if isinstance(word, str) else None
    if decision is None:
        return _failed(hook, f"its decision is {word!r:.80}, not one of {', '.join(_WORDS)}")
    updates: dict[str, Any] = {}
    if "updatedInput" in specific:
        if not isinstance(specific["updatedInput"], dict):
            return _failed(hook, "its updatedInput is no object")
        updates["arguments"] = specific["updatedInput"]
    if isinstance(context := specific.get("additionalContext"), str):
        updates["context"] = context
    return HookOutcome(decision, str(reason or ""), updates, hook)


def _failed(hook: str, how: str) -> HookOutcome:
    return HookOutcome(HookDecision.DENY, f"the hook {hook!r} gave no valid answer: {how}", hook=hook)


def _absent(spec: HookSpec) -> HookOutcome:
    """What takes the place of a hook that is not run: it might have refused."""
    said = f"the hook {spec.command[-1]!r}, which might refuse this, is not run in safe mode"
    return HookOutcome(HookDecision.ASK, said, hook=spec.command[-1])


def _tightened(outcome: HookOutcome) -> HookOutcome:
    """What a hook says that somebody else brought: it may forbid and have a person asked, never allow."""
    return replace(outcome, decision=HookDecision.NEUTRAL) if outcome.decision is HookDecision.ALLOW else outcome


def _fits(matcher: str, tool: str) -> bool:
    """Whether a matcher fits: globs, several of them separated by `|`; an empty one fits everything."""
    return not matcher or any(names(part, tool) for part in matcher.split("|"))


async def _ask_functions(hooks: Sequence[_Python], context: dict[str, Any]) -> list[HookOutcome]:
    """Ask Python hooks: the synchronous ones in one thread, the others here."""
    outcomes = [await _ask_coroutine(hook, context) for hook in hooks if hook.is_async]
    blocking = [hook for hook in hooks if not hook.is_async]
    if blocking:
        answered: list[HookOutcome] = []
        limit_s = sum(hook.limit_s for hook in blocking)
        try:
            await within(limit_s, in_thread(_ask_in_turn, blocking, context, answered))
        except Overdue:
            silent = blocking[len(answered)].name
            answered = [*answered, _failed(silent, f"it did not answer in {limit_s:g} s")]
        outcomes += answered
    return outcomes


def _ask_in_turn(hooks: Sequence[_Python], context: dict[str, Any], answered: list[HookOutcome]) -> None:
    for hook in hooks:
        try:
            answer = called(hook.callback, dict(context))
        except Exception as error:  # noqa: BLE001  a hook that fails says no
            answer = _failed(hook.name, f"it failed: {type(error).__name__}: {error}")
        if inspect.isawaitable(answer):
            _close(answer)
            answer = _failed(hook.name, "it gave something to await, which nobody awaits here")
        answered.append(read_outcome(answer, hook.name))


async def _ask_coroutine(hook: _Python, context: dict[str, Any]) -> HookOutcome:
    try:
        return read_outcome(await within(hook.limit_s, awaited(hook.callback(dict(context)))), hook.name)
    except Overdue:
        return _failed(hook.name, f"it did not answer in {hook.limit_s:g} s")
    except Exception as error:  # noqa: BLE001  a hook that fails says no
        return _failed(hook.name, f"it failed: {type(error).__name__}: {error}")


async def _ask_program(spec: HookSpec, context: dict[str, Any]) -> HookOutcome:
    name = spec.command[0]
    answer, problem = await ask_program(spec, context)
    if problem:
        if spec.on_failure == "ignore":
            return HookOutcome(message=problem, hook=name)
        return _failed(name, problem)
    return read_outcome(answer, name)


def _close(answer: Any) -> None:
    if inspect.iscoroutine(answer):
        answer.close()
