"""Provider keys: in the system's keyring, in an encrypted file, or for this start only; the environment's win."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from loom.providers.keys import ADDRESS_VARIABLES, KEY_VARIABLES
from loom.threads import in_thread
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom_studio.services.key_file import KeyFile

log = logging.getLogger(__name__)

SERVICE = "loom-studio"
KEYRING_LIMIT_S = 15.0
"""A locked keyring asks for its password, and the person may take their time; work does not wait longer than this."""


class KeySource(NamedTuple):
    """Where a provider's key comes from: environment, keyring, file, start (this one only), or none (empty)."""

    kind: str = ""
    variable: str = ""

    @property
    def words(self) -> str:
        """In a sentence."""
        match self.kind:
            case "environment":
                return tr(
                    "The key is the environment's {variable}, which wins over one that is entered here.",
                    variable=self.variable,
                )
            case "keyring":
                return tr("The key is in the system's keyring.")
            case "file":
                return tr("The key is in the encrypted file.")
            case "start":
                return tr("The key is known until the Studio is closed, and kept nowhere.")
            case _:
                return tr("There is no key.")


class Keys:
    """The keys that the person entered, by the environment variable that would hold them.

    A provider whose key is in the process's environment uses that one. `file` is where the encrypted file is, if there
    is one; `addresses` are the servers that the person gave, by the variable that would name them.
    """

    def __init__(self, service: str = SERVICE, file: Path | None = None) -> None:
        self._service = service
        self._path = file
        self._file: KeyFile | None = None
        self._held: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self.addresses: dict[str, str] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        """The process's variables, and what was entered where they say nothing, for whoever resolves a provider."""
        taken = {name for names in KEY_VARIABLES.values() if any(map(os.environ.get, names)) for name in names}
        held = {name: key for name, key in self._held.items() if name not in taken}
        addresses = {name: address for name, address in self.addresses.items() if not os.environ.get(name)}
        return {**os.environ, **addresses, **held}

    def secrets(self) -> list[str]:
        """Every key that was entered: what no report may hold."""
        return list(self._held.values())

    def source(self, provider: str) -> KeySource:
        """Where the key of a provider comes from."""
        variables = KEY_VARIABLES.get(provider, ())
        for variable in variables:
            if os.environ.get(variable):
                return KeySource("environment", variable)
        return next((KeySource(self._kinds[name], name) for name in variables if name in self._held), KeySource())

    def has(self, provider: str) -> bool:
        """True if a key of this provider is known."""
        return bool(self.source(provider).kind)

    @property
    def file(self) -> KeyFile:
        """The encrypted file."""
        from loom_studio.services.key_file import KeyFile  # most systems have a keyring

        if self._file is None:
            self._file = KeyFile(self._path or Path("keys.json"))
        return self._file

    async def is_locked(self) -> bool:
        """True if there are keys in the file, and its password was not given yet."""
        return self._path is not None and await in_thread(self.file.exists) and not self.file.is_open

    async def unlock(self, password: str) -> None:
        """Open the encrypted file. Raises ConfigError."""
        self._take(await in_thread(self.file.open, password), "file")

    async def load(self) -> None:
        """Read what the keyring has. Without one, or when it does not open, there is nothing to read."""
        try:
            async with asyncio.timeout(KEYRING_LIMIT_S):
                found = await in_thread(_read, self._service)
        except TimeoutError:
            log.warning("The system's keyring did not open within %g s; its keys are not used", KEYRING_LIMIT_S)
            return
        self._take({name: key for name, key in found.items() if name not in self._held}, "keyring")

    def use(self, provider: str, key: str) -> None:
        """Hold a key until the end of this start."""
        self._take({KEY_VARIABLES[provider][0]: key}, "start")

    async def keep(self, provider: str, key: str) -> str:
        """Hold a key and store it in the keyring; returns why it could not be stored, or nothing."""
        self.use(provider, key)
        variable = KEY_VARIABLES[provider][0]
        try:
            async with asyncio.timeout(KEYRING_LIMIT_S):
                problem = await in_thread(_write, self._service, variable, key)
        except TimeoutError:
            return tr("The system's keyring did not open within {seconds:g} seconds", seconds=KEYRING_LIMIT_S)
        if not problem:
            self._kinds[variable] = "keyring"
        return problem

    async def keep_in_file(self, provider: str, key: str, password: str = "") -> None:
        """Hold a key and store it in the encrypted file; a new file, or one that is locked, needs the password.

        Raises ConfigError; then the key is held until the end of this start.
        """
        self.use(provider, key)
        if not self.file.is_open:
            if await in_thread(self.file.exists):
                self._take({**await in_thread(self.file.open, password), **self._held}, "file")
            else:
                await in_thread(self.file.begin, password)
        self._kinds[KEY_VARIABLES[provider][0]] = "file"
        await self._write_file()

    def way_back(self, provider: str) -> Callable[[], Coroutine[Any, Any, None]]:
        """What keeps the key of a provider again, where it is kept now, after `forget`."""
        variable = KEY_VARIABLES[provider][0]
        kind, key = self._kinds.get(variable, ""), self._held.get(variable, "")

        async def keep() -> None:
            if kind == "file":
                await self.keep_in_file(provider, key)
            elif kind == "keyring":
                await self.keep(provider, key)
            elif key:
                self.use(provider, key)

        return keep

    async def forget(self, provider: str) -> str:
        """Take a key out of keyring, file and memory, not out of the environment; returns why it failed, or nothing."""
        variable = KEY_VARIABLES[provider][0]
        kind = self._kinds.pop(variable, "")
        self._held.pop(variable, None)
        if kind == "file":
            await self._write_file()
        elif kind == "keyring":
            return await in_thread(_delete, self._service, variable)
        return ""

    def use_address(self, provider: str, address: str) -> None:
        """Send what goes to a provider to another server; an empty address means its own."""
        variable = ADDRESS_VARIABLES[provider]
        self.addresses.pop(variable, None)
        if address:
            self.addresses[variable] = address

    async def _write_file(self) -> None:
        kept = {name: key for name, key in self._held.items() if self._kinds.get(name) == "file"}
        await in_thread(self.file.write, kept)

    def _take(self, keys: Mapping[str, str], kind: str) -> None:
        self._held.update(keys)
        self._kinds.update(dict.fromkeys(keys, kind))


async def keyring_problem() -> str:
    """Why keys can't be kept in a keyring here, in a sentence; nothing if they can."""
    try:
        async with asyncio.timeout(KEYRING_LIMIT_S):
            return await in_thread(_problem)
    except TimeoutError:
        return tr("The system's keyring did not answer within {seconds:g} seconds", seconds=KEYRING_LIMIT_S)


def _problem() -> str:
    import keyring
    from keyring.backends.fail import Keyring as NoKeyring

    if isinstance(keyring.get_keyring(), NoKeyring):
        return tr("This system has no keyring that is open to programs")
    return ""


def _read(service: str) -> dict[str, str]:
    import keyring
    from keyring.errors import KeyringError

    found: dict[str, str] = {}
    for variables in KEY_VARIABLES.values():
        try:
            key = keyring.get_password(service, variables[0])
        except (KeyringError, OSError) as error:
            log.info("The system's keyring can't be read: %s", error)
            return found
        if key:
            found[variables[0]] = key
    return found


def _write(service: str, variable: str, key: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(service, variable, key)
    except (KeyringError, OSError) as error:
        log.warning("A key could not be stored in the system's keyring: %s", error or type(error).__name__)
        return tr("This system has no keyring that is open to programs")
    return ""


def _delete(service: str, variable: str) -> str:
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        keyring.delete_password(service, variable)
    except PasswordDeleteError:
        return ""  # it was not there
    except (KeyringError, OSError) as error:
        return tr(
            "The key could not be taken out of the system's keyring: {error}", error=error or type(error).__name__
        )
    return ""
