"""The context of one session: what its events say of it, and what a person can do with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from loom.errors import LoomError
from loom.threads import in_thread
from loom_studio.texts import clauses, marked, tr

if TYPE_CHECKING:
    from loom.context.compression import Compression
    from loom.context.partitions import SentRequest
    from loom.providers.base import ToolSchema
    from loom.runtime import Session
    from loom.types.events import RunEvent
    from loom.types.messages import Message

MOST_POINTS = 600
RATE_OVER = 6
PARTITIONS = (marked("system"), marked("working"), marked("memory"), marked("skill"), marked("history"))
LEVELS = {
    marked("snip"): marked("shortens long outputs of tools"),
    marked("micro"): marked("puts references for outputs that repeat"),
    marked("collapse"): marked("makes a summary of the middle"),
    marked("auto"): marked("leaves out what matters least"),
    marked("reactive"): marked("makes room at once"),
}
RENEWED, BY_PROVIDER = marked("renewed"), marked("by the provider")


class Mark(NamedTuple):
    """Where something was cut: at which point of the history, and what it was (a level, or `renewed`)."""

    at: int
    kind: str


class ContextState:
    """The context of one session, folded from its events. Tokens; `points` are ρ after each step, oldest first.

    `planned` is the payload of the compression that the next step begins with, None if none is planned. `version`
    counts the changes.
    """

    def __init__(self, version: int = 0) -> None:
        self.used = 0
        self.window = 0
        self.is_estimated = True
        self.partitions: dict[str, int] = {}
        self.points: deque[float] = deque(maxlen=MOST_POINTS)
        self.marks: list[Mark] = []
        self.planned: dict[str, Any] | None = None
        self.handoffs: list[dict[str, Any]] = []
        self.pinned: dict[str, str] = {}
        self.version = version
        self._passed = 0

    @property
    def rho(self) -> float:
        """How full the window is."""
        return self.used / self.window if self.window else 0.0

    @property
    def turns_left(self) -> int | None:
        """How many more steps fit at the present rate; None while that can't be said."""
        last = list(self.points)[-RATE_OVER:]
        if len(last) < 2 or any(mark.at > self._passed - len(last) + 1 for mark in self.marks):
            return None
        rate = (last[-1] - last[0]) / (len(last) - 1)
        return int((1 - last[-1]) / rate) if rate > 0 else None

    def shown_marks(self) -> list[Mark]:
        """The marks among the points that are kept, with their place among them."""
        gone = self._passed - len(self.points)
        return [Mark(mark.at - gone, mark.kind) for mark in self.marks if mark.at >= gone]

    def fold(self, event: RunEvent) -> None:
        """Take an event in; those that are not about the context change nothing."""
        payload = event.payload
        match event.type:
            case "context.pressure":
                self.used, self.window = payload["used_tokens"], payload["window_tokens"]
                self.is_estimated = payload["estimated"]
                self.partitions = dict(payload.get("partitions", {}))
                self.points.append(self.rho)
                self._passed += 1
            case "context.compression_planned":
                self.planned = dict(payload)
            case "context.compressed":
                self._cut(payload["strategy"])
            case "context.provider_edited":
                self.marks.append(Mark(self._passed, BY_PROVIDER))
            case "context.renewed":
                self.handoffs.append(payload["handoff"])
                self._cut(RENEWED)
            case "context.pinned":
                if payload["is_pinned"]:
                    self.pinned[payload["key"]] = payload["text"]
                else:
                    self.pinned.pop(payload["key"], None)
            case _:
                return
        self.version += 1

    def _cut(self, kind: str) -> None:
        self.planned = None
        self.marks.append(Mark(self._passed, kind))


def summary_of(state: ContextState) -> str:
    """The pressure over time in a sentence, for who can't see the chart."""
    if not state.points:
        return tr("No step yet.")
    cuts = tr(", ").join(tr(mark.kind) for mark in state.shown_marks())
    known = {"steps": len(state.points), "first": state.points[0], "last": state.points[-1], "most": max(state.points)}
    if not cuts:
        return tr("{steps} steps, ρ from {first:.0%} to {last:.0%}, at most {most:.0%}; nothing was cut.", **known)
    return tr("{steps} steps, ρ from {first:.0%} to {last:.0%}, at most {most:.0%}; cut: {cuts}.", **known, cuts=cuts)


def detail_of(made: Compression) -> str:
    """What a compression cut, as its `detail` says it in English."""
    parts = [tr("{count} tool outputs cut", count=made.outputs_cut)] if made.outputs_cut else []
    if made.messages_gone:
        parts.append(tr("{count} messages became a summary", count=made.messages_gone))
    return clauses(parts) or tr("nothing could be cut")


class ContextService:
    """What a person does with the context of one conversation: compress, renew, put off, pin.

    `opened` opens the session to write to it; `session` gives it only where it is open. `said` is told of what happens
    outside runs, as events; those of runs come with them. Errors are LoomError.
    """

    def __init__(
        self,
        opened: Callable[[], Awaitable[Session]],
        session: Callable[[], Session | None],
        said: Callable[[RunEvent], None],
    ) -> None:
        self.state = ContextState()
        self._opened = opened
        self._session = session
        self._said = said

    def take(self, events: Iterable[RunEvent]) -> None:
        """Begin with what a store holds of the session."""
        self.state = ContextState(version=self.state.version + 1)
        for event in events:
            self.state.fold(event)

    async def preview(self) -> Compression | None:
        """What the next compression would cut; None while the session is not open here."""
        session = self._session()
        return await session.preview_compression() if session is not None and not session.is_read_only else None

    async def compress(self) -> str:
        """Make the history smaller now; returns what came of it, in a sentence."""
        session = await self._opened()
        made = await session.compress()
        if made is None:
            return tr("There was nothing to cut.")
        payload = {"strategy": made.level, "tokens_before": made.tokens_before, "tokens_after": made.tokens_after}
        self._say(session, "context.compressed", {**payload, "detail": made.detail})
        return tr(
            "{level}: {detail}; about {tokens:,} tokens less.",
            level=tr(made.level),
            detail=detail_of(made),
            tokens=made.saved_tokens,
        )

    async def renew(self) -> str:
        """Begin with an empty window now; returns what came of it, in a sentence."""
        session = await self._opened()
        if not session.history:
            return tr("Nothing was said yet: there is nothing to hand over.")
        before = session.context.pressure()["used_tokens"]
        handoff = await session.renew()
        after = session.context.pressure()["used_tokens"]
        payload = {"sprint": handoff.sprint, "why": "requested", "tokens_before": before, "tokens_after": after}
        self._say(session, "context.renewed", {**payload, "handoff": handoff.to_dict()})
        known = {"number": handoff.sprint, "before": before, "after": after}
        if after < before:
            return tr("Handoff {number} was written. {before:,} → {after:,} tokens.", **known)
        return tr(
            "Handoff {number} was written. There was little to leave out, so it is longer than what it tells: "
            "{before:,} → {after:,} tokens.",
            **known,
        )

    def snooze(self) -> None:
        """Leave the next compression out, for one step."""
        session = self._session()
        if session is not None:
            session.snooze_compression()
            self.state.planned = None
            self.state.version += 1

    async def pin(self, role: str, text: str) -> None:
        """Keep the last message with this text as it is, whatever is compressed."""
        session = await self._opened()
        found = next((m for m in reversed(session.history) if m.role == role and m.text.strip() == text.strip()), None)
        if found is None:
            raise LoomError(tr("This message is not in the model's context any more, so it can't be pinned."))
        await session.pin(found)
        self._say_pinned(session, found, is_pinned=True)

    async def unpin(self, key: str) -> None:
        """Let a message be compressed again."""
        from loom.context.compression.task import message_key

        session = await self._opened()
        found = next((message for message in session.history if message_key(message) == key), None)
        if found is None:
            raise LoomError(tr("This message is not in the model's context any more: there is nothing to unpin."))
        await session.unpin(found)
        self._say_pinned(session, found, is_pinned=False)

    def _say_pinned(self, session: Session, message: Message, *, is_pinned: bool) -> None:
        from loom.context.compression.task import message_key

        payload = {"key": message_key(message), "is_pinned": is_pinned, "text": message.text[:200]}
        self._say(session, "context.pinned", payload)

    def _say(self, session: Session, kind: str, payload: dict[str, Any]) -> None:
        """Have what happened outside a run shown; in a run its own event says so."""
        from loom.types.events import RunEvent

        if session.is_busy:
            return
        self._said(RunEvent(type=kind, payload=payload))
        if kind != "context.pinned":
            self._said(RunEvent(type="context.pressure", payload=session.context.pressure()))


async def shown_request(request: SentRequest | None) -> str:
    """All that a model was sent in a step, to read: what each part counts, then every part as it went."""
    return tr("No request was sent since the Studio began.") if request is None else await in_thread(_shown, request)


def _shown(request: SentRequest) -> str:
    total = sum(request.tokens.values())
    known = {"step": request.step, "tokens": total, "cached": request.cached_tokens or 0}
    if request.is_estimated:
        plain = tr("Step {step}: {tokens:,} tokens, estimated", **known)
        read = tr("Step {step}: {tokens:,} tokens, estimated, {cached:,} of them from its cache", **known)
    else:
        plain = tr("Step {step}: {tokens:,} tokens, counted by the provider", **known)
        read = tr("Step {step}: {tokens:,} tokens, counted by the provider, {cached:,} of them from its cache", **known)
    pieces = [read if request.cached_tokens else plain]
    pieces += [tr("  {part}: {tokens:,} tokens", part=tr(name), tokens=held) for name, held in request.tokens.items()]
    return "\n".join([*pieces, *shown_prefix(request.system, request.tools), *shown_messages(request.messages)])


def shown_prefix(system: str, tools: Sequence[ToolSchema]) -> list[str]:
    """The part of a request that stays, to read."""
    told = [f"{tool.name}: {tool.description}\n{_json(tool.input_schema)}" for tool in tools]
    return [f"\n── {tr('system')} ──\n{system or tr('(empty)')}", tr("\n── {count} tools ──", count=len(tools)), *told]


def shown_messages(messages: Sequence[Message]) -> list[str]:
    """The messages of a request, to read."""
    pieces: list[str] = []
    for number, message in enumerate(messages, 1):
        what = f" {message.name}" if message.name else ""
        pieces.append(f"\n── {number}. {message.role}{what}{tr(' (error)') if message.is_error else ''} ──")
        pieces.append(_content(message))
        pieces += [f"→ {call.name} {_json(call.arguments)}" for call in message.tool_calls]
    return pieces


def _content(message: Message) -> str:
    from loom.types.content import TextBlock, ThinkingBlock

    if isinstance(message.content, str):
        return message.content
    shown = [
        each.text if isinstance(each, (TextBlock, ThinkingBlock)) else f"[{each.type}]" for each in message.content
    ]
    return "\n".join(shown)


def _json(value: Any) -> str:
    import json  # a window is shown without it

    return json.dumps(value, ensure_ascii=False, default=str)
