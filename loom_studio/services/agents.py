"""The library of agent files: samples copied in on first use, broken files kept with their error."""

from __future__ import annotations

import importlib
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from loom.errors import ConfigError
from loom.threads import in_thread
from loom_studio.resource_files import resource_path
from loom_studio.runtime_words import said_of

# The window is shown before the configuration, with all its schemas, is imported.
if TYPE_CHECKING:
    from loom.config import AgentConfig, ModelRef, TriggerConfig


class AgentEntry(NamedTuple):
    """One agent of the library: its configuration, or what is wrong with its file; `file` is None for one without."""

    name: str
    config: AgentConfig | None
    error: str = ""
    file: Path | None = None


class AgentLibrary:
    """The agents in `folder`, which gets the samples when it does not exist yet; `extra` is a file put in front.

    `entries` is empty until they are read. `brought` gives the agents of plugins, which have no file of the library.
    """

    def __init__(self, folder: Path, extra: Path | None = None) -> None:
        self.folder = folder
        self._extra = extra
        self.is_named = extra is not None
        if not folder.exists():
            folder.mkdir(parents=True)
            for sample in sorted(resource_path("agents").glob("*.toml")):
                shutil.copy(sample, folder / sample.name)
        self.brought: Callable[[ModelRef], list[AgentConfig]] | None = None
        self.entries: list[AgentEntry] = []

    def reload(self) -> None:
        """Read the files; blocks."""
        from loom.config import AgentConfig, ModelRef

        kept, extra = sorted(self.folder.glob("*.toml")), self._extra
        if extra is not None:  # which may be one of the library's, and is listed once
            kept = [extra, *(each for each in kept if each.resolve() != extra.resolve())]
        self.entries = [_entry(file) for file in kept] or [AgentEntry("Assistant", AgentConfig(ModelRef.local()))]
        model = next((each.config.model for each in self.entries if each.config is not None), None)
        if self.brought is not None and model is not None:
            self.entries += [AgentEntry(config.name, config) for config in self.brought(model)]

    async def load(self) -> None:
        """Read the files, and import what describes them, off the loop."""
        await in_thread(self._load)

    def _load(self) -> None:
        for name in ("capabilities", "resolve"):  # what shows an agent, and says whether its key is there
            importlib.import_module(f"loom.providers.{name}")
        self.reload()

    async def add_for(self, name: str, model: ModelRef) -> AgentEntry:
        """An agent of this name that works with `model`: the one that is there gets the model, or a new file is made.

        A new one is the sample programmer, who asks before changing anything. Raises ConfigError when the file can't be
        written.
        """
        await in_thread(self._write, name, model)
        await in_thread(self.reload)
        return next(entry for entry in self.entries if entry.config is not None and entry.config.name == name)

    def first(self, last: str, fallback: tuple[str, str]) -> tuple[AgentEntry, AgentConfig]:
        """The agent file that was named at the start, else the one used `last`, else the first that can be read.

        Where there is none it is an agent with the `fallback` model, given as provider and name.
        """
        from loom.config import AgentConfig, ModelRef

        usable = [(entry, entry.config) for entry in self.entries if entry.config is not None]
        if not usable:
            config = AgentConfig(ModelRef(*fallback), name="Assistant")
            return AgentEntry("Assistant", config), config
        return usable[0] if self.is_named else next((each for each in usable if each[0].name == last), usable[0])

    async def change_trigger(self, name: str, before: str, trigger: TriggerConfig | None) -> list[TriggerConfig] | None:
        """Change a trigger in the file of an agent: `trigger` in the place of the one named `before`.

        Returns the triggers that the file has then; None if the agent has no file. Raises ConfigError.
        """
        from loom.config.trigger_file import change_trigger

        file = next((each.file for each in self.entries if each.name == name and each.config is not None), None)
        if file is None:
            return None
        config = await in_thread(change_trigger, file, before, trigger)
        await in_thread(self.reload)
        return config.heartbeat.triggers if config.heartbeat is not None else []

    def _write(self, name: str, model: ModelRef) -> None:
        from loom.config import load_agent, save_agent

        file = self.folder / f"{_slug(name)}.toml"
        base = load_agent(file) if file.exists() else load_agent(resource_path("agents/3-coder.toml"))
        save_agent(file, replace(base, name=name, model=model))


def _entry(file: Path) -> AgentEntry:
    from loom.config import load_agent

    try:
        config = load_agent(file)
    except ConfigError as error:
        return AgentEntry(file.stem, None, said_of(error), file)
    return AgentEntry(config.name or file.stem, config, file=file)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "agent"


def renewed(config: AgentConfig, before: AgentConfig, now: AgentConfig) -> AgentConfig | None:
    """What a session is to go on with that has `config`, when its agent's file changed from `before` to `now`.

    A model that was chosen for the session stays. None where the session's agent is another, or did not change.
    """
    if before == now:
        return None
    if config == before:
        return now
    return replace(now, model=config.model) if replace(config, model=before.model) == before else None
