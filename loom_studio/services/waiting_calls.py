"""What a rule would have covered, that a person is about to store with their answer to a call that waits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from loom.errors import AuditError, ConfigError
from loom.threads import in_thread
from loom_studio.runtime_words import said_of
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from loom.safety.profile import Profile
    from loom.types.approvals import ApprovalRequest

LAST_CALLS = 400
"""How many records of the audit a rule is tried on: each call that ran has two."""
NONE = marked("In this workspace, for this tool as it is now. Of the last {tried} calls it would have allowed none.")
SOME = marked(
    "In this workspace, for this tool as it is now. Of the last {tried} calls it would have allowed {count}: {calls}."
)
MANY = marked(
    "In this workspace, for this tool as it is now. Of the last {tried} calls it would have allowed {count}: "
    "{calls} and {more} more."
)


async def tried_rule(request: ApprovalRequest, rule: str, profile: Profile | None, workspace: Path) -> tuple[str, bool]:
    """What a rule that allows would have covered of the last calls, in a sentence, and whether it can be stored."""
    from loom.config.permissions import parse_rule
    from loom.safety.rules import covers, shown_path

    if not rule.strip():
        return tr("Exactly this tool with exactly these arguments, in this workspace."), True
    try:
        pattern = parse_rule(rule, allows=True)
    except ConfigError as error:
        return said_of(error), False
    path = await in_thread(shown_path, request.arguments, workspace)
    if not covers(pattern, request.tool, request.arguments, path):
        return tr("This rule does not cover the call that waits."), False
    if profile is None:
        return tr("It is allowed in this workspace."), True
    return await in_thread(_covered, rule, profile, workspace), True


def _covered(rule: str, profile: Profile, workspace: Path) -> str:
    """How many of the last calls a rule would have allowed; blocks."""
    from loom.safety.rule_trial import try_rule

    try:
        trial = try_rule(rule, "allow", profile.audit.entries(limit=LAST_CALLS), workspace)
    except AuditError as error:
        return tr("What it would have covered can't be told: {why}", why=error)
    others = sorted({f"{e.record.tool} {e.record.arguments[:80]}" for e in trial.about})
    told = {"tried": trial.tried, "count": len(trial.about), "calls": "; ".join(others[:3]), "more": len(others) - 3}
    if not others:
        return tr(NONE, **told)
    return tr(SOME if len(others) <= 3 else MANY, **told)
