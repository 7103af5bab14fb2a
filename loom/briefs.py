"""Many briefs from a file of JSON lines, worked on here or put into a queue: by command line and Studio alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from loom.errors import ConfigError, LoomError
from loom.orchestration.durable import DurableEngine
from loom.orchestration.opening import checked_name
from loom.roles import DETAILS, ROLES, check_details
from loom.types.ids import generate_id

if TYPE_CHECKING:
    from loom.orchestration.dbos_engine import DbosEngine

Work = Callable[["Brief"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Brief:
    """One line of the file: what to make, under which id, with which details."""

    line: int
    id: str
    brief: str
    details: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """What the run is started with."""
        return {"brief": self.brief, "max_sprints": self.details["max_sprints"], "details": self.details}


def read_briefs(text: str, details: dict[str, Any], folder: Path) -> list[Brief]:
    """The briefs of a file of JSON lines; blank ones are passed over. Files that they name are looked for in `folder`.

    Each line is a text, or an object with `brief`, and `id` and details where they differ. Raises ConfigError with the
    line's number and what is wrong with it.
    """
    briefs: list[Brief] = []
    by_id: dict[str, int] = {}
    lines = text.removeprefix("\ufeff").split("\n")  # JSON may have other line ends within a text
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        brief = _read_line(number, line, details, folder)
        if brief.id in by_id:
            raise ConfigError(f"Line {number}: the id {brief.id!r} is that of line {by_id[brief.id]}, too")
        by_id[brief.id] = number
        briefs.append(brief)
    if not briefs:
        raise ConfigError('The file has no brief: write one line of JSON for each, such as {"brief": "…"}')
    return briefs


async def choose(engine: DurableEngine, briefs: Sequence[Brief], *, resumes: bool) -> list[Brief]:
    """The briefs to work on. Raises ConfigError for ids that are taken, unless they are to be gone on with."""
    known = {run.id: run for run in await engine.runs()}
    taken = [brief for brief in briefs if brief.id in known]
    if taken and not resumes:
        lines = ", ".join(f"line {brief.line}: {brief.id}" for brief in taken[:5])
        raise ConfigError(f"There are harness runs of these ids already ({lines}): name others, or --resume them")
    for brief in taken:
        if known[brief.id].data.get("brief") != brief.brief:
            raise ConfigError(f"Line {brief.line}: the harness run {brief.id!r} was begun with another brief")
    return [brief for brief in briefs if brief.id not in known or known[brief.id].state != "done"]


async def enqueue(engine: DurableEngine, briefs: Sequence[Brief]) -> None:
    """Keep the briefs that are not known yet as runs that wait to be worked on. Raises StoreError."""
    known = {run.id for run in await engine.runs()}
    for brief in briefs:
        if brief.id not in known:
            await engine.enqueue(brief.id, brief.data)


async def enqueue_for_workers(database: DbosEngine, briefs: Sequence[Brief], queue: str) -> str:
    """Put the briefs that are not known yet into a queue; gives what to type where no worker is there, else nothing.

    Raises StoreError.
    """
    known = {run.id for run in await database.runs()}
    for brief in briefs:
        if brief.id not in known:
            await database.enqueue(brief.id, brief.data, queue)
    if await database.workers():
        return ""
    return f"loom worker --queue {queue} --database-url {database.address.shown}"


async def work_here(briefs: Sequence[Brief], work: Work, parallel: int, say: Callable[[str], None]) -> None:
    """Work on briefs, `parallel` at a time; one that can't be worked on is said, and harms no other."""
    free = asyncio.Semaphore(max(1, parallel))

    async def one(brief: Brief) -> None:
        async with free:
            try:
                await work(brief)
            except LoomError as error:
                say(f"line {brief.line}, {brief.id}: {error}")

    async with asyncio.TaskGroup() as group:
        for brief in briefs:
            group.create_task(one(brief), name=f"harness run {brief.id}")


def _read_line(number: int, line: str, details: dict[str, Any], folder: Path) -> Brief:
    try:
        held: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"Line {number} is no JSON: {error}") from None
    if isinstance(held, str):
        held = {"brief": held}
    if not isinstance(held, dict):
        raise ConfigError(f'Line {number} must be a text, or an object such as {{"brief": "…"}}')
    given = cast("dict[str, Any]", held)
    brief, run_id = given.pop("brief", None), given.pop("id", None)
    if not isinstance(brief, str) or not brief.strip():
        raise ConfigError(f"Line {number} has no brief: it must say what to make")
    if run_id is not None and (not isinstance(run_id, str) or not run_id.strip()):
        raise ConfigError(f"Line {number}: the id must be a text, got {run_id!r}")
    for name, value in given.items():
        _check_detail(number, name, value)
    try:
        check_details(given)
        run_id = checked_name(run_id, "a run") if run_id is not None else generate_id()
    except ConfigError as error:
        raise ConfigError(f"Line {number}: {error}") from None
    files: dict[str, Any] = {role: str((folder / given[role]).resolve()) for role in ROLES if given.get(role)}
    if given.get("evaluators"):
        files["evaluators"] = [str((folder / each).resolve()) for each in given["evaluators"]]
    if given.get("workspace"):
        files["workspace"] = str((folder / given["workspace"]).resolve())
    return Brief(number, run_id, brief, details | given | files)


_NUMBER = (int, type(None))
_KINDS: dict[str, tuple[type, ...]] = {
    "max_tokens": _NUMBER,
    "max_cost_usd": (int, float, type(None)),
    "patience": _NUMBER,
    "quorum": _NUMBER,
}
_WORDS = {list: "a list of texts", dict: "an object of texts"}


def _check_detail(number: int, name: str, value: Any) -> None:
    if name not in DETAILS:
        raise ConfigError(f"Line {number}: {name!r} is none of brief, id, {', '.join(DETAILS)}")
    known: Any = DETAILS[name]
    kinds: tuple[type, ...] = _KINDS.get(name, (known.__class__,))
    is_flag_for_number = isinstance(value, bool) and bool not in kinds
    texts = cast("list[Any]", value) if isinstance(value, list) else []
    if isinstance(value, dict) and isinstance(known, dict):
        texts = list(cast("dict[str, Any]", value).values())
    if not isinstance(value, kinds) or is_flag_for_number or not all(isinstance(each, str) for each in texts):
        wanted = _WORDS.get(kinds[0]) or " or ".join(kind.__name__ for kind in kinds)
        raise ConfigError(f"Line {number}: {name} must be {wanted}, got {value!r}")
