"""Provider keys in an encrypted file, for systems that have no keyring: one password opens it, once a start."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

from loom.errors import ConfigError
from loom.files import write_private
from loom_studio.runtime_words import said_of
from loom_studio.texts import tr

SCRYPT = {"n": 2**15, "r": 8, "p": 1}
"""About 32 MB and a tenth of a second for each try (RFC 7914)."""
SALT_BYTES = 16
LEAST_PASSWORD = 8


class KeyFile:
    """Keys by variable, encrypted with Fernet (AES-128-CBC and HMAC-SHA256) under a key that scrypt makes.

    Everything here blocks. The password itself is not kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._salt = b""
        self._secret = b""

    def exists(self) -> bool:
        """True if there is a file to open."""
        return self.path.exists()

    @property
    def is_open(self) -> bool:
        """True once the password was given."""
        return bool(self._secret)

    def begin(self, password: str) -> None:
        """Take a password for a new file. Raises ConfigError for one that is too short."""
        if len(password) < LEAST_PASSWORD:
            raise ConfigError(tr("The password needs at least {count} characters", count=LEAST_PASSWORD))
        salt = os.urandom(SALT_BYTES)
        self._secret, self._salt = _secret(password, salt), salt

    def open(self, password: str) -> dict[str, str]:
        """The keys. Raises ConfigError for a wrong password, and a file that can't be read."""
        from cryptography.fernet import Fernet, InvalidToken

        try:
            held: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
            salt = base64.b64decode(held["salt"])
            secret = _secret(password, salt)
            keys = json.loads(Fernet(secret).decrypt(held["keys"].encode()))
        except InvalidToken:
            raise ConfigError(tr("That is not the password of the file with the keys")) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                tr("The file with the keys, {file}, can't be read: {error}", file=self.path, error=said_of(error))
            ) from None
        self._secret, self._salt = secret, salt
        return {str(name): str(key) for name, key in keys.items()}

    def write(self, keys: dict[str, str]) -> None:
        """Put keys in the place of what the file has; it must be open. Raises ConfigError."""
        from cryptography.fernet import Fernet

        token = Fernet(self._secret).encrypt(json.dumps(keys).encode()).decode()
        held = {"made_with": "scrypt, Fernet", "salt": base64.b64encode(self._salt).decode(), "keys": token}
        try:
            write_private(self.path, json.dumps(held, indent=1))
        except OSError as error:
            raise ConfigError(
                tr("The file with the keys, {file}, can't be written: {error}", file=self.path, error=said_of(error))
            ) from None


def _secret(password: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return base64.urlsafe_b64encode(Scrypt(salt=salt, length=32, **SCRYPT).derive(password.encode()))
