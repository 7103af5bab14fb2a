"""What an active skill changes in its run: programs that are asked about its calls, and what it lists."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loom.ecosystem.skill import Skill
from loom.ecosystem.skill_use import OWN_TOOLS, is_listed
from loom.runtime.engine import Engine
from loom.safety.hooks import HookDecision, HookManager
from loom.threads import in_thread

UNASKED = "the skill {name} brings a hook for calls that can't be asked here"


class SkillRuns:
    """The skills that are active in the runs of one agent. What they say only ever makes a call stricter."""

    def __init__(self, engine: Engine, workspace: Path | None) -> None:
        self._engine, self._workspace = engine, workspace
        self._unguarded: dict[str, set[str]] = {}
        engine.gate.hooks.register("PreToolUse", self._ask_beyond)

    def begin(self, skill: Skill, run_id: str) -> None:
        """Have a skill's programs asked in a run from now on."""
        self._engine.gate.hooks.use_in_run(run_id, skill.programs.programs)
        if skill.programs.is_unguarded:
            self._unguarded.setdefault(run_id, set()).add(skill.name)

    def refresh(self, ready: Sequence[tuple[str, Skill]]) -> None:
        """Forget runs that have ended; a run that goes on in another process has its skills' programs again."""
        keepers = [keeper for keeper in self._engine.keepers.values() if keeper.run_id]
        runs = {keeper.run_id for keeper in keepers}
        self._engine.gate.hooks.keep_runs(runs)
        self._unguarded = {run: names for run, names in self._unguarded.items() if run in runs}
        by_name = dict(ready)
        for keeper in keepers:
            for active in keeper.abilities.skills.values():
                if active.run_id == keeper.run_id and (skill := by_name.get(active.name)) is not None:
                    self.begin(skill, keeper.run_id)

    async def _ask_beyond(self, context: dict[str, Any]) -> tuple[HookDecision, str]:
        """Have a person asked about what an active skill of the run does not list; a list allows nothing."""
        tool, keeper = str(context["tool_name"]), self._engine.keepers.get(str(context["session_id"]))
        if keeper is None or tool in OWN_TOOLS:
            return HookDecision.NEUTRAL, ""
        for name in self._unguarded.get(str(context["run_id"]), ()):
            return HookDecision.ASK, UNASKED.format(name=name)
        for skill in list(keeper.abilities.skills.values()):
            if not skill.allowed_tools or skill.run_id != context["run_id"]:
                continue
            if not await in_thread(is_listed, skill.allowed_tools, tool, context["tool_input"], self._workspace):
                return HookDecision.ASK, beyond(skill.name, tool)
        return HookDecision.NEUTRAL, ""


def bind(hooks: HookManager, skill: Skill, workspace: Path | None) -> None:
    """Have an agent that does nothing but follow a skill keep to it in every run."""
    hooks.use_in_run("", skill.programs.programs)

    async def ask_beyond(context: dict[str, Any]) -> tuple[HookDecision, str]:
        tool = str(context["tool_name"])
        if tool in OWN_TOOLS:
            return HookDecision.NEUTRAL, ""
        if skill.programs.is_unguarded:
            return HookDecision.ASK, UNASKED.format(name=skill.name)
        listed = skill.allowed_tools
        if listed and not await in_thread(is_listed, listed, tool, context["tool_input"], workspace):
            return HookDecision.ASK, beyond(skill.name, tool)
        return HookDecision.NEUTRAL, ""

    hooks.register("PreToolUse", ask_beyond)


def beyond(name: str, tool: str) -> str:
    """Why a person is asked about a call that a skill does not list."""
    return f"the skill {name} does not list {tool} in its allowed-tools"
