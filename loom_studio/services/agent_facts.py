"""What is known of the models and tools that an agent can be given, in words."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from loom.config.agent import CAPABILITIES, AgentConfig
from loom.config.model import ModelRef
from loom.errors import ConfigError
from loom.providers.capabilities import KNOWN_MODELS, capabilities_of
from loom.tools.builtin import workspace_tools
from loom_studio.runtime_words import said_of
from loom_studio.texts import marked, tr

CAPABILITY_WORDS = {
    "files": marked("Files: read and list the workspace's files"),
    "search": marked("Search: search in the workspace's files"),
    "edit": marked("Edit: write, change and delete the workspace's files"),
    "shell": marked("Shell: run commands, in a sandbox where there is one"),
    "web": marked("Web: fetch pages from the web"),
    "memory": marked("Memory: memory"),
}


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """A built-in tool: what it is for, and what it may do, in marks that are words."""

    name: str
    capability: str
    about: str
    is_read_only: bool
    is_destructive: bool
    needs_permission: bool

    @property
    def risk(self) -> str:
        """What it may do, in a few words."""
        other = tr("read-only") if self.is_read_only else tr("changes things")
        nature = tr("destructive") if self.is_destructive else other
        asking = tr("needs permission") if self.needs_permission else tr("runs without a question")
        return tr("{nature}, {asking}", nature=nature, asking=asking)


@cache
def known_tools() -> tuple[ToolFacts, ...]:
    """The built-in tools, by capability; blocks."""
    found: list[ToolFacts] = []
    with tempfile.TemporaryDirectory() as folder:  # they are made for a folder, and only looked at
        for capability in CAPABILITIES:
            for spec in workspace_tools(Path(folder), [capability], "off"):
                about = " ".join(spec.description.split())
                found.append(
                    ToolFacts(
                        spec.name,
                        capability,
                        about.split(". ")[0].rstrip("."),
                        spec.read_only and not spec.destructive,
                        spec.destructive,
                        spec.requires_permission,
                    )
                )
    return tuple(found)


def known_models() -> list[ModelRef]:
    """The models worth offering."""
    return [ModelRef(provider, name) for provider, names in KNOWN_MODELS.items() for name in names]


def model_words(ref: ModelRef, price: str) -> str:
    """Window, output limit and abilities of a model, as far as they are known, and its price in words."""
    facts = capabilities_of(ref)
    if not facts.known:
        return tr(
            "Not in our table: taken to have {tokens:,} tokens · {price}", tokens=facts.window_tokens, price=price
        )
    abilities = ((tr("tools"), facts.tools), (tr("pictures"), facts.images), (tr("thinking"), facts.thinking))
    able = tr(", ").join(word for word, has in abilities if has)
    window = tr("{tokens:,} tokens, {output:,} out", tokens=facts.window_tokens, output=facts.max_output_tokens)
    return " · ".join([window, able or tr("text only"), price])


def price_words(ref: ModelRef, file: Path) -> str:
    """What a million tokens cost, by the agent file, the person's table in `file`, or what is published; blocks.

    Unknown is said, never 0.
    """
    from loom.providers.prices import price_of, read_prices

    try:
        price = price_of(ref, read_prices(file), ref.api_base)
    except ConfigError as error:
        return tr("price unknown: {error}", error=said_of(error))
    if price is None:
        return tr("price unknown")
    if price.input_usd_per_mtok == price.output_usd_per_mtok == 0:
        return tr("free")
    return tr(
        "${input:g} in, ${output:g} out for a million tokens",
        input=price.input_usd_per_mtok,
        output=price.output_usd_per_mtok,
    )


def risk_words(config: AgentConfig) -> str:
    """What an agent could do at most, going by its capabilities and by what it denies itself."""
    access = config.policy.tools.access if config.policy is not None else None
    denied = set(config.policy.permissions.deny if config.policy is not None else ()) | set(
        access.deny if access else ()
    )
    tools = [each for each in known_tools() if each.capability in config.capabilities and each.name not in denied]
    if access is not None and access.read_only_only:
        tools = [each for each in tools if each.is_read_only]
    if not tools:
        return tr("has no built-in tools")
    if any(each.is_destructive for each in tools):
        return tr("can run commands")
    if any(each.capability == "edit" for each in tools):
        return tr("can change files")
    return tr("reads only") if all(each.is_read_only for each in tools) else tr("reads, also from the web")
