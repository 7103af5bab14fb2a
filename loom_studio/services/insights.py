"""How reliable agents' tools are and what that suggests, for a page: read and decided off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loom.errors import ConfigError
from loom.threads import in_thread
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom.evolution.insights import Insights
    from loom.evolution.ledger import Cleared
    from loom.evolution.observations import Observation
    from loom.evolution.proposals import Proposal
    from loom.evolution.reliability import Reliability


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal with the calls that it rests on, and what came of it once it was accepted."""

    proposal: Proposal
    evidence: list[Observation]
    effect: str


@dataclass(frozen=True, slots=True)
class AgentInsights:
    """What is known of one agent."""

    tools: list[Reliability]
    proposals: list[ProposalView]


class InsightsService:
    """The insights of a profile. Every call raises LoomError."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile

    async def agents(self) -> list[str]:
        """The agents that anything is known of."""
        return await in_thread(lambda: self._insights().agents())

    async def look(self, agent: str, file: Path | None) -> AgentInsights:
        """What the calls of an agent show and suggest; `file` is the agent's, if it has one."""
        return await in_thread(self._look, agent, file)

    async def accept(self, identity: str, file: Path | None) -> str:
        """Write a proposal into the agent's file; returns a sentence. Raises ConfigError where there is no file."""
        if file is None:
            raise ConfigError(tr("There is no file of this agent in the library any more, so nothing can be changed"))
        accepted = await in_thread(lambda: self._insights().accept(identity, file))
        if not accepted.made:
            return tr("Written into {file}. It holds for sessions that begin from now on.", file=file.name)
        return tr(
            "Written into {file} and {made} made. It holds for sessions that begin from now on.",
            file=file.name,
            made=Path(accepted.made).name,
        )

    async def dismiss(self, identity: str) -> str:
        """Say no to a proposal; returns a sentence."""
        await in_thread(lambda: self._insights().dismiss(identity))
        return tr("Dismissed: it is not proposed again.")

    async def undo(self, identity: str) -> str:
        """Take what was accepted out of the file, or a no back; returns a sentence."""
        undone = await in_thread(lambda: self._insights().undo(identity))
        if not undone.file:
            return tr("It is open again.")
        return tr("Taken out of {file}.", file=Path(undone.file).name)

    async def clear(self) -> Cleared:
        """Forget every observation; returns what `restore` brings back."""
        return await in_thread(self._clear)

    async def restore(self, cleared: Cleared) -> None:
        """Have again what was forgotten."""
        await in_thread(lambda: self._insights().ledger.restore(cleared))

    def _insights(self) -> Insights:
        from loom.evolution.insights import Insights

        return Insights(self._profile)

    def _clear(self) -> Cleared:
        return self._insights().ledger.clear()

    def _look(self, agent: str, file: Path | None) -> AgentInsights:
        from loom.config.loading import load_agent

        insights = self._insights()
        config = None
        if file is not None:
            try:
                config = load_agent(file)
            except ConfigError:  # a broken file is told where agents are
                config = None
        proposals = [
            ProposalView(each, insights.evidence(each), effect.told if (effect := insights.effect(each)) else "")
            for each in insights.look(agent, config)
        ]
        return AgentInsights(insights.reliability(agent), proposals)
