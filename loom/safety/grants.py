"""Standing grants: what a person allowed for a session or from now on; listed, revocable, never wider than shown.

Several processes may use one file: what one of them stores, the others have when they `load` again, and what one takes
back holds nowhere from then on.
"""

from __future__ import annotations

import json
import platform
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from typing_extensions import override

from loom.config.permissions import parse_rule
from loom.errors import ApprovalError, ConfigError
from loom.file_lock import FileLock
from loom.files import write_private
from loom.safety.rules import covers, shown_path

LOCK_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant: for a tool with this schema, in this workspace, for exact arguments or what `rule` covers.

    `session_id` empty means every session. Times are seconds since 1970; `expires_at` None means until it is revoked.
    """

    id: str
    tool: str
    schema_hash: str
    workspace: str
    rule: str
    arguments_hash: str
    created_at: float
    expires_at: float | None = None
    session_id: str = ""
    by: str = "person"

    @override
    def __str__(self) -> str:
        """What it covers, for people."""
        return self.rule or f"{self.tool} with exactly the arguments {self.arguments_hash[:8]}"


class GrantBook:
    """The grants of one person. Those for a session live in memory; the others in a file, which is written whole.

    A file that can't be read counts as no grants, and `problem` says so; it is never overwritten then.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._grants: list[Grant] = []
        self._lock = threading.Lock()
        self.problem = ""
        self._seen: tuple[int, ...] | None = None  # the file when it was read; None before that

    @property
    def grants(self) -> list[Grant]:
        """Those that still hold, oldest first."""
        if not self._grants:
            return []
        now = time.time()
        return [grant for grant in self._grants if grant.expires_at is None or grant.expires_at > now]

    def find(
        self,
        tool: str,
        schema_hash: str,
        workspace: Path | None,
        arguments: dict[str, Any],
        arguments_hash: str,
        session_id: str,
        path: str | None = None,
    ) -> Grant | None:
        """The grant that covers a call, or None. Tool, schema and workspace must be those that it was given for.

        `path` is what `loom.safety.rules.shown_path` says of the call.
        """
        if not self._grants:
            return None
        place = str(workspace or "")
        for grant in self.grants:
            if (grant.tool, grant.schema_hash, grant.workspace) != (tool, schema_hash, place):
                continue
            if grant.session_id and grant.session_id != session_id:
                continue
            if grant.rule:
                if covers(parse_rule(grant.rule, allows=True), tool, arguments, path):
                    return grant
            elif grant.arguments_hash == arguments_hash:
                return grant
        return None

    def add(
        self,
        *,
        tool: str,
        schema_hash: str,
        workspace: Path | None,
        arguments: dict[str, Any],
        arguments_hash: str,
        rule: str = "",
        session_id: str = "",
        expires_in_s: float | None = None,
        by: str = "person",
    ) -> Grant:
        """Store a grant; may block, for the file.

        Raises ApprovalError for a rule that does not cover the call itself, and when it can't be stored.
        """
        if rule:
            try:
                pattern = parse_rule(rule, allows=True)
            except ConfigError as error:
                raise ApprovalError(str(error)) from None
            if pattern.tool != tool or not covers(pattern, tool, arguments, shown_path(arguments, workspace)):
                raise ApprovalError(f"The rule {rule!r} does not cover the call that it was given for")
        now = time.time()
        grant = Grant(
            uuid4().hex,
            tool,
            schema_hash,
            str(workspace or ""),
            rule,
            "" if rule else arguments_hash,
            now,
            None if expires_in_s is None else now + expires_in_s,
            session_id,
            by,
        )
        with self._changing(is_kept=not session_id):
            if not session_id:
                self._store([*self._grants, grant])
            self._grants = [*self._grants, grant]
        return grant

    def revoke(self, grant_id: str) -> None:
        """Take a grant back: it holds for nothing that has not started. Raises ApprovalError if there is none such."""
        try:
            with self._changing():
                kept = [grant for grant in self._grants if grant.id != grant_id]
                if len(kept) == len(self._grants):
                    raise ApprovalError("This grant is not there any more: it was revoked or has expired")
                self._store(kept)
        finally:
            # In force at once, whatever the disk says.
            self._grants = [grant for grant in self._grants if grant.id != grant_id]

    def give_back(self, grant: Grant) -> None:
        """Put a grant that was revoked in force again, as it was: one with an end still ends then."""
        with self._changing():
            if all(each.id != grant.id for each in self._grants):
                kept = [*self._grants, grant]
                self._store(kept)
                self._grants = kept

    def holds(self, grant: Grant) -> bool:
        """Whether a grant that was found still holds, wherever it may have been taken back; blocks for the file."""
        if not grant.session_id:
            self.load()
        return grant in self.grants

    def load(self) -> None:
        """Read the file, unless it is as it was then; blocks. Until then no lasting grant holds."""
        with self._lock:
            self._read_again()

    @property
    def place(self) -> str:
        """What tells the file of these grants from that of any other profile or machine; empty for none. Blocks."""
        if self._file is None:
            return ""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = self._file.parent.resolve()
            return f"{platform.node()} {folder.stat().st_ino} {folder / self._file.name}"
        except OSError:
            return ""

    @contextmanager
    def _changing(self, *, is_kept: bool = True) -> Generator[None]:
        """Have the grants as they are on the disk; where the change `is_kept` there, as the only process."""
        with self._lock:
            if self._file is None or not is_kept:
                self._read_again()
                yield
                return
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                lock = FileLock(self._file.with_name(f".{self._file.name}.lock"), LOCK_TIMEOUT_S)
            except OSError as error:
                raise ApprovalError(f"The grants in {self._file} can't be changed: {error.strerror or error}") from None
            try:
                with lock.held():
                    self._read_again()
                    yield
            except TimeoutError as error:
                raise ApprovalError(f"The grants in {self._file} can't be changed: {error}") from None
            finally:
                lock.close()

    def _read_again(self) -> None:
        if self._file is None or (now := _stamp(self._file)) == self._seen:
            return
        self._seen, self.problem = now, ""
        found = self._read(self._file)
        self._grants = [*(each for each in self._grants if each.session_id), *found]

    def _read(self, file: Path) -> list[Grant]:
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            self.problem = f"The grants in {file} can't be read ({error}); nothing is granted"
            return []
        try:
            return [Grant(**each) for each in json.loads(text)["grants"]]
        except (ValueError, TypeError, KeyError) as error:
            self.problem = f"The grants in {file} are damaged ({error}); nothing is granted, and the file is kept"
            return []

    def _store(self, grants: list[Grant]) -> None:
        if self._file is None:
            return
        if self.problem:
            raise ApprovalError(f"The grants can't be stored. {self.problem}. Mend or move the file first")
        lasting = [asdict(grant) for grant in grants if not grant.session_id]
        try:
            write_private(self._file, json.dumps({"version": 1, "grants": lasting}, indent=1))
        except OSError as error:
            raise ApprovalError(f"The grants can't be stored in {self._file}: {error.strerror or error}") from None
        self._seen = _stamp(self._file)


def _stamp(file: Path) -> tuple[int, ...]:
    """What changes whenever the file is written anew; empty for none that can be looked at."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
