"""Which models do the work that an agent file names none for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loom.threads import in_thread
from loom_studio.services.settings import Settings
from loom_studio.texts import marked

# Nothing of the configuration is imported for the first paint.
if TYPE_CHECKING:
    from loom.config import AgentConfig

ROLES = {
    "chat": marked("New agents, and where no agent can be read"),
    "summaries": marked("Summaries when a context fills"),
    "titles": marked("Titles of sessions"),
    "evaluator": marked("Judging sprints, where a harness run names no evaluator"),
}
LOCAL = ("local", "smollm2-135m")


class ModelDefaults:
    """Kept among the settings. What an agent file says itself always wins."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def model(self, role: str) -> str:
        """The model of a role as PROVIDER:NAME; empty for the agent's own."""
        return self._settings.text(f"model_{role}")

    async def choose(self, role: str, identifier: str) -> None:
        """Choose the model of a role; empty for the agent's own. Raises ConfigError for what is no model."""
        from loom.providers.resolve import parse_model

        if identifier:
            await in_thread(parse_model, identifier)
        self._settings.keep(f"model_{role}", identifier)

    def chat_model(self) -> tuple[str, str]:
        """Provider and name of the model for new agents."""
        provider, colon, name = self.model("chat").partition(":")
        return (provider, name) if colon else LOCAL

    def applied(self, config: AgentConfig) -> AgentConfig:
        """An agent with the models of the roles that its file leaves open."""
        from loom.config import ContextConfig, ModelRef

        def chosen(role: str) -> ModelRef:
            provider, _, name = self.model(role).partition(":")
            return ModelRef(provider, name)

        context = config.context or ContextConfig()
        policy = context.compression
        if self.model("summaries") and policy.summary_model is None:
            policy = replace(policy, summary_model=chosen("summaries"))
        title = context.title_model
        if self.model("titles") and title is None:
            title = chosen("titles")
        if policy == context.compression and title == context.title_model:
            return config
        return replace(config, context=replace(context, compression=policy, title_model=title))
