"""Keeps a session's context inside its window: says how full it is, what is cut next, cuts it, begins anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from loom.context.abilities import Abilities, ActiveSkill
from loom.context.citations import Cited
from loom.context.compression import Compression, compress
from loom.context.compression.levels import with_written
from loom.context.compression.task import message_key
from loom.context.ledger import Tally, shares
from loom.context.partitions import ContextPartitions, SentRequest, compile_request, joined
from loom.context.renewal import Surroundings
from loom.context.tokens import estimate_tools
from loom.context.window import ContextManager
from loom.context.working import KNOWLEDGE_SHARE, Dashboard, WorkingContext, decision_of, render_working
from loom.memory.codec import message_from_data, message_to_log
from loom.memory.records import HISTORY_REPLACED, TOOL_RESULT, NewRecord
from loom.memory.replay import StoredSession
from loom.providers.base import CompletionRequest, ToolSchema
from loom.runtime.engine import Engine
from loom.runtime.exact_count import ExactCount
from loom.runtime.request_log import RequestLog
from loom.runtime.server_context import with_server_context
from loom.runtime.session_log import SessionLog
from loom.runtime.summaries import WrittenSummary, write_summary
from loom.threads import in_thread
from loom.tools.caller import Emit
from loom.tools.offering import is_findable
from loom.types.handoff import HandoffArtifact
from loom.types.knowledge import KnowledgeBundle
from loom.types.messages import Message
from loom.types.runs import Usage

THREAD_FROM_TOKENS = 20_000
URGENT = "auto"
MakesRoom = Callable[[str], Awaitable[bool]]
"""Asks whether a compression may be made; its argument says which."""


class ContextKeeper:
    """The context of one session, and what is done with it in its runs and between them.

    `lock` is held while tools run and while the history is changed: a history in which calls wait for their results is
    never compressed.
    """

    def __init__(self, engine: Engine, manager: ContextManager) -> None:
        self.engine = engine
        self.manager = manager
        self.log: SessionLog | None = None
        self.requests = RequestLog()
        self.lock = asyncio.Lock()
        self._speak: Emit | None = None
        self.run_id = ""
        self.surroundings: Callable[[], Surroundings] = Surroundings
        self.spend: Callable[..., None] = _nobody_counts
        self._sent: tuple[int, CompletionRequest, Tally] | None = None
        self._last_request: SentRequest | None = None
        self.decided: list[str] = []
        self.planned = ""
        self.abilities = Abilities()
        self._is_snoozed = False
        self._sent_working = ""
        self._exact = ExactCount(engine)
        self._passed_over: tuple[str, int] = ("", 0)
        self._tools: tuple[tuple[ToolSchema, ...], int] = ((), 0)
        self._made_of: tuple[object, ...] = ()
        self._parts, self._estimates = ContextPartitions(), dict[str, int]()

    def begin_run(
        self, run_id: str, emit: Emit, surroundings: Callable[[], Surroundings], spend: Callable[..., None]
    ) -> None:
        """Speak in a run, from now on; `spend` is told what a summary cost, or a model lent to a server."""
        self.run_id, self._speak, self.surroundings, self.spend = run_id, emit, surroundings, spend
        self._sent = self._last_request = None

    def end_run(self) -> None:
        """Speak in the log again."""
        self.run_id, self._speak, self.surroundings, self.spend = "", None, Surroundings, _nobody_counts

    def emit(self, kind: str, payload: dict[str, Any]) -> None:
        """Say what happens, in the run that works, or in the session's log where none does."""
        if self._speak is not None:
            self._speak(kind, payload)
        elif self.log is not None:
            self.log.add(NewRecord(kind, dict(payload)))

    def note_decision(self, kind: str, payload: dict[str, Any]) -> None:
        """Keep for the model what somebody decided."""
        self.decided.append(decision_of(kind, payload))

    def take(self, stored: StoredSession) -> None:
        """Take up what a store holds of the session; its history is there already."""
        manager = self.manager
        manager.handoffs = [HandoffArtifact(**data) for data in stored.handoffs]
        manager.pinned = set(stored.pinned)
        manager.working = WorkingContext()
        if stored.working is not None:
            manager.working.take(stored.working)
        manager.working.highest = stored.cited
        manager.take_history()
        self.requests.take(stored.request_parts)
        self.abilities = Abilities()
        for kind, data in stored.abilities:
            self.abilities.take(kind, data)
        self.planned = ""
        self._sent = self._last_request = None

    def snooze(self) -> None:
        """Leave the next compression out, for one step. One that is urgent, and a full window, don't wait."""
        self._is_snoozed = True

    @property
    def last_request(self) -> SentRequest | None:
        """What the model was sent last in this run, put together when somebody first wants to see it."""
        if self._last_request is None and self._sent is not None:
            step, request, tally = self._sent
            tokens = shares(tally)
            self._last_request = SentRequest(step, request.system, request.messages, request.tools, tokens)
        return self._last_request

    def compile(self, step: int, dashboard: Dashboard) -> CompletionRequest:
        """The request of a step, of all five partitions; what it is made of is `last_request`."""
        manager = self.manager
        self._sent_working = render_working(manager.working, dashboard)
        parts = self._partitions(self._sent_working)
        if self.decided:  # the outcome of its call tells it in this request, the working part in those after
            for told in self.decided:
                manager.working.decide(told)
            self.decided.clear()
            self.wrote()
        request = with_server_context(
            compile_request(parts, self.engine.config.model.name, self.engine.config.generation), self.engine
        )
        manager.ledger.set_fixed(self._estimates)
        manager.ledger.sending(manager.history)
        self._sent, self._last_request = (step, request, manager.ledger.tally), None
        return request

    def noted(self, request: CompletionRequest, step: int) -> CompletionRequest:
        """The request, once the log has what it consists of."""
        if self.log is None:
            return request
        return self.requests.note(self.log, request, step, self.run_id, self.manager.changes)

    def expected(self) -> Usage:
        """What the step used by our own count; the history ends with its answer, which was not counted yet."""
        ledger = self.manager.ledger
        sent = ledger.tokens
        return Usage(sent, ledger.catch_up(self.manager.history) - sent)

    def count(self, usage: Usage | None, *, is_edited: bool = False) -> None:
        """Take what the provider counted, after it left something out if `is_edited`, and say how full it is."""
        ledger, manager = self.manager.ledger, self.manager
        if usage is not None:
            if (sent := self.last_request) is not None:
                self._last_request = sent.counted(usage)
            ledger.anchor(usage, manager.history, is_edited=is_edited)
        self.emit("context.pressure", self.pressure())

    def pressure(self) -> dict[str, Any]:
        """How full the context is now, as the event `context.pressure` says it."""
        ledger, manager = self.manager.ledger, self.manager
        used = ledger.catch_up(manager.history)
        return {
            "used_tokens": used,
            "window_tokens": manager.max_tokens,
            "rho": used / manager.max_tokens,
            "estimated": ledger.is_estimated,
            "partitions": ledger.by_partition(),
        }

    async def announce(self) -> None:
        """Say what the next step will cut, before it does."""
        level, tokens = self.manager.should_compress(), self.manager.ledger.tokens
        if level is None or level == self.planned or self._is_snoozed:
            return
        if self._passed_over[0] == level and 0 <= tokens - self._passed_over[1] < self._least_gain / 2:
            return
        made = await self.preview(level)
        if not self._is_worth_it(made):
            self._passed_over = (level, tokens)
            return
        self.planned = level
        payload = {"level": level, "rho": self.manager.rho, "saves_tokens": made.saved_tokens, "detail": made.detail}
        self.emit("context.compression_planned", payload)

    def has_room(self) -> bool:
        """Whether the window is so far from the first level that nothing has to be counted, announced or cut."""
        policy, manager = self.manager.policy, self.manager
        if manager.ledger.catch_up(manager.history) >= (policy.snip_at - policy.exact_near) * manager.max_tokens:
            return False
        self.planned, self._is_snoozed = "", False
        return True

    async def fit(self, may: MakesRoom) -> bool:
        """Make the room that the next request needs, by one level at most: what is not urgent was announced before.

        Returns whether the history is another now.
        """
        await self._exact.count_near_a_level(self.manager, lambda: self._partitions(self._sent_working))
        if self.manager.should_compress() is None:
            self.planned, self._is_snoozed = "", False
            return False
        before = self.manager.changes
        async with self.lock:
            level = self.manager.should_compress()
            if level is None:
                self.planned, self._is_snoozed = "", False
            elif self.manager.should_renew():
                await self._make_room(may)
            elif level != URGENT and self._is_snoozed:
                self.planned, self._is_snoozed = "", False
            elif level != URGENT and not self.planned:
                await self.announce()
            elif await may(level):
                self.planned, self._is_snoozed = "", False
                await self._compress(level)
        return self.manager.changes != before

    async def overflowed(self, may: MakesRoom) -> bool:
        """Make room after the provider said that a request is too long; False where that can't be."""
        async with self.lock:
            return await may("reactive") and await self._compress("reactive") is not None

    async def compress(self, level: str | None = None) -> Compression | None:
        """Make the history smaller now, once no tool runs; None if there was nothing to gain.

        Without `level` it is the one that the pressure asks for, or the first that gains.
        """
        async with self.lock:
            if level is not None:
                return await self._compress(level, at_least=1)
            for each in self._levels():
                if (made := await self._compress(each)) is not None:
                    return made
            return None

    async def renew(self, why: str = "requested") -> HandoffArtifact:
        """Begin the window anew, once no tool runs."""
        async with self.lock:
            return await self._renew(why)

    async def preview(self, level: str | None = None) -> Compression:
        """What a level would cut now, or without one the first that gains, as `compress` does; nothing is changed."""
        if level is None:
            for each in self._levels():
                made = await self._previewed(each)
                if self._is_worth_it(made):
                    return made
            level = self._levels()[0]
        return await self._previewed(level)

    def _levels(self) -> tuple[str, ...]:
        """What is tried when a person wants room, in order: the level that the pressure asks for goes first."""
        due = self.manager.should_compress() or "snip"
        return (due, *(each for each in ("micro", "collapse", "auto") if each != due))

    async def _previewed(self, level: str) -> Compression:
        history, task = list(self.manager.history), self.manager.task(level)
        if self.manager.ledger.tokens > THREAD_FROM_TOKENS:
            return await in_thread(compress, history, level, task)
        return compress(history, level, task)

    def pin(self, message: Message, *, is_pinned: bool) -> None:
        """Keep a message as it is, or no longer."""
        key = self.manager.pin(message) if is_pinned else self.manager.unpin(message)
        self.emit("context.pinned", {"key": key, "is_pinned": is_pinned, "text": message.text[:200]})

    def know(self, bundle: KnowledgeBundle) -> None:
        """Have evidence in the working part, from the next request on."""
        if bundle.items or bundle.metadata.get("problems"):
            room = KNOWLEDGE_SHARE * self.manager.max_tokens / max(0.1, self.manager.ledger.factor)
            self._tell_of(bundle, self.manager.working.know(bundle, int(room)))

    def cite(self, bundle: KnowledgeBundle) -> list[str]:
        """Pieces that a tool found, each with the number by which it is cited."""
        cited = self.manager.working.cite(bundle.items)
        if cited:
            self._tell_of(bundle, cited)
        return [each.piece for each in cited]

    def _tell_of(self, bundle: KnowledgeBundle, cited: Sequence[Cited]) -> None:
        pieces = [each.to_payload() for each in cited]
        problems = bundle.metadata.get("problems", [])
        self.emit("knowledge.found", {"question": bundle.query.text, "pieces": pieces, "problems": problems})
        if cited:
            self.wrote()

    def offer(self, names: Sequence[str], query: str = "") -> list[str]:
        """Tell the model of these tools from its next step on, where not all are told of; returns the new ones."""
        new = self.abilities.find([name for name in names if is_findable(name, self.engine.tools)])
        if new:
            self.emit("tools.found", {"query": query, "names": new})
        return new

    def activate(self, skill: ActiveSkill, by: str, arguments: str = "") -> bool:
        """Give the model a skill's instructions; False if it has just these."""
        known = self.abilities.skills.get(skill.name)
        is_new = self.abilities.activate(skill, in_history=by == "model")
        if not is_new and known is not None and known.run_id == skill.run_id:
            return False
        self.emit(
            "skill.activated",
            {
                "name": skill.name,
                "content": skill.content,
                "source": skill.source,
                "by": by,
                "arguments": arguments,
                "allowed_tools": list(skill.allowed_tools),
                "run_id": skill.run_id,
                "model": skill.model,
                "effort": skill.effort,
            },
        )
        return is_new

    def wrote(self) -> None:
        """Say that the plan, the notes or what is known became another."""
        self.emit("context.working", self.manager.working.to_dict())

    async def whole(self, key: str) -> str | None:
        """The whole of an output that was cut, by the key in its place; None if there is none."""
        known = self.manager.cut.get(key)
        return await in_thread(self._stored, key) if known is None and self.log is not None else known

    def _stored(self, key: str) -> str | None:
        """The output from the log, which loses nothing."""
        assert self.log is not None  # noqa: S101  asked before
        for record in self.log.store.records(self.log.session_id, kind=TOOL_RESULT):
            message = message_from_data(record.data)
            if message_key(message) == key:
                return message.text
        return None

    async def _make_room(self, may: MakesRoom) -> None:
        """A full window: begin anew, unless the newest outputs alone filled it; then those are cut."""
        manager = self.manager
        jumped = manager.rho - manager.newest_share() < manager.policy.snip_at
        if not await may("reactive" if jumped else "renew"):
            return
        if jumped and await self._compress("reactive") is not None and not manager.should_renew():
            return
        await self._renew("over_window")
        if manager.should_renew():
            await self._compress("reactive")

    async def _compress(self, level: str, at_least: int | None = None) -> Compression | None:
        history = self.manager.history
        before = list(history)
        made = await self.preview(level)
        if made.saved_tokens < at_least if at_least is not None else not self._is_worth_it(made):
            return None
        written = WrittenSummary()
        if level == "collapse":
            kept = {id(message) for message in made.messages}
            written = await self._written([message for message in before if id(message) not in kept])
            made = with_written(made, before, written.lines)
        came = history[len(before) :]  # an answer may have come meanwhile: it is kept as it is
        self._replace(lambda: self.manager.apply([*made.messages, *came]))
        self.emit(
            "context.compressed",
            {
                "strategy": level,
                "tokens_before": made.tokens_before,
                "tokens_after": made.tokens_after,
                "detail": made.detail,
                **_told(written),
            },
        )
        return made

    async def _written(self, gone: Sequence[Message]) -> WrittenSummary:
        """What a model says of the messages that go, where it is to be asked."""
        noted = self.log, self.run_id
        written = await write_summary(self.engine, self.manager.policy, gone, self.manager.task("collapse"), noted)
        if written.usage is not None:
            self.spend(written.usage)
        return written

    def _is_worth_it(self, made: Compression) -> bool:
        """Whether a cut saves more than it costs the provider's cache; what is too long is worth any cut."""
        if made.level == "reactive":
            return made.saved_tokens > 0
        return made.saved_tokens * self.manager.ledger.factor >= self._least_gain

    @property
    def _least_gain(self) -> float:
        return self.manager.policy.min_gain * self.manager.max_tokens

    async def _renew(self, why: str) -> HandoffArtifact:
        before = self.manager.ledger.catch_up(self.manager.history)
        make = self.manager.renewal(self.surroundings())
        old = list(self.manager.history)
        kept, handoff = await in_thread(make) if before > THREAD_FROM_TOKENS else make()
        if self.engine.remembered is not None:  # the window that begins knows what was remembered in this one
            await in_thread(self.engine.remembered.refresh)
        written = await self._written([message for message in old if message.role != "tool"])
        if written.lines:
            handoff = replace(handoff, progress_summary="\n".join([handoff.progress_summary, *written.lines]))
        came = self.manager.history[len(old) :]
        self._replace(lambda: self.manager.begin_anew([*kept, *came], handoff))
        self._partitions("")
        self.manager.ledger.set_fixed(self._estimates)
        self.planned = ""
        payload: dict[str, Any] = {
            "sprint": handoff.sprint,
            "why": why,
            "tokens_before": before,
            "tokens_after": self.manager.ledger.tokens,
            "handoff": handoff.to_dict(),
            **_told(written),
        }
        self.emit("context.renewed", payload)
        return handoff

    def _replace(self, change: Callable[[], Any]) -> Any:
        """Change the history, and have what it is now in the log."""
        made = change()
        if self.log is not None:
            messages = [message_to_log(message) for message in self.manager.history]
            self.log.add(NewRecord(HISTORY_REPLACED, {"messages": messages}, self.run_id))
        return made

    def _partitions(self, working: str) -> ContextPartitions:
        """The parts as they are now, and `_estimates` of them: the same as before where they are made of the same."""
        engine, manager, abilities = self.engine, self.manager, self.abilities
        tools = engine.tool_schemas(after_cut=manager.has_cuts, found=tuple(abilities.tools))
        system, memory = engine.system, self._memory()
        skill = engine.skill_text(), abilities.text(manager.history, manager.changes)
        made_of = system, working, memory, skill, tools
        if made_of != self._made_of:
            self._made_of = made_of
            if self._tools[0] is not tools:
                self._tools = (tools, estimate_tools(tools))
            texts = system, working, joined(*memory), joined(*skill)
            self._parts = ContextPartitions(*texts, manager.history, tools, self._tools[1])
            self._estimates = self._parts.estimates()
        return self._parts

    def _memory(self) -> tuple[str, str, str]:
        """What is told of the workspace, and of earlier windows and sessions."""
        remembered, handoffs = self.engine.remembered, self.manager.handoffs
        overview = remembered.overview if remembered is not None else ""
        return self.engine.memory_text(), overview, handoffs[-1].to_system_prompt() if handoffs else ""


def _told(written: WrittenSummary) -> dict[str, Any]:
    """What events say of a summary that a model was asked for."""
    if not written.model and not written.problem:
        return {}
    usage = written.usage.to_dict() if written.usage is not None else {}
    return {"summary_by": written.model, "summary_usage": usage, "summary_problem": written.problem}


def _nobody_counts(_usage: Usage, _purpose: str = "") -> None:
    """Between runs the event itself says what a summary cost."""
