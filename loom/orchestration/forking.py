"""Forks: another run that begins where a sprint of one ended, with another model, say, on files as they were then."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from loom.errors import ConfigError
from loom.orchestration.durable import DurableEngine, WorkRun
from loom.orchestration.signals import ACCEPT, STOP
from loom.orchestration.sprint_files import SprintFiles, copied

_STEP = re.compile(r"^([a-z]+)\.(\d+)(\..+)?$")
_LEFT_OUT = "overruled"
"""A sprint that somebody took is one that failed to whoever goes on from it."""


async def fork(
    engine: DurableEngine,
    run: WorkRun,
    sprint: int,
    new_id: str,
    checkpoints: Path,
    *,
    changes: dict[str, Any] | None = None,
    max_sprints: int | None = None,
    into: Path | None = None,
) -> list[str]:
    """Make run `new_id`, which stands where `run` stood after `sprint`, 0 for its beginning; `resume` goes on with it.

    `changes` are details that are others than the run's (`loom.roles.DETAILS`). Its folder is a copy of the files as
    they were, made at `into`, or the same folder, taken back to them, as far as nobody else changed it. Gives sentences
    about files that are not as they were. Raises ConfigError where that can't be, CheckpointError, StoreError.
    """
    results = await engine.results(run.id)
    if sprint and f"end.{sprint}" not in results:
        raise ConfigError(f"Sprint {sprint} of the harness run {run.id} has not ended: a fork begins at an end")
    if sprint and results[f"end.{sprint}"]["passed"]:
        raise ConfigError(f"Sprint {sprint} passed, so there is nothing to do after it: fork from an earlier one")
    if into is None and run.state == "running":
        raise ConfigError("The run is at work in its folder: fork into a copy, or stop it first")
    details = run.details
    workspace = Path(details.get("workspace") or ".")
    notes = await _put_files(results, sprint, workspace, into, checkpoints)
    changes = changes or {}
    if changes.get("model", details.get("model")) != details.get("model"):
        changes = {"models": {}, **changes}  # a model that was chosen now is that of every role
    details = {
        **details,
        **changes,
        "workspace": str(into or workspace),
        "forked_from": {"run": run.id, "sprint": sprint},
    }
    most = max_sprints or run.max_sprints
    if most <= sprint:
        most += sprint
    details["max_sprints"] = most
    await engine.start(new_id, {**run.data, "max_sprints": most, "details": details})
    try:
        for name, result in results.items():
            if _is_before(name, sprint):
                await engine.step(new_id, name, _known(_as_heard_anew(name, result)))
    finally:
        await engine.leave(new_id)
    return notes


async def _put_files(
    results: dict[str, dict[str, Any]], sprint: int, workspace: Path, into: Path | None, checkpoints: Path
) -> list[str]:
    kept = results.get(f"files.{sprint}", {}).get("checkpoint", "")
    if into is not None:
        if not kept:
            raise ConfigError(f"The files of sprint {sprint} were not kept, so there is nothing to copy")
        return await copied(checkpoints, kept, into)
    if not kept:
        return [f"The files of sprint {sprint} were not kept: {workspace} stays as it is"]
    looks = [each["checkpoint"] for name, each in results.items() if name.startswith("files.") and each["checkpoint"]]
    return await SprintFiles(workspace, checkpoints).restore(kept, looks[-1])


def _is_before(name: str, sprint: int) -> bool:
    """Whether a step belongs to what a fork after this sprint begins with."""
    found = _STEP.match(name)
    if found is None:
        return name == "plan"
    return int(found[2]) <= sprint and found[1] != _LEFT_OUT


def _as_heard_anew(name: str, result: dict[str, Any]) -> dict[str, Any]:
    """What was heard, as the fork has heard it: signals of its own count from 1, and nobody has ended it."""
    if not name.startswith("heard."):
        return result
    return {"after": 0, "said": [each for each in result["said"] if each[0] not in (STOP, ACCEPT)]}


def _known(result: dict[str, Any]) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def give() -> dict[str, Any]:
        return result

    return give
