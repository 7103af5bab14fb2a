"""Bringing an index up to date in a child process, so that this one's event loop and window do not notice."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loom.errors import KnowledgeError
from loom.knowledge.update import Outcome, Progress, Say

_LONGEST_LINE = 2**20


@dataclass(frozen=True, slots=True)
class Job:
    """What a child is to do: the index file, and the files at `path` or the page at `address`.

    `embedder` is one that works on this machine; those of servers are asked by the parent, which has the keys.
    `allowed` are private places that a page may come from.
    """

    index: Path
    path: str = ""
    address: str = ""
    patterns: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    embedder: str = ""

    def to_line(self) -> bytes:
        """The job as the child reads it."""
        data = {
            "index": str(self.index),
            "path": self.path,
            "address": self.address,
            "patterns": list(self.patterns),
            "allowed": list(self.allowed),
            "embedder": self.embedder,
        }
        return json.dumps(data).encode() + b"\n"


async def update_in_child(job: Job, say: Say) -> Outcome:
    """Do a job in a child process. Cancelling ends the child; what it had written by then stays.

    Raises KnowledgeError with what the child said.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "loom.knowledge.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONSAFEPATH": "1"},  # a project is no place to import from
        limit=_LONGEST_LINE,
    )
    try:
        return await _followed(process, job, say)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def _followed(process: asyncio.subprocess.Process, job: Job, say: Say) -> Outcome:
    assert process.stdin is not None  # noqa: S101  both are pipes
    assert process.stdout is not None  # noqa: S101
    with suppress(ConnectionError):
        process.stdin.write(job.to_line())
        await process.stdin.drain()
    name = ""
    async for line in process.stdout:
        told: dict[str, Any] = json.loads(line)
        if "progress" in told:
            progress = Progress(**told["progress"])
            name = progress.name
            say(progress)
        elif "error" in told:
            raise KnowledgeError(told["error"])
        elif "outcome" in told:
            return Outcome(**told["outcome"])
    code = await process.wait()
    at = f" at {name}" if name else ""
    raise KnowledgeError(f"Indexing ended{at} with code {code}. What was read by then is kept: index again")
