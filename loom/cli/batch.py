"""`loom harness batch`: its file, and how its runs stand."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from loom.briefs import Brief
from loom.errors import ConfigError
from loom.orchestration.durable import DurableEngine, WorkRun
from loom.threads import in_thread

LOOK_EVERY_S = 0.5


class Progress:
    """Says how the runs of a batch stand, one line whenever one changed."""

    def __init__(self, engine: DurableEngine, briefs: Sequence[Brief], *, as_json: bool) -> None:
        self._engine = engine
        self._ids = [brief.id for brief in briefs]
        self._as_json = as_json
        self._told: dict[str, tuple[str, int]] = {}

    async def until_done(self) -> list[WorkRun]:
        """The runs, once all are done."""
        while True:
            runs = await self.look()
            if len(runs) == len(self._ids) and all(run.state == "done" for run in runs):
                return runs
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> list[WorkRun]:
        """The runs as they stand; what changed since the last look is printed."""
        wanted = set(self._ids)
        runs = [run for run in await self._engine.runs() if run.id in wanted]
        done = sum(run.state == "done" for run in runs)
        for run in runs:
            sprints = sum(name.startswith("end.") for name in run.steps)
            if self._told.get(run.id) != (run.state, sprints):
                self._told[run.id] = run.state, sprints
                self._say(run, sprints, done)
        return runs

    def _say(self, run: WorkRun, sprints: int, done: int) -> None:
        reason = run.reason
        if self._as_json:
            said = {"id": run.id, "state": run.state, "sprints": sprints, "reason": reason, "done": done}
            print(json.dumps({**said, "of": len(self._ids)}), flush=True)
            return
        how = reason.replace("_", " ") or run.state
        print(f"[{done} of {len(self._ids)} done]  {run.id}  {how}, {sprints} sprints", flush=True)


async def read_file(name: str) -> str:
    """The text of the file, or of standard input for `-`. Raises ConfigError."""
    if name == "-":
        return await in_thread(sys.stdin.read)
    try:
        return await in_thread(Path(name).read_text, "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name} can't be read: {error}") from None
