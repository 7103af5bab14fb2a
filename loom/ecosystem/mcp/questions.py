"""What one server asks while its tools are called: passed on to the person, with every clock standing still."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, cast

from loom.ecosystem.mcp.asks import Answer, AskDesk, ServerAsk, visible
from loom.ecosystem.mcp.log import ServerLog
from loom.errors import ToolServerError
from loom.safety.redaction import redact

LOOK_EVERY_S = 0.05
LONGEST_TOLD_CHARS = 500
MOST_A_MINUTE = 20
"""So many questions a server may ask; more are declined, and nobody sees them: a person answers no loop."""


@dataclass(slots=True)
class ActiveCall:
    """A call that works: how the agent's model is asked in its name, and what goes around the time a person takes."""

    sample: Callable[[dict[str, Any]], Any] | None
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext
    emit: Callable[[str, dict[str, Any]], object] | None = None
    """Says in the run what is asked in it, and what became of that."""
    _asked: int = 0
    _is_asking: asyncio.Event = field(default_factory=asyncio.Event)

    async def bounded(self, working: asyncio.Task[Any], ending: asyncio.Task[Any], limit_s: float) -> bool:
        """Wait until the call or its server has ended; False if that took longer, without the time of a person."""
        loop = asyncio.get_running_loop()
        left = limit_s
        while not working.done() and not ending.done():
            if self._asked:
                await asyncio.wait({working, ending}, timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
                continue
            began = loop.time()
            asking = loop.create_task(self._is_asking.wait(), name="wait for a question")
            try:
                await asyncio.wait({working, ending, asking}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            finally:
                asking.cancel()
            left -= loop.time() - began
            if left <= 0 and not working.done():
                return False
        return True

    @contextmanager
    def asked(self) -> Generator[None]:
        """While a person is asked: no clock counts that."""
        self._asked += 1
        self._is_asking.set()
        try:
            with self.waiting():
                yield
        finally:
            self._asked -= 1
            if not self._asked:
                self._is_asking.clear()


@dataclass(slots=True)
class Questions:
    """The questions of one server. `active` are the calls at work, `limit` bounds a connecting that goes on."""

    server: str
    desk: AskDesk
    log: ServerLog
    start_timeout_s: float
    active: list[ActiveCall] = field(default_factory=list[ActiveCall])
    limit: asyncio.Timeout | None = None
    is_signed_out: bool = False
    """Set where the server wants a person to sign in, and they did not: trying again would only ask again."""
    _asked_at: deque[float] = field(default_factory=lambda: deque[float](maxlen=MOST_A_MINUTE))
    _is_told: bool = False

    async def elicit(self, params: dict[str, Any]) -> dict[str, Any]:
        """The person's answer to a form or an address."""
        is_url = params.get("mode") == "url"
        url = str(params.get("url", ""))
        if is_url and not url.startswith(("https://", "http://")):
            return {"action": "decline"}
        message = visible(str(params.get("message", "")))
        schema: dict[str, Any] = params.get("requestedSchema") or {}
        answer = await self._ask(ServerAsk(self.server, "url" if is_url else "form", message, schema, visible(url)))
        if answer.action == "accept" and not is_url:
            return {"action": "accept", "content": answer.content}
        return {"action": answer.action}

    async def sample(self, params: dict[str, Any]) -> dict[str, Any]:
        """The model's answer, if a call of this server is at work and a person agrees. Raises ToolServerError."""
        lent = next((each.sample for each in reversed(self.active) if each.sample is not None), None)
        if lent is None:
            raise ToolServerError("The model is lent only while a tool of this server is called")
        prompt = "\n\n".join(_shown(message) for message in params.get("messages", []))
        if system := params.get("systemPrompt"):
            prompt = f"[system] {system}\n\n{prompt}"
        message = "It wants to ask the agent's model, at your cost:"
        most = int(params.get("maxTokens", 0))
        ask = ServerAsk(self.server, "sampling", message, prompt=visible(prompt), max_tokens=most)
        if (await self._ask(ask)).action != "accept":
            raise ToolServerError("The person did not agree to lend the model")
        return await lent(params)

    async def sign_in(self, url: str) -> bool:
        """Whether the person agrees to open the address at which they sign in."""
        ask = ServerAsk(self.server, "sign_in", "It wants you to sign in at:", url=visible(url))
        self.is_signed_out = (await self._ask(ask)).action != "accept"
        return not self.is_signed_out

    @contextmanager
    def pausing(self) -> Generator[None]:
        """While a person is busy with the server: no clock counts that."""
        limit = self.limit
        if limit is not None:
            limit.reschedule(None)
        try:
            with ExitStack() as stack:
                for call in list(self.active):
                    stack.enter_context(call.asked())
                yield
        finally:
            if limit is not None and limit is self.limit:
                limit.reschedule(asyncio.get_running_loop().time() + self.start_timeout_s)

    async def _ask(self, ask: ServerAsk) -> Answer:
        if self._asks_too_often():
            return Answer("decline")
        told = {"server": ask.server, "ask_id": ask.id, "kind": ask.kind}
        call = self.active[-1] if self.active else None
        say = call.emit if call is not None else None
        if say is not None:
            say("mcp.asked", {**told, "message": redact(ask.message[:LONGEST_TOLD_CHARS])})
        answer = Answer("cancel")
        try:
            with self.pausing():
                answer = await self.desk.ask(ask)
        finally:
            # A call that has ended meanwhile says nothing more in a run that may have ended with it.
            if say is not None and call in self.active:
                say("mcp.answered", {**told, "action": answer.action})
        self.log.add(f"asked ({ask.kind}): {ask.message[:200]} – {answer.action}", "loom")
        return answer

    def _asks_too_often(self) -> bool:
        now = time.monotonic()
        if len(self._asked_at) < MOST_A_MINUTE or now - self._asked_at[0] > 60:
            self._asked_at.append(now)
            self._is_told = False
        elif not self._is_told:
            self._is_told = True
            self.log.add(f"it asks more than {MOST_A_MINUTE} times a minute; the rest is declined unseen", "loom")
        return self._is_told


def _shown(message: dict[str, Any]) -> str:
    content: Any = message.get("content")
    blocks: list[Any] = cast("list[Any]", content) if isinstance(content, list) else [content]
    texts = [
        str(cast("dict[str, Any]", block).get("text", f"[{cast('dict[str, Any]', block).get('type')}]"))
        for block in blocks
        if isinstance(block, dict)
    ]
    return f"[{message.get('role')}] " + "\n".join(texts)
