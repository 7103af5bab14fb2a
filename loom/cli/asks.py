"""What servers ask, at the terminal: a form a line for each field, an address to open, the model to lend."""

from __future__ import annotations

import asyncio
import json
import sys
import webbrowser
from collections.abc import Awaitable, Callable
from typing import Any

from loom.ecosystem.mcp.asks import Answer, AskDesk, ServerAsk
from loom.ecosystem.mcp.forms import FormField, fields_of, value_of
from loom.errors import ApprovalError, ConfigError
from loom.runtime.tasks import TaskOwner
from loom.threads import in_thread


def answer_at_terminal(desk: AskDesk) -> Callable[[], Awaitable[None]]:
    """Answer what servers ask at the terminal, one after the other; returns what ends that."""
    tasks, lock = TaskOwner(), asyncio.Lock()
    seen: set[str] = set()

    async def answer(ask: ServerAsk) -> None:
        async with lock:
            given = await _answer(ask)
        try:
            desk.answer(ask.id, given)
        except ApprovalError as error:
            print(f"loom: {error}", file=sys.stderr)

    def on_change() -> None:
        for ask in desk.pending:
            if ask.id not in seen:
                seen.add(ask.id)
                tasks.start(answer(ask), name="ask at the terminal")

    detach = desk.attach(on_change)

    async def stop() -> None:
        detach()
        await tasks.aclose()

    return stop


async def _answer(ask: ServerAsk) -> Answer:
    print(f"\nThe server {ask.server!r} asks: {ask.message}", file=sys.stderr)
    match ask.kind:
        case "form":
            return await _form(ask)
        case "sampling":
            print(f"{ask.prompt}\n(at most {ask.max_tokens} tokens)", file=sys.stderr)
            return Answer("accept" if await _is_yes("Lend it the model?") else "decline")
        case _:
            print(f"  {ask.url}", file=sys.stderr)
            if not await _is_yes("Open this address in the browser?"):
                return Answer("decline")
            await in_thread(webbrowser.open, ask.url)
            return Answer("accept")


async def _form(ask: ServerAsk) -> Answer:
    if not await _is_yes("Answer it?"):
        return Answer("decline")
    content: dict[str, Any] = {}
    for field in fields_of(ask.schema):
        while True:
            text = await _line(_prompt(field))
            try:
                value = value_of(field, text or field.default)
            except ConfigError as error:
                print(f"  {error}", file=sys.stderr)
                continue
            if value is not None:
                content[field.name] = value
            break
    return Answer("accept", content)


def _prompt(field: FormField) -> str:
    choices = f" ({', '.join(value for value, _ in field.choices)})" if field.choices else ""
    default = f" [{json.dumps(field.default, ensure_ascii=False)}]" if field.default is not None else ""
    return f"  {field.title}{' *' if field.required else ''}{choices}{default}: "


async def _is_yes(question: str) -> bool:
    return (await _line(f"{question} [y/N] ")).lower() in ("y", "yes")


async def _line(prompt: str) -> str:
    print(prompt, end="", file=sys.stderr, flush=True)
    return (await in_thread(sys.stdin.readline)).strip()
