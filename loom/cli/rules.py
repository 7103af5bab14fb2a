"""`loom rules`: the rules and grants in force, and a rule tried on past calls."""

from __future__ import annotations

import argparse
from pathlib import Path

from loom.cli.streams import say_nothing
from loom.cli.workspace import folder_of
from loom.errors import ConfigError
from loom.safety.odd_text import escaped
from loom.safety.profile import Profile
from loom.safety.rule_trial import try_rule
from loom.safety.rules import Effect

LAST = 200


def manage(parsed: argparse.Namespace) -> int:
    """Try a rule, or print those in force."""
    return test(parsed.rule, parsed.effect) if parsed.action == "test" else show(folder_of(parsed))


def show(folder: Path) -> int:
    """Print the person's and the workspace's rules, and the grants. Raises ConfigError for files that can't be used."""
    profile = Profile.default()
    profile.load()
    if profile.problem:
        raise ConfigError(profile.problem)
    wishes = [] if profile.trusts(folder) else profile.wishes(folder)
    lines = [
        *(str(rule) for rule in profile.rules_for(folder)),
        *(f"allow {wish} (workspace, not in force: the folder is not trusted)" for wish in wishes),
        *(f"granted {grant} in {grant.workspace}" for grant in profile.grants.grants),
    ]
    for line in lines:
        print(escaped(line))
    if not lines:
        say_nothing("There are no rules and no grants, beside those of agent files")
    return 0


def test(rule: str, effect: Effect) -> int:
    """Print which of the last calls the rule would have been about. Raises ConfigError for no rule."""
    trial = try_rule(rule, effect, Profile.default().audit.entries(limit=LAST * 3)[: LAST * 3])
    print(f"{len(trial.about)} of the last {trial.tried} calls, and perhaps {len(trial.perhaps)} more:")
    for mark, entries in (("", trial.about), ("? ", trial.perhaps)):
        for entry in entries:
            print(escaped(f"{mark}{entry.record.tool} {entry.record.arguments[:160]}"))
    return 0
