"""What all sessions and runs of one agent share: its configuration, its model, its gate."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from loom.config.agent import AgentConfig
from loom.config.context import CompressionPolicy
from loom.config.model import ModelRef
from loom.config.runtime import RuntimeConfig
from loom.config.tools import ToolSpec
from loom.context.prompt import system_prompt
from loom.knowledge.base import KnowledgeBase
from loom.providers.base import Provider, ToolSchema
from loom.providers.capabilities import ModelCapabilities, capabilities_of
from loom.providers.keys import OWN_HOSTS
from loom.providers.prices import Price, price_of, read_prices
from loom.providers.resolve import address_of, load_provider, resolve_provider
from loom.providers.retry import RetryPolicy
from loom.runtime.consumers import EventConsumer, Handler, Handlers
from loom.runtime.standing import Standing, ToolServers
from loom.runtime.tool_search import offer_search
from loom.safety.permissions import Permissions
from loom.threads import in_thread
from loom.tools.gate import ToolGate
from loom.tools.offering import offered

if TYPE_CHECKING:
    from loom.heartbeat.heartbeat import Heartbeat
    from loom.memory.files.remembered import Remembered
    from loom.runtime.keeper import ContextKeeper

AFTER_CUT = "after_cut"
"""In a tool's extensions: the model is offered it once something was cut from its context."""

ANSWERS = "answers"
"""In a tool's extensions: the model is offered it where its answer is wanted by it, and nowhere else."""

WANTED_ANSWERS: ContextVar[tuple[str, ...]] = ContextVar("WANTED_ANSWERS", default=())
"""The tools by which an answer is wanted from runs that are begun here."""

log = logging.getLogger(__name__)


def _nothing() -> str:
    return ""


@dataclass
class Engine:
    """The shared parts of one agent. The provider is resolved when the first run needs it.

    `keepers` are the contexts of its sessions, by their ids, for the tools that read and write them; `remembered` is
    what the agent remembers beyond them, None without the capability. `before_run` is awaited when a run begins.
    `memory_text` and `skill_text` give what stands in these parts of every request; `expand` gives what a person's
    prompt stands for, which may begin with `/`, in the session of an id.
    """

    config: AgentConfig
    gate: ToolGate
    workspace: Path | None = None
    given_provider: Provider | None = None
    environment: Mapping[str, str] | None = None
    read_permissions: Callable[[], Permissions] | None = None
    prices_file: Path | None = None
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    heartbeat: Heartbeat | None = None
    servers: ToolServers | None = None
    knowledge: KnowledgeBase = field(default_factory=lambda: KnowledgeBase(()))
    before_run: list[Callable[[], Awaitable[None]]] = field(default_factory=list[Callable[[], Awaitable[None]]])
    memory_text: Callable[[], str] = _nothing
    skill_text: Callable[[], str] = _nothing
    expand: Callable[[str, str], str] | None = None
    remembered: Remembered | None = None
    consumers: list[EventConsumer] = field(default_factory=list["EventConsumer"])
    _handlers: Handlers | None = None
    _resolved: Provider | None = None
    _summarizer: Provider | None = None
    _others: dict[str, Provider] = field(default_factory=dict[str, Provider])
    keepers: WeakValueDictionary[str, ContextKeeper] = field(default_factory=WeakValueDictionary[str, "ContextKeeper"])
    _schemas: dict[tuple[bool, tuple[str, ...], tuple[str, ...]], tuple[ToolSchema, ...]] = field(
        default_factory=dict[tuple[bool, tuple[str, ...], tuple[str, ...]], tuple[ToolSchema, ...]]
    )
    _schemas_of: tuple[ToolSpec, ...] = ()
    _own_prices: dict[str, Price] = field(default_factory=dict[str, Price])
    _prices: dict[str, Price | None] = field(default_factory=dict[str, "Price | None"])
    _system: str | None = None

    @cached_property
    def runtime(self) -> RuntimeConfig:
        """Limits and features, with their defaults where none are configured."""
        return self.config.runtime or RuntimeConfig()

    @cached_property
    def capabilities(self) -> ModelCapabilities:
        """What the model can do and how large its window is."""
        return capabilities_of(self.config.model)

    @property
    def window_tokens(self) -> int:
        """How many tokens a request may have: the configured limit, or the model's window."""
        return self.runtime.limits.max_context_tokens or self.capabilities.window_tokens

    @property
    def tools(self) -> dict[str, ToolSpec]:
        """The tools by name."""
        return self.gate.tools

    @property
    def system(self) -> str:
        """The stable prefix of every request."""
        if self._system is None:
            told = self.servers.instructions() if self.servers is not None else ""
            self._system = "\n\n".join(filter(None, (system_prompt(self.config.instructions, self.workspace), told)))
        return self._system

    def tool_schemas(self, *, after_cut: bool, found: tuple[str, ...] = ()) -> tuple[ToolSchema, ...]:
        """The tools as the model is told of them; always the same ones for the same arguments and tools.

        Without `after_cut` those are left out that read what was cut. Where there are many, only those are told that
        are always offered, and after them the ones that the model `found`; tools that give an answer are told where it
        is wanted by them.
        """
        now = tuple(self.gate.tools.values())
        if now != self._schemas_of:
            self._schemas_of = now
            self._schemas.clear()
        wanted = WANTED_ANSWERS.get()
        key = (after_cut, found, wanted)
        known = self._schemas.get(key)
        if known is None:
            known = self._schemas[key] = tuple(
                ToolSchema(tool.name, tool.description, tool.to_input_schema())
                for tool in (
                    *offered(tuple(each for each in now if not each.extensions.get(ANSWERS)), found),
                    *(each for each in now if each.name in wanted and each.extensions.get(ANSWERS)),
                )
                if after_cut or not tool.extensions.get(AFTER_CUT)
            )
        return known

    def tools_changed(self) -> None:
        """Tell the model of the tools as they are now, from its next request on."""
        self._schemas.clear()

    def standing(self) -> list[Standing]:
        """The tool servers that are not as they should be."""
        return self.servers.standing() if self.servers is not None else []

    def provider(self) -> Provider:
        """The model's provider. Raises ProviderUnavailableError when it is not set up."""
        if self.given_provider is not None:
            return self.given_provider
        if self._resolved is None:
            self._resolved = resolve_provider(self.config.model, self.environment)
        return self._resolved

    def provider_of(self, ref: ModelRef) -> Provider:
        """The provider of another model. Raises ProviderUnavailableError when it is not set up."""
        key = repr(ref)
        if key not in self._others:
            self._others[key] = resolve_provider(ref, self.environment)
        return self._others[key]

    def summarizer(self, policy: CompressionPolicy) -> tuple[ModelRef, Provider] | None:
        """The model that writes summaries; None where the agent wants none. Raises ProviderUnavailableError.

        By itself it is the agent's own, if it is one that a provider's service has: a small one takes longer than it
        gains, and of a name that nobody knows it is not known either.
        """
        if policy.summaries == "lines":
            return None
        if policy.summary_model is not None:
            if self._summarizer is None:
                self._summarizer = resolve_provider(policy.summary_model, self.environment)
            return policy.summary_model, self._summarizer
        own = self.provider()
        if policy.summaries == "auto" and not (own.name in OWN_HOSTS and self.capabilities.known):
            return None
        return self.config.model, own

    def on(self, event_name: str, handler: Handler) -> None:
        """Call `handler` with each event of this name, from every run: `tool_result`, or a type of the catalogue."""
        if self._handlers is None:
            self._handlers = Handlers()
            self.consumers.append(self._handlers)
        self._handlers.on(event_name, handler)

    def off(self, event_name: str, handler: Handler) -> None:
        """Call `handler` no longer."""
        if self._handlers is not None:
            self._handlers.off(event_name, handler)

    def emit(self, event_name: str, *args: Any, **kwargs: Any) -> int:
        """Call the handlers of a name, as if that had happened; returns how many took it."""
        return self._handlers.emit(event_name, *args, **kwargs) if self._handlers is not None else 0

    async def price(self, ref: ModelRef) -> Price | None:
        """What a model's tokens cost, so far as somebody says it; published prices are read in a thread, once."""
        if ref.identifier not in self._prices:
            address = address_of(ref, self.environment)
            self._prices[ref.identifier] = await in_thread(price_of, ref, self._own_prices, address)
        return self._prices[ref.identifier]

    async def prepare(self) -> None:
        """Begin to watch; read what may have changed since the last run: rules, prices, and what is remembered.

        What surrounds the agent is looked at anew, and where its tools are many it gets the one that finds them.
        Raises ConfigError for a table of prices that can't be read.
        """
        if self.heartbeat is not None:
            self.heartbeat.start()
        if self.given_provider is None and self._resolved is None:
            await load_provider(self.config.model)
        if self.read_permissions is not None:
            self.gate.permissions = await in_thread(self.read_permissions)
        if self.remembered is not None:
            await in_thread(self.remembered.refresh)
        if self.prices_file is not None and self._own_prices != (
            told := await in_thread(read_prices, self.prices_file)
        ):
            self._own_prices, self._prices = told, {}
        if self.servers is not None:
            await self.servers.prepare()
            self._system = None
        for refresh in self.before_run:
            await refresh()
        offer_search(self)

    async def aclose(self) -> None:
        """End the watches, and release what the agent's own provider holds; one that was given stays open."""
        if self.heartbeat is not None:
            await self.heartbeat.aclose()
        if self.servers is not None:
            await self.servers.aclose()
        await self.knowledge.aclose()
        if self.remembered is not None:
            await self.remembered.search.aclose()
        for consumer in self.consumers:
            await consumer.aclose()
        own = [provider for provider in (self._resolved, self._summarizer) if provider is not None]
        made = [*own, *self._others.values()]
        self._resolved = self._summarizer = None
        self._others = {}
        for provider in made:
            await provider.aclose()
