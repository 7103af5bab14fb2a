"""Asking a hook that is a program: JSON in, exit code and JSON out, a time limit, no terminal, killed as a tree."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import Any

from loom.config.hooks import TELLING, HookSpec
from loom.types.strict_json import parse_object

OUTPUT_LIMIT_BYTES = 1_000_000
DENIED = 2


async def ask_program(spec: HookSpec, context: dict[str, Any]) -> tuple[Any, str]:
    """The program's answer, as an object or a refusal in that shape, and what went wrong, if something did."""
    given = json.dumps(context, ensure_ascii=False, default=str).encode()
    try:
        process = await asyncio.create_subprocess_exec(
            *spec.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **spec.environment},
            cwd=context.get("cwd") or None,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return None, f"it can't be started: {error}"
    try:
        async with asyncio.timeout(spec.timeout_s):
            _, output, said = await asyncio.gather(
                _tell(process, given), _hear(process, process.stdout), _hear(process, process.stderr)
            )
            await process.wait()
    except TimeoutError:
        return None, f"it did not answer in {spec.timeout_s:g} s"
    finally:
        await _end(process)
    tells = spec.event in TELLING
    return _read(process.returncode, output, said.decode("utf-8", "replace").strip(), tells=tells)


def _read(code: int | None, output: bytes, said: str, *, tells: bool) -> tuple[Any, str]:
    if len(output) > OUTPUT_LIMIT_BYTES:  # it was killed for that
        return None, f"it printed more than {OUTPUT_LIMIT_BYTES:,} bytes"
    if code == DENIED:
        return {"decision": "deny", "reason": said[:2000] or "the hook said no"}, ""
    if code != 0:
        return None, f"it ended with code {code}{': ' + said[:300] if said else ''}"
    text = output.decode("utf-8", "replace").strip()
    if not text:
        return {}, ""
    if tells and not text.startswith("{"):
        return {"hookSpecificOutput": {"additionalContext": text}}, ""
    try:
        return parse_object(text), ""
    except ValueError as error:
        return None, f"what it printed can't be read: {error}"


async def _tell(process: asyncio.subprocess.Process, given: bytes) -> None:
    if process.stdin is None:
        return
    # A hook need not read what it is told.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(given)
        await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()


async def _hear(process: asyncio.subprocess.Process, stream: asyncio.StreamReader | None) -> bytes:
    """What a program prints; one that prints past the limit is killed, and the rest of it is dropped."""
    heard = b""
    while stream is not None and (piece := await stream.read(65_536)):
        if len(heard) <= OUTPUT_LIMIT_BYTES:
            heard += piece
            if len(heard) > OUTPUT_LIMIT_BYTES:
                _kill(process)
    return heard


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of the program and its children, and wait for it."""
    _kill(process)
    for stream in (process.stdout, process.stderr):
        while stream is not None and await stream.read(65_536):
            pass
    await process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
