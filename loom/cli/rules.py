"""`loom rules`: the rules and grants in force, and a rule tried on past calls."""

from __future__ import annotations

import argparse
from pathlib import Path

from loom.errors import ConfigError
from loom.safety.profile import Profile
from loom.safety.rule_trial import try_rule
from loom.safety.rules import Effect

LAST = 200


def manage(parsed: argparse.Namespace) -> int:
    """Try a rule, or print those in force."""
    return test(parsed.rule, parsed.effect) if parsed.action == "test" else show(parsed.workspace)


def show(workspace: str) -> int:
    """Print the person's and the workspace's rules, and the grants. Raises ConfigError for files that can't be used."""
    profile = Profile.default()
    profile.load()
    if profile.problem:
        raise ConfigError(profile.problem)
    folder = Path(workspace).resolve()
    for rule in profile.rules_for(folder):
        print(rule)
    for wish in [] if profile.trusts(folder) else profile.wishes(folder):
        print(f"allow {wish} (workspace, not in force: the folder is not trusted)")
    for grant in profile.grants.grants:
        print(f"granted {grant} in {grant.workspace}")
    return 0


def test(rule: str, effect: Effect) -> int:
    """Print which of the last calls the rule would have been about. Raises ConfigError for no rule."""
    trial = try_rule(rule, effect, Profile.default().audit.entries(limit=LAST * 3)[: LAST * 3])
    print(f"{len(trial.about)} of the last {trial.tried} calls, and perhaps {len(trial.perhaps)} more:")
    for mark, entries in (("", trial.about), ("? ", trial.perhaps)):
        for entry in entries:
            print(f"{mark}{entry.record.tool} {entry.record.arguments[:160]}")
    return 0
