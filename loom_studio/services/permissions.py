"""The person's grants, rules and audit, for panels: read and changed off the GUI thread."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from loom.threads import in_thread
from loom.types.permissions import PermissionMode
from loom_studio.services.settings import Settings
from loom_studio.services.undo import Undo
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from loom.config.permissions import PermissionRules
    from loom.safety.audit import AuditEntry
    from loom.safety.grants import Grant
    from loom.safety.profile import Profile
    from loom.safety.rule_trial import Trial

LAST_CALLS = 200
Effect = Literal["allow", "ask", "deny"]
EFFECTS: dict[Effect, str] = {"deny": marked("deny"), "ask": marked("ask"), "allow": marked("allow")}
"""What a rule can do, the strongest first, and the words for it."""


class PermissionsService(QObject):
    """One profile. `changed` says that grants were given or taken back."""

    changed = Signal()

    def __init__(self, profile: Profile, parent: QObject | None = None, undo: Undo | None = None) -> None:
        super().__init__(parent)
        self._undo = undo
        self.profile = profile

    async def grants(self) -> list[Grant]:
        """The grants in force, newest first."""
        return await in_thread(_grants, self.profile)

    async def revoke(self, grant_id: str) -> None:
        """Take a grant back. Raises ApprovalError."""
        grant = next((each for each in self.profile.grants.grants if each.id == grant_id), None)
        await in_thread(lambda: self.profile.grants.revoke(grant_id))
        self.changed.emit()
        if self._undo is not None and grant is not None:
            said = tr("The grant for {tool} was revoked.", tool=grant.tool)
            self._undo.offer(said, partial(self._give_back, grant))

    async def _give_back(self, grant: Grant) -> None:
        await in_thread(self.profile.grants.give_back, grant)
        self.changed.emit()

    async def ledger(self, search: str, limit: int) -> list[AuditEntry]:
        """The newest records that hold `search`. Raises AuditError."""
        return await in_thread(lambda: self.profile.audit.entries(search=search, limit=limit))

    async def export(self, file: Path) -> int:
        """Write every record to a file, a line of JSON each; returns how many. Raises AuditError and OSError."""
        return await in_thread(_export, self.profile, file)

    async def try_rule(self, rule: str, effect: Effect, workspace: Path) -> Trial:
        """Which of the last 200 calls a rule is about. Raises ConfigError."""
        return await in_thread(_try, self.profile, rule, effect, workspace)

    async def wishes(self, workspace: Path) -> list[str]:
        """What an untrusted workspace would relax; nothing for one that is trusted. Raises ConfigError."""
        await in_thread(self.profile.load)
        return (
            [] if await in_thread(self.profile.trusts, workspace) else await in_thread(self.profile.wishes, workspace)
        )

    async def trust(self, workspace: Path) -> None:
        """Trust a workspace as it is now."""
        await in_thread(self.profile.trust, workspace)
        self.changed.emit()

    async def rules(self) -> list[tuple[Effect, str]]:
        """The person's own rules, denials first. Raises ConfigError for a file that can't be read."""
        rules = await in_thread(self._read_rules)
        return [(effect, rule) for effect in EFFECTS for rule in getattr(rules, effect)]

    async def change_rule(self, before: tuple[Effect, str] | None, now: tuple[Effect, str] | None) -> None:
        """Put a rule in the place of another; None for none. It holds from the next run on. Raises ConfigError."""
        from loom.safety.rules_file import change_rule

        await in_thread(change_rule, self.rules_file, before, now)
        self.changed.emit()
        if self._undo is not None and before is not None and now is None:
            effect, rule = before
            said = tr("The rule {effect} {rule} was removed.", effect=tr(EFFECTS[effect]), rule=rule)
            self._undo.offer(said, partial(self.change_rule, None, before))

    @property
    def rules_file(self) -> Path:
        """Where the person's rules are."""
        return self.profile.folder / "permissions.toml"

    async def trusted(self) -> list[Path]:
        """The folders that are trusted."""
        await in_thread(self.profile.load)
        return [Path(each) for each in self.profile.trusted]

    async def distrust(self, workspace: Path) -> None:
        """Trust a folder no longer: its rules only tighten from the next run on."""
        await in_thread(self.profile.distrust, workspace)
        self.changed.emit()

    def _read_rules(self) -> PermissionRules:
        from loom.safety.profile import read_rules

        return read_rules(self.rules_file)


def first_mode(settings: Settings) -> PermissionMode:
    """The mode that a new session begins in."""
    text = settings.text("mode", PermissionMode.DEFAULT)
    return PermissionMode(text) if text in list(PermissionMode) else PermissionMode.DEFAULT


def _grants(profile: Profile) -> list[Grant]:
    profile.grants.load()
    return list(reversed(profile.grants.grants))


def _export(profile: Profile, file: Path) -> int:
    count = 0
    with file.open("w", encoding="utf-8") as opened:
        for line in profile.audit.export():
            opened.write(f"{line}\n")
            count += 1
    return count


def _try(profile: Profile, rule: str, effect: Effect, workspace: Path) -> Trial:
    from loom.safety.rule_trial import try_rule  # not needed to start

    entries = [e for e in profile.audit.entries(limit=LAST_CALLS * 3) if e.record.what in ("allowed", "refused")]
    return try_rule(rule, effect, entries[:LAST_CALLS], workspace)
