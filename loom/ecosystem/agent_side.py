"""What an agent has of its surroundings: the project's instructions, skills, and what the person's plugins bring.

It is read anew when a run begins, in a thread. What a person has not agreed to is not read to a model, and not run.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from loom.config.ecosystem import EcosystemConfig
from loom.config.tools import ToolSpec
from loom.ecosystem.content import content_of, digest_of_text
from loom.ecosystem.instructions import ProjectInstructions, find_instructions, find_nested, nested_folders
from loom.ecosystem.plugin_parts import Command, InstalledPlugin, installed_plugins
from loom.ecosystem.safe_mode import absent_hooks
from loom.ecosystem.skill import FORK
from loom.ecosystem.skill_folders import FoundSkill, SkillCatalogue, find_skills
from loom.ecosystem.skill_forks import Fork, SkillForks
from loom.ecosystem.skill_runs import SkillRuns
from loom.ecosystem.skill_use import (
    ACTIVATE_SKILL,
    READ_SKILL_FILE,
    activation_of,
    catalogue_text,
    filled_in,
)
from loom.ecosystem.touched import TouchedFiles
from loom.errors import SkillError, ToolExecutionError
from loom.runtime.engine import Engine
from loom.runtime.skill_model import wanted_of
from loom.safety.hooks import HookDecision
from loom.safety.paths import WorkspacePaths
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.tools.gate import RESULT_LIMIT_CHARS
from loom.tools.offering import ALWAYS
from loom.types.runs import RunContext

PIECE_CHARS = 20_000
LONGEST_FORK_S = 86_400.0
"""How long a skill may take that is followed in a context of its own; the run's limits hold before."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was found at one time: skills, instructions, plugins, and sentences for the person."""

    skills: SkillCatalogue = field(default_factory=SkillCatalogue)
    instructions: ProjectInstructions | None = None
    plugins: tuple[InstalledPlugin, ...] = ()
    notices: tuple[str, ...] = ()
    nested: tuple[ProjectInstructions, ...] = ()
    """Instructions in folders of the workspace, outermost first."""

    def command(self, name: str) -> Command | None:
        """The command of a plugin that is called `plugin:command`."""
        return next((each for plugin in self.plugins for each in plugin.commands if each.name == name), None)


def look_around(
    profile: Profile, workspace: Path | None, config: EcosystemConfig, *, everywhere: bool = False
) -> Surroundings:
    """What is there now for an agent in a workspace; blocks.

    `everywhere` looks for instructions in all its folders, of which an agent is told when it works there.
    """
    consents = profile.consents
    consents.load()
    plugins = installed_plugins(profile) if config.plugins and not profile.is_safe else ()
    skills = SkillCatalogue()
    if config.skills:
        extra = [Path(each).expanduser() for each in config.skill_paths]
        brought = [(plugin.name, folder) for plugin in plugins for folder in plugin.skill_folders]
        skills = find_skills(workspace, profile.home, consents, extra, brought)
    instructions, problems = None, list[str]()
    if config.instructions and workspace is not None:
        instructions, problems = find_instructions(workspace, consents)
    nested: list[ProjectInstructions] = []
    if config.instructions and workspace is not None and everywhere:
        nested, more = find_nested(workspace, nested_folders(workspace), consents)
        problems += more
    own = [instructions] if instructions is not None else []
    notices = [*_waiting(skills, *own), *problems, *(n for plugin in plugins for n in plugin.problems)]
    notices += instructions.warnings if instructions is not None and instructions.state == "ready" else ()
    return Surroundings(skills, instructions, plugins, tuple(notices), tuple(nested))


class Ecosystem:
    """The surroundings of one agent, wired into its engine. `now` is what was found when the last run began."""

    def __init__(
        self, engine: Engine, profile: Profile, workspace: Path | None, config: EcosystemConfig, fork: Fork
    ) -> None:
        self._engine, self._profile, self._workspace, self._config = engine, profile, workspace, config
        self._runs = SkillRuns(engine, workspace)
        self._forks = SkillForks(engine, profile, workspace, fork)
        self._called: set[tuple[str, str]] = set()
        self.now = Surroundings()
        self._more_folders: list[Path] = []
        self._told: set[tuple[str, str]] = set()
        self._skill_text = ""
        self._touched = TouchedFiles(workspace)
        engine.before_run.append(self.refresh)
        engine.memory_text = self._memory
        engine.skill_text = lambda: self._skill_text
        engine.expand = self.expand
        engine.gate.hooks.register("PostToolUse", self._note_touched)

    async def refresh(self) -> None:
        """Look again, and give the agent what is there now."""
        self.now = await in_thread(self._look)
        self._offer_skills()
        self._runs.refresh([(each.name, each.skill) for each in self.now.skills.ready])
        brought = [hook for plugin in self.now.plugins for hook in plugin.hooks]
        if self._profile.is_safe and self._config.plugins:
            brought = await in_thread(absent_hooks, self._profile)
        self._engine.gate.hooks.use_brought(brought)

    def _offer_skills(self) -> None:
        """Tell the model of the skills that are about what it works on; a person may call for any."""
        ready = self.now.skills.ready
        fitting = [each for each in ready if self._touched.fit(each.skill.paths or ())]
        self._skill_text = catalogue_text(fitting)
        self._offer_tools(ready, fitting)

    async def _note_touched(self, context: dict[str, Any]) -> HookDecision:
        """Take in which file a tool was about: nearer instructions, and skills for such files, are told from now on."""
        is_about_one = isinstance(context["tool_input"].get("path"), str) and not context.get("is_error")
        if not is_about_one or not await in_thread(self._touched.take, context["tool_input"]):
            return HookDecision.NEUTRAL
        self.now = await in_thread(self._with_nested, self.now)
        self._tell_notices(str(context["session_id"]))
        self._offer_skills()
        return HookDecision.NEUTRAL

    def _with_nested(self, now: Surroundings) -> Surroundings:
        """What is there, with the instructions nearest to what was touched; blocks."""
        nested, problems = self._touched.instructions(self._profile.consents) if self._config.instructions else ([], [])
        notices = [*_waiting(SkillCatalogue(), *nested), *problems, *(w for each in nested for w in each.warnings)]
        return replace(now, nested=tuple(nested), notices=tuple(dict.fromkeys((*now.notices, *notices))))

    def _tell_notices(self, session_id: str) -> None:
        """Say in the run, once in a session, what the person has to know."""
        keeper = self._engine.keepers.get(session_id)
        if keeper is None:
            return
        for notice in self.now.notices:
            if (told := (session_id, digest_of_text(notice))) not in self._told:
                self._told.add(told)
                keeper.emit("ecosystem.notice", {"text": notice})

    def add_skill_folders(self, folders: Sequence[Path]) -> None:
        """Look for skills in these folders too, from the next run on."""
        self._more_folders += [folder for folder in folders if folder not in self._more_folders]

    def expand(self, prompt: str, session_id: str) -> str:
        """What a prompt stands for: a skill that it names becomes active, a plugin's command becomes its text.

        Says in the run, once in a session, what the person has to know of their surroundings.
        """
        self._tell_notices(session_id)
        if not prompt.startswith("/"):
            return prompt
        name, *rest = prompt[1:].split(None, 1) or [""]
        arguments = rest[0].strip() if rest else ""
        command = self.now.command(name)
        if command is not None:
            root = {"CLAUDE_PLUGIN_ROOT": str(command.root)}
            return f'{prompt}\n\n<command name="{name}">\n{filled_in(command.text, arguments, root)}\n</command>'
        found = self.now.skills.get(name)
        if found is None or not found.skill.user_invocable:
            return prompt
        if found.skill.context == FORK:
            self._called.add((session_id, name))
            self._offer_skills()
            given = f" and the arguments {arguments}" if arguments else ""
            return (
                f"{prompt}\n\nCall {ACTIVATE_SKILL} with the name {name}{given}: an agent of its own follows the skill."
            )
        self._activate(found, session_id, "person", arguments)
        return f"{prompt}\n\nFollow the instructions of the skill {name}, which stand in <active_skills>."

    def _look(self) -> Surroundings:
        paths = [*self._config.skill_paths, *(str(folder) for folder in self._more_folders)]
        return self._with_nested(look_around(self._profile, self._workspace, replace(self._config, skill_paths=paths)))

    def _memory(self) -> str:
        own = [self.now.instructions] if self.now.instructions is not None else []
        return "\n".join(filter(None, (each.prompt() for each in (*own, *self.now.nested))))

    def _activate(self, found: FoundSkill, session_id: str, by: str, arguments: str = "") -> str:
        """Make a skill active in the run that works; what the model is given, empty if it has just that."""
        keeper = self._engine.keepers[session_id]
        skill = activation_of(found, arguments, session_id, keeper.run_id)
        for problem in wanted_of(self._engine, skill, self._engine.config.model)[1]:
            keeper.emit("ecosystem.notice", {"text": problem})
        self._runs.begin(found.skill, keeper.run_id)
        return skill.content if keeper.activate(skill, by, arguments) else ""

    def _offer_tools(self, ready: Sequence[FoundSkill], fitting: Sequence[FoundSkill]) -> None:
        tools = self._engine.gate.tools
        called = {name for _, name in self._called}
        offered = [each.name for each in fitting if each.skill.is_offered]
        offered += [each.name for each in ready if each.name in called and each.name not in offered]
        if not ready:
            tools.pop(ACTIVATE_SKILL, None)
            tools.pop(READ_SKILL_FILE, None)
            return
        has_forks = any(each.skill.context == FORK for each in ready)
        for spec in (self._activate_tool(offered, has_forks=has_forks), self._read_tool()):
            known = tools.get(spec.name)
            is_same = known is not None and known.timeout_s == spec.timeout_s
            if known is None or not is_same or known.to_input_schema() != spec.to_input_schema():
                tools[spec.name] = spec

    async def _forked(self, found: FoundSkill, session_id: str, arguments: str) -> str:
        """What an agent of its own said that followed a skill."""
        keeper = self._engine.keepers[session_id]
        active = activation_of(found, arguments, session_id, keeper.run_id)
        return await self._forks.follow(
            found.skill, active, lambda text: keeper.emit("ecosystem.notice", {"text": text})
        )

    def _activate_tool(self, names: Sequence[str], *, has_forks: bool) -> ToolSpec:
        async def activate_skill(name: str, context: RunContext, arguments: str = "") -> str:
            """Get the instructions of a skill, which stay with you for the whole conversation.

            Some skills are followed by an agent of their own: then you get its answer.

            Args:
                name: the skill
                context: the run
                arguments: what the skill is to work on, where its instructions have a place for it
            """
            found = self.now.skills.get(name)
            if found is None or not (found.skill.is_offered or (context.session_id, name) in self._called):
                raise ToolExecutionError(f"There is no skill {name!r}; {_listed(names)}", tool=ACTIVATE_SKILL)
            found = await in_thread(_with_files, found)
            if context.session_id not in self._engine.keepers:
                raise ToolExecutionError("This session has ended, and its context with it", tool=ACTIVATE_SKILL)
            if found.skill.context == FORK:
                return await self._forked(found, context.session_id, arguments)
            content = self._activate(found, context.session_id, "model", arguments)
            if not content:
                return f"The skill {name} is active already; its instructions are in your context."
            return content if len(content) < RESULT_LIMIT_CHARS else f"The skill {name} is active."

        limit_s = LONGEST_FORK_S if has_forks else None
        spec = ToolSpec.from_function(activate_skill, read_only=True, timeout_s=limit_s, extensions={ALWAYS: True})
        if not names:
            return spec
        schema = dict(spec.to_input_schema())
        properties: dict[str, Any] = dict(schema["properties"])
        properties["name"] = {**properties["name"], "enum": list(names)}
        return replace(spec, input_schema={**schema, "properties": properties})

    def _read_tool(self) -> ToolSpec:
        def read_skill_file(skill: str, path: str, context: RunContext, start: int = 0) -> str:
            """Read a text file of a skill's folder, in pieces of 20,000 characters.

            Args:
                skill: the skill
                path: the file, relative to the skill's folder
                context: the run
                start: the character to begin at
            """
            del context
            found = self.now.skills.get(skill)
            if found is None:
                raise ToolExecutionError(f"There is no skill {skill!r}", tool=READ_SKILL_FILE)
            return read_resource(found, path, start)

        return ToolSpec.from_function(read_skill_file, read_only=True, concurrency_safe=True, extensions={ALWAYS: True})


def read_resource(found: FoundSkill, path: str, start: int = 0) -> str:
    """A piece of a file in a skill's folder; blocks.

    Raises ToolPermissionError for a path that leads out of it, ToolExecutionError for no text, and for a file that is
    not the one that the person agreed to.
    """
    paths = WorkspacePaths(found.root)
    file = paths.existing_file(path)
    with os.fdopen(paths.open_file(file), "rb") as opened:
        data = opened.read(2 * 2**20 + 1)
    if len(data) > 2 * 2**20:
        raise ToolExecutionError(f"{path!r} is larger than 2 MiB", tool=READ_SKILL_FILE)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ToolExecutionError(f"{path!r} is no UTF-8 text ({len(data):,} bytes)", tool=READ_SKILL_FILE) from None
    agreed = found.content.files if found.scope != "user" and found.content is not None else None
    if agreed is not None and agreed.get(paths.shown(file)) != digest_of_text(text):
        raise ToolExecutionError(
            f"{path!r} is not what it was when the person agreed to the skill {found.name}; it is not read until "
            "they agree again",
            tool=READ_SKILL_FILE,
        )
    piece = text[max(0, start) : max(0, start) + PIECE_CHARS]
    end = max(0, start) + len(piece)
    return piece if end >= len(text) else f"{piece}\n[{len(text) - end:,} characters follow: start={end}]"


def _with_files(found: FoundSkill) -> FoundSkill:
    """The skill with the list of its files, which for a person's own is only read when it becomes active."""
    if found.content is not None:
        return found
    try:
        return replace(found, content=content_of(found.root))
    except SkillError:
        return found


def _listed(names: Sequence[str]) -> str:
    return f"the skills are: {', '.join(names[:40]) or 'none'}"


def _waiting(skills: SkillCatalogue, *instructions: ProjectInstructions) -> list[str]:
    """What waits for the person's trust, in sentences."""
    notices: list[str] = []
    for each in instructions:
        if each.state != "ready":
            why = "changed since you trusted it" if each.state == "changed" else "is not trusted yet"
            notices.append(
                f"{each.name} of this project {why}, so the agent is not told of it. "
                "Read and trust it in Settings, Skills, or with: loom skills trust"
            )
    if waiting := skills.waiting:
        names = ", ".join(each.name for each in waiting[:5]) + (" …" if len(waiting) > 5 else "")
        notices.append(
            f"{len(waiting)} skill{'s' if len(waiting) > 1 else ''} of this project ({names}) "
            "wait for your trust. Read and trust them in Settings, Skills, or with: loom skills trust"
        )
    return notices
