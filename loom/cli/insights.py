"""`loom insights`: how reliable an agent's tools are, and what that suggests; accepted, dismissed and undone here."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from loom.cli.streams import say_nothing
from loom.config.agent import AgentConfig
from loom.config.loading import load_agent
from loom.errors import ConfigError
from loom.evolution.insights import Insights
from loom.evolution.proposals import ACCEPTED, Proposal
from loom.evolution.reliability import Reliability
from loom.safety.odd_text import escaped
from loom.safety.profile import Profile

ID_CHARS = 8


def manage(options: argparse.Namespace) -> int:
    """Do what the options say; returns the exit code. Raises LoomError."""
    insights = Insights(Profile.default().folder)
    config = load_agent(options.agent) if options.agent else None
    match options.action:
        case "tools":
            rows = insights.reliability(_name(config))
            for row in rows:
                _print_row(row, as_json=options.json)
            if not rows:
                say_nothing("No tool was called yet")
        case "accept":
            if config is None:
                raise ConfigError("Give the file that is to be changed: loom insights accept ID --agent FILE")
            accepted = insights.accept(options.id, Path(options.agent))
            print(f"Written into {accepted.file}. loom insights undo {accepted.id[:ID_CHARS]} takes it out again.")
        case "dismiss":
            print(f"Dismissed: {escaped(insights.dismiss(options.id).title)}")
        case "undo":
            print(f"Undone: {escaped(insights.undo(options.id).title)}")
        case _:
            _list(insights, config, as_json=options.json)
    return 0


def _list(insights: Insights, config: AgentConfig | None, *, as_json: bool) -> None:
    agents = [_name(config)] if config is not None else insights.agents()
    proposals = [proposal for agent in agents for proposal in insights.look(agent, config)]
    for proposal in proposals:
        _print_proposal(insights, proposal, as_json=as_json)
    if not proposals:
        say_nothing("Nothing suggests a change yet; loom insights tools shows what was counted")


def _print_proposal(insights: Insights, proposal: Proposal, *, as_json: bool) -> None:
    evidence = insights.evidence(proposal)
    effect = insights.effect(proposal)
    if as_json:
        fields = {"id": proposal.id, "agent": proposal.agent, "state": proposal.state, "title": proposal.title}
        fields |= {"why": proposal.why, "change": proposal.change.told, "effect": effect.told if effect else ""}
        print(json.dumps({**fields, "evidence": [asdict(each) for each in evidence]}, ensure_ascii=False))
        return
    print(f"{proposal.id[:ID_CHARS]}  {proposal.agent}  {proposal.state}: {escaped(proposal.title)}")
    print(f"    {escaped(proposal.why)}. {escaped(proposal.change.told)}")
    if effect is not None:
        print(f"    {effect.told}")
    if proposal.state != ACCEPTED:
        for each in evidence[-3:]:
            print(f"    - {escaped(each.told)} (session {each.session_id[:ID_CHARS]})")


def _print_row(row: Reliability, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**asdict(row), "rate": row.rate}, ensure_ascii=False))
        return
    for each in (row, *row.shapes):
        rate = "never ran" if each.rate is None else f"{each.rate:.0%} of {each.ok + each.failed}"
        refused = f", {each.refused} refused" if each.refused else ""
        what = f"    {escaped(each.shape)}" if each.shape else escaped(each.tool)
        print(f"{what}: {rate}{refused}{f', {each.median_ms:.0f} ms' if each.ok else ''}")


def _name(config: AgentConfig | None) -> str:
    return (config.name or config.model.identifier) if config is not None else ""
