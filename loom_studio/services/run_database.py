"""Where harness runs are kept: a database that the person or the environment names, else a file of the profile."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from loom.errors import ConfigError
from loom.threads import in_thread
from loom_studio.services.keys import KEYRING_LIMIT_S, SERVICE
from loom_studio.services.settings import Settings
from loom_studio.texts import marked, tr

log = logging.getLogger(__name__)

VARIABLE = "LOOM_DATABASE_URL"
PASSWORD = "LOOM_DATABASE_PASSWORD"  # noqa: S105  the name of an entry
SETTING = "harness_database"
TOLD = marked("write one such as postgresql://user@host:5432/name, or sqlite:////path/to/file.db")


class DatabaseAddress(NamedTuple):
    """An address of a database without its password, and the password."""

    shown: str
    password: str = ""

    @property
    def url(self) -> str:
        """The whole of it."""
        if not self.password:
            return self.shown
        parts = urlsplit(self.shown)
        user, _, host = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{user}:{quote(self.password, safe='')}@{host}"))


def read_database(text: str, password: str = "") -> DatabaseAddress:
    """What a person wrote, apart from a password in it; `password` wins over that. Raises ConfigError."""
    try:
        parts = urlsplit(text.strip())
        user, within, host = parts.username, parts.password, parts.netloc.rpartition("@")[2]
    except ValueError:
        raise ConfigError(tr("This is no address of a database: {told}", told=tr(TOLD))) from None
    if parts.scheme.partition("+")[0] not in ("postgresql", "postgres", "sqlite") or not parts.path.strip("/"):
        raise ConfigError(tr("This is no address of a database that runs can be kept in: {told}", told=tr(TOLD)))
    password = password or unquote(within or "")
    if password and not user:
        raise ConfigError(tr("A password needs a user in the address: {told}", told=tr(TOLD)))
    netloc = f"{user}@{host}" if user else host
    shown = f"{parts.scheme}://{netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    return DatabaseAddress(shown, password)


class RunDatabase:
    """What the person chose; the environment's LOOM_DATABASE_URL wins. A password lies in the keyring, else nowhere."""

    def __init__(
        self, settings: Settings, service: str = SERVICE, setting: str = SETTING, entry: str = PASSWORD
    ) -> None:
        self._settings = settings
        self._service = service
        self._setting, self._entry = setting, entry
        self._password: str | None = None

    @property
    def is_from_environment(self) -> bool:
        """True if the environment names the database."""
        return bool(os.environ.get(VARIABLE))

    @property
    def shown(self) -> str:
        """The address without its password; empty for the file of the profile."""
        text = os.environ.get(VARIABLE) or self._settings.text(self._setting)
        try:
            return read_database(text).shown if text else ""
        except ConfigError:
            return tr("an address that can't be read")

    async def url(self) -> str:
        """The whole address; empty for the file of the profile."""
        if self.is_from_environment:
            return os.environ[VARIABLE]
        text = self._settings.text(self._setting)
        return DatabaseAddress(text, await self._known_password()).url if text else ""

    async def with_known_password(self, address: DatabaseAddress) -> DatabaseAddress:
        """The address with the password that is known for it, where it brings none."""
        if address.password or address.shown != self._settings.text(self._setting):
            return address
        return DatabaseAddress(address.shown, await self._known_password())

    async def keep(self, address: DatabaseAddress | None) -> str:
        """Remember an address (None: the file of the profile); returns why its password could not be, or nothing."""
        self._settings.keep(self._setting, address.shown if address is not None else "")
        self._settings.save()
        self._password = address.password if address is not None else ""
        try:
            async with asyncio.timeout(KEYRING_LIMIT_S):
                return await in_thread(_store, self._service, self._entry, self._password)
        except TimeoutError:
            return tr("The system's keyring did not open within {seconds:g} seconds", seconds=KEYRING_LIMIT_S)

    async def _known_password(self) -> str:
        if self._password is None:
            try:
                async with asyncio.timeout(KEYRING_LIMIT_S):
                    self._password = await in_thread(_load, self._service, self._entry)
            except TimeoutError:
                log.warning("The system's keyring did not open within %g s", KEYRING_LIMIT_S)
                return ""
        return self._password


def _store(service: str, entry: str, password: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        if password:
            keyring.set_password(service, entry, password)
        elif keyring.get_password(service, entry) is not None:
            keyring.delete_password(service, entry)
    except (KeyringError, OSError) as error:
        log.info("The password of the database is not in the keyring: %s", error or type(error).__name__)
        return tr("This system has no keyring that is open to programs") if password else ""
    return ""


def _load(service: str, entry: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(service, entry) or ""
    except (KeyringError, OSError):
        return ""
