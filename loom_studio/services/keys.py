"""Provider keys: entered once, kept in the system's keyring or for this start only, never in a file."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping

from loom.providers.keys import KEY_VARIABLES
from loom.threads import in_thread

log = logging.getLogger(__name__)

SERVICE = "loom-studio"
KEYRING_LIMIT_S = 15.0
"""A locked keyring asks for its password, and the person may take their time; work does not wait longer than this."""


class Keys:
    """The keys that the person entered, by the environment variable that would hold them.

    They win over the environment's own, being the later word. A system without a keyring keeps them until the end.
    """

    def __init__(self, service: str = SERVICE) -> None:
        self._service = service
        self._held: dict[str, str] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        """The process's variables and the entered keys, for whoever resolves a provider."""
        return {**os.environ, **self._held}

    def has(self, provider: str) -> bool:
        """True if a key of this provider is known."""
        return any(self.environment.get(variable) for variable in KEY_VARIABLES.get(provider, ()))

    async def load(self) -> None:
        """Read what the keyring has. Without one, or when it does not open, there is nothing to read."""
        try:
            async with asyncio.timeout(KEYRING_LIMIT_S):
                found = await in_thread(_read, self._service)
        except TimeoutError:
            log.warning("The system's keyring did not open within %g s; its keys are not used", KEYRING_LIMIT_S)
            return
        self._held = {**found, **self._held}

    def use(self, provider: str, key: str) -> None:
        """Hold a key until the end of this start."""
        self._held[KEY_VARIABLES[provider][0]] = key

    async def keep(self, provider: str, key: str) -> str:
        """Hold a key and store it in the keyring; returns why it could not be stored, or nothing."""
        self.use(provider, key)
        try:
            async with asyncio.timeout(KEYRING_LIMIT_S):
                return await in_thread(_write, self._service, KEY_VARIABLES[provider][0], key)
        except TimeoutError:
            return f"The system's keyring did not open within {KEYRING_LIMIT_S:g} seconds"


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
        return "This system has no keyring that is open to programs"
    return ""
