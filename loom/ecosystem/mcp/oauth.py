"""Signing in to a server that wants it (OAuth): in the person's browser, with the tokens in the system's keyring."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl, ValidationError

from loom.errors import ToolServerError
from loom.threads import in_thread

SERVICE = "loom-mcp"
KEYRING_LIMIT_S = 15.0
SIGN_IN_LIMIT_S = 300.0
LONGEST_REQUEST_BYTES = 16_000
PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
    b"You are signed in. You can close this page and go back to Loom.\n"
)
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"

log = logging.getLogger(__name__)


def signing_in(
    name: str, url: str, ask: Callable[[str], Awaitable[bool]], pausing: Callable[[], AbstractContextManager[None]]
) -> httpx2.Auth:
    """What signs requests to a server in once it says that it wants that; the person is asked first, with `ask`.

    `pausing` goes around the time that the person takes in the browser.
    """
    port = 49_152 + int(hashlib.sha256(url.encode()).hexdigest(), 16) % 16_000  # the same each time: it is registered
    metadata = OAuthClientMetadata(
        client_name="Loom",
        redirect_uris=[AnyUrl(f"http://127.0.0.1:{port}/callback")],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
    )
    waiting = _Callback(name, port, pausing)

    async def redirect(address: str) -> None:
        if urlsplit(address).scheme not in ("https", "http"):
            raise ToolServerError(
                f"The server {name!r} wants you to sign in at {address[:200]!r}, which is no web page"
            )
        await waiting.open()
        if not await ask(address):
            await waiting.aclose()
            raise ToolServerError(f"The server {name!r} wants you to sign in, and nobody did")

    return OAuthClientProvider(url, metadata, KeyringTokens(url), redirect, waiting.result)


class KeyringTokens:
    """The tokens of one address in the keyring; where there is none that opens, until the program ends."""

    _held: dict[str, dict[str, Any]] = {}  # noqa: RUF012  shared on purpose: what no keyring takes outlives a connection

    def __init__(self, url: str) -> None:
        self._url = url

    async def get_tokens(self) -> OAuthToken | None:
        """The tokens, if there are any."""
        return _read(OAuthToken, (await self._load()).get("tokens"))

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Keep tokens."""
        await self._keep("tokens", tokens.model_dump(mode="json", exclude_none=True))

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """What the server registered us as, if it did."""
        return _read(OAuthClientInformationFull, (await self._load()).get("client"))

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Keep what the server registered us as."""
        await self._keep("client", client_info.model_dump(mode="json", exclude_none=True))

    async def forget(self) -> None:
        """Sign out: nothing is kept any more."""
        self._held.pop(self._url, None)
        await _in_keyring(_delete, self._url)

    async def _load(self) -> dict[str, Any]:
        if self._url not in self._held:
            text = await _in_keyring(_get, self._url)
            try:
                self._held[self._url] = dict(json.loads(text)) if text else {}
            except (ValueError, TypeError):
                self._held[self._url] = {}
        return self._held[self._url]

    async def _keep(self, part: str, value: dict[str, Any]) -> None:
        held = {**await self._load(), part: value}
        self._held[self._url] = held
        await _in_keyring(_set, self._url, json.dumps(held))


class _Callback:
    """Listens on this machine for the browser to come back, while somebody signs in."""

    def __init__(self, name: str, port: int, pausing: Callable[[], AbstractContextManager[None]]) -> None:
        self._name, self._port, self._pausing = name, port, pausing
        self._server: asyncio.Server | None = None
        self._came: asyncio.Future[AuthorizationCodeResult] | None = None

    async def open(self) -> None:
        self._came = asyncio.get_running_loop().create_future()
        try:
            self._server = await asyncio.start_server(self._on_request, "127.0.0.1", self._port)
        except OSError as error:
            raise ToolServerError(
                f"Signing in to {self._name!r} needs the port {self._port} of this machine, which is taken: {error}"
            ) from None

    async def result(self) -> AuthorizationCodeResult:
        assert self._came is not None  # noqa: S101  the SDK redirects first
        try:
            with self._pausing():
                async with asyncio.timeout(SIGN_IN_LIMIT_S):
                    return await self._came
        except TimeoutError:
            raise ToolServerError(f"Nobody signed in to {self._name!r} within {SIGN_IN_LIMIT_S:g} s") from None
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()

    async def _on_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(5):
                line = (await reader.readline())[:LONGEST_REQUEST_BYTES].decode("latin-1").split(" ")
            target = urlsplit(line[1]) if len(line) > 1 else urlsplit("")
            asked = {key: values[0] for key, values in parse_qs(target.query).items()}
            is_ours = target.path == "/callback" and ("code" in asked or "error" in asked)
            writer.write(PAGE if is_ours else NOT_FOUND)
            await writer.drain()
            if is_ours and self._came is not None and not self._came.done():
                if "code" in asked:
                    self._came.set_result(_came(asked))
                else:
                    self._came.set_exception(ToolServerError(f"Signing in failed: {asked['error'][:200]}"))
        except (TimeoutError, ValueError, ConnectionError):
            log.info("A request to the port for signing in was no answer to it")
        finally:
            writer.close()


def _came(asked: dict[str, str]) -> AuthorizationCodeResult:
    return AuthorizationCodeResult(code=asked["code"], state=asked.get("state"), iss=asked.get("iss"))


def _read(kind: Any, held: Any) -> Any:
    try:
        return None if held is None else kind.model_validate(held)
    except ValidationError:
        return None


async def _in_keyring(func: Callable[..., str], *args: str) -> str:
    """What the keyring says; nothing where it does not open in time."""
    try:
        async with asyncio.timeout(KEYRING_LIMIT_S):
            return await in_thread(func, *args)
    except TimeoutError:
        log.warning("The system's keyring did not open within %g s; tokens are kept until the end", KEYRING_LIMIT_S)
        return ""


def _get(url: str) -> str:
    return _guarded(lambda keyring: keyring.get_password(SERVICE, url) or "")


def _set(url: str, text: str) -> str:
    return _guarded(lambda keyring: keyring.set_password(SERVICE, url, text) or "")


def _delete(url: str) -> str:
    return _guarded(lambda keyring: keyring.delete_password(SERVICE, url) or "")


def _guarded(use: Callable[[Any], str]) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        return use(keyring)
    except (KeyringError, OSError) as error:
        log.info("The system's keyring can't be used for a server's tokens: %s", error or type(error).__name__)
        return ""
