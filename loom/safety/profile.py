"""A person's profile: their own rules, standing grants, the folders they trust, and the audit, in one folder.

`permissions.toml` there holds `allow`, `ask` and `deny`; a workspace may have one too, in `.loom`, which can only
tighten until the folder is trusted with exactly that content.
"""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path
from types import EllipsisType
from typing import TYPE_CHECKING, Any

from loom.data_place import data_folder, located
from loom.errors import ConfigError
from loom.files import write_private

# A profile is named at the start of a program and read much later: what reads it is imported then.
if TYPE_CHECKING:
    from loom.config.permissions import PermissionRules
    from loom.safety.audit import AuditLog
    from loom.safety.consents import ConsentBook
    from loom.safety.grants import GrantBook
    from loom.safety.rules import SourcedRule

RULES_FILE = "permissions.toml"
WORKSPACE_RULES = Path(".loom") / RULES_FILE


class Profile:
    """What is kept in `folder`, read by `load`.

    `home` is where the person's own skills are; None for nowhere. With `is_safe` agents run nothing of plugins, hooks
    and tool servers, and ask about what a hook would have judged. `problem` says which file is broken; then no tool
    runs until it is mended.
    """

    def __init__(self, folder: Path, home: Path | EllipsisType | None = ..., is_safe: bool = False) -> None:
        self.folder = folder
        self.home = Path.home() if home is ... else home
        self.is_safe = is_safe
        self.problem = ""
        self._rules: PermissionRules | None = None
        self._trusted: dict[str, str] = {}

    @property
    def rules(self) -> PermissionRules:
        """The person's own rules; none before `load`."""
        from loom.config.permissions import PermissionRules

        return self._rules or PermissionRules()

    @cached_property
    def grants(self) -> GrantBook:
        """The standing grants, in a file of their own."""
        from loom.safety.grants import GrantBook

        return GrantBook(self.folder / "grants.json")

    @cached_property
    def audit(self) -> AuditLog:
        """The audit, in a database of its own."""
        from loom.safety.audit import AuditLog

        return AuditLog(self.folder / "audit.db")

    @cached_property
    def consents(self) -> ConsentBook:
        """What the person agreed to of skills, plugins and projects, each with exactly its content."""
        from loom.safety.consents import ConsentBook

        return ConsentBook(self.folder / "consents.json")

    def load(self) -> None:
        """Read the files as they are now; blocks. Runs do that when they begin."""
        self.grants.load()
        self._trusted = _read_trust(self.folder / "trust.json")
        try:
            self._rules, self.problem = read_rules(self.folder / RULES_FILE), ""
        except ConfigError as error:
            self._rules, self.problem = None, str(error)

    @classmethod
    def default(cls) -> Profile:
        """The profile in LOOM_HOME, or in the platform's user data folder, or where that was moved to; blocks."""
        return cls(located(cls.default_home()))

    @staticmethod
    def default_home() -> Path:
        """Where the profile is looked for first."""
        return Path(os.environ.get("LOOM_HOME") or data_folder("loom"))

    def rules_for(self, workspace: Path | None) -> tuple[SourcedRule, ...]:
        """The person's rules and the workspace's, without those that an untrusted workspace would relax; blocks.

        Raises ConfigError for a workspace file that can't be read as rules.
        """
        from loom.safety.rules import sourced

        own = sourced(self.rules, "your rules")
        if workspace is None:
            return own
        found = sourced(read_rules(workspace / WORKSPACE_RULES), "workspace")
        if self.trusts(workspace):
            return (*own, *found)
        return (*own, *(rule for rule in found if rule.effect != "allow"))

    def wishes(self, workspace: Path) -> list[str]:
        """What the workspace's file would relax if the folder were trusted; blocks. Raises ConfigError."""
        return read_rules(workspace / WORKSPACE_RULES).allow

    @property
    def trusted(self) -> list[str]:
        """The folders that were trusted, though perhaps with another content than they have now; none before `load`."""
        return sorted(self._trusted)

    def trusts(self, workspace: Path) -> bool:
        """True if the person trusted this folder with the content that its file has now; blocks."""
        return self._trusted.get(str(workspace)) == _content_hash(workspace / WORKSPACE_RULES)

    def trust(self, workspace: Path) -> None:
        """Trust a folder as it is now; it lapses when its file changes. Blocks."""
        self._trusted[str(workspace)] = _content_hash(workspace / WORKSPACE_RULES)
        self._write_trust()

    def distrust(self, workspace: Path) -> None:
        """Take the trust back. Blocks."""
        if self._trusted.pop(str(workspace), None) is not None:
            self._write_trust()

    def _write_trust(self) -> None:
        import json

        write_private(self.folder / "trust.json", json.dumps({"trusted": self._trusted}, indent=1))


def read_rules(file: Path) -> PermissionRules:
    """The rules that a file holds; none if there is no file. Raises ConfigError naming the file, and line or field."""
    import tomllib

    from loom.config.permissions import PermissionRules

    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return PermissionRules()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The rules in {file} can't be read: {error}") from None
    try:
        return _rules(tomllib.loads(text), text)
    except (tomllib.TOMLDecodeError, ConfigError) as error:
        raise ConfigError(f"The rules in {file} can't be used, so no tool runs: {error}") from None


def _rules(data: dict[str, Any], text: str) -> PermissionRules:
    from loom.config.permissions import PermissionRules

    for name in data:
        if name not in ("allow", "ask", "deny"):
            raise ConfigError(f"line {_line_of(name, text)}: {name!r} is not one of allow, ask, deny")
    try:
        return PermissionRules(**data)
    except ConfigError as error:
        said = str(error)
        line = next((n for n, each in enumerate(text.splitlines(), 1) if any(q in said for q in _quoted(each))), 0)
        raise ConfigError(f"line {line}: {said}" if line else said) from None


def _line_of(part: str, text: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if part in line), 0)


def _quoted(line: str) -> list[str]:
    return [part for part in re.findall(r"[\"']([^\"']+)[\"']", line) if part.strip()]


def _read_trust(file: Path) -> dict[str, str]:
    """The trusted folders; none where the file is missing or damaged, which trusts less."""
    import json

    try:
        return {str(folder): str(held) for folder, held in json.loads(file.read_text("utf-8"))["trusted"].items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return {}


def _content_hash(file: Path) -> str:
    import hashlib

    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return "none"
