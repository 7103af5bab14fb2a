"""Which models do the work that an agent file names none for, and what models cost by the person's own table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from loom_studio.services.settings import Settings

# Nothing of the configuration is imported for the first paint.
if TYPE_CHECKING:
    from loom.config import AgentConfig, ModelRef

ROLES = {
    "chat": "New agents, and where no agent can be read",
    "summaries": "Summaries when a context fills",
    "titles": "Titles of sessions",
    "evaluator": "Judging sprints, where a harness run names no evaluator",
}
PRICES = ("input", "output", "cache_read", "cache_write")
LOCAL = ("local", "smollm2-135m")


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens of a model cost, in US dollars; None where it is not known."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None


class ModelDefaults:
    """Kept among the settings. What an agent file says itself always wins."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def model(self, role: str) -> str:
        """The model of a role as PROVIDER:NAME; empty for the agent's own."""
        return self._settings.text(f"model_{role}")

    def choose(self, role: str, identifier: str) -> None:
        """Choose the model of a role; empty for the agent's own. Raises ConfigError for what is no model."""
        from loom.providers.resolve import parse_model

        if identifier:
            parse_model(identifier)
        self._settings.keep(f"model_{role}", identifier)

    def chat_model(self) -> tuple[str, str]:
        """Provider and name of the model for new agents."""
        provider, colon, name = self.model("chat").partition(":")
        return (provider, name) if colon else LOCAL

    def prices(self) -> dict[str, Price]:
        """The person's prices, by PROVIDER:NAME; what can't be read of them is left out."""
        try:
            held: Any = json.loads(self._settings.text("prices", "{}"))
            pairs = cast("dict[str, Any]", held).items()
            return {str(name): Price(**cast("Mapping[str, Any]", each)) for name, each in pairs}
        except (ValueError, TypeError, AttributeError):
            return {}

    def keep_prices(self, prices: Mapping[str, Price]) -> None:
        """Replace the price table."""
        table = {name: {each: getattr(price, each) for each in PRICES} for name, price in prices.items()}
        self._settings.keep("prices", json.dumps(table))

    def priced(self, ref: ModelRef) -> ModelRef:
        """A model with the person's price, unless its file says one."""
        price = self.prices().get(ref.identifier)
        if price is None or "price" in ref.extensions:
            return ref
        told = {each: getattr(price, each) for each in PRICES if getattr(price, each) is not None}
        return replace(ref, extensions={**ref.extensions, "price": told})

    def applied(self, config: AgentConfig) -> AgentConfig:
        """An agent with prices, and with the models of the roles that its file leaves open."""
        from loom.config import ContextConfig
        from loom.providers.resolve import parse_model

        config = replace(config, model=self.priced(config.model))
        context = config.context or ContextConfig()
        policy = context.compression
        if self.model("summaries") and policy.summary_model is None:
            policy = replace(policy, summary_model=self.priced(parse_model(self.model("summaries"))))
        title = context.title_model
        if self.model("titles") and title is None:
            title = self.priced(parse_model(self.model("titles")))
        if policy == context.compression and title == context.title_model:
            return config
        return replace(config, context=replace(context, compression=policy, title_model=title))
