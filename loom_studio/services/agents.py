"""The library of agent files: samples copied in on first use, broken files kept with their error."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from loom.config import AgentConfig, ModelRef, load_agent
from loom.errors import ConfigError
from loom_studio.resource_files import resource_path


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """One agent of the library: its configuration, or what is wrong with its file."""

    name: str
    config: AgentConfig | None
    error: str = ""


def load_library(folder: Path, extra: Path | None = None) -> list[AgentEntry]:
    """The agents in `folder`, which gets the samples when it does not exist yet; `extra` is a file put in front."""
    if not folder.exists():
        folder.mkdir(parents=True)
        for sample in sorted(resource_path("agents").glob("*.toml")):
            shutil.copy(sample, folder / sample.name)
    files = ([extra] if extra is not None else []) + sorted(folder.glob("*.toml"))
    return [_entry(file) for file in files] or [AgentEntry("Assistant", AgentConfig(ModelRef.local()))]


def _entry(file: Path) -> AgentEntry:
    try:
        config = load_agent(file)
    except ConfigError as error:
        return AgentEntry(file.stem, None, str(error))
    return AgentEntry(config.name or file.stem, config)
