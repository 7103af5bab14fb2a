"""The agents of a harness run: which model each role works with, by what the run was started with."""

from pathlib import Path
from typing import Any

import pytest

from loom.config import ModelRef
from loom.errors import ConfigError
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration.durable import LogEngine
from loom.roles import harness_of
from loom.safety.profile import Profile
from loom.threads import in_thread

AGENT = """
name = "Gen"
[model]
provider = "scripted"
name = "own"
"""


async def models(folder: Path, details: dict[str, Any]) -> dict[str, str]:
    """The model of each role's agent; those of further evaluators by their number."""
    store = await in_thread(SQLiteStore, folder / "harness.db")
    engine, fallback = LogEngine(store), ModelRef("scripted", "fallback")
    try:
        async with harness_of(engine, details, Profile(folder / "profile"), fallback=lambda: fallback) as made:
            found: dict[str, Any] = {"agent": made.generator, "evaluator": made.evaluator, "planner": made.planner}
            found |= {str(n): each for n, each in enumerate(made.evaluators)}
            working = {role: each.parent.engine for role, each in found.items() if each is not None}
            return {role: each.config.model.identifier.partition(":")[2] for role, each in working.items()}
    finally:
        await in_thread(store.close)


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({}, {"agent": "fallback", "evaluator": "fallback"}),
        ({"agent": "gen.toml"}, {"agent": "own", "evaluator": "own"}),
        ({"agent": "gen.toml", "judge_model": "scripted:judge"}, {"agent": "own", "evaluator": "judge"}),
        ({"agent": "gen.toml", "model": "scripted:all"}, {"agent": "all", "evaluator": "all"}),
        (
            {"agent": "gen.toml", "model": "scripted:all", "models": {"evaluator": "scripted:mine"}},
            {"agent": "all", "evaluator": "mine"},
        ),
        (
            {
                "agent": "gen.toml",
                "evaluators": ["gen.toml"],
                "models": {"agent": "scripted:x", "planner": "scripted:y"},
            },
            {"agent": "x", "evaluator": "x", "planner": "y", "0": "own"},
        ),
        ({"models": {"agent": "scripted:only"}}, {"agent": "only", "evaluator": "only"}),
    ],
)
async def test_the_narrower_word_about_a_model_counts(
    tmp_path: Path, details: dict[str, Any], expected: dict[str, str]
) -> None:
    await in_thread((tmp_path / "gen.toml").write_text, AGENT)
    files = {name: str(tmp_path / details[name]) for name in ("agent",) if name in details}
    if "evaluators" in details:
        files["evaluators"] = [str(tmp_path / each) for each in details["evaluators"]]  # type: ignore[assignment]
    assert await models(tmp_path, {"workspace": str(tmp_path), **details, **files}) == expected


async def test_a_model_of_a_role_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no role 'judge'; there are agent, evaluator, planner"):
        await models(tmp_path, {"models": {"judge": "scripted:x"}})
