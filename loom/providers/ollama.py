"""Models that an Ollama server runs, over its native chat, which alone lets a request choose the window."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from loom.config.model import ModelRef
from loom.errors import InvalidRequestError, ProviderUnavailableError
from loom.providers.base import CompletionRequest, StreamPart
from loom.providers.capabilities import capabilities_of
from loom.providers.exchange import Exchange
from loom.providers.faults import Origin
from loom.providers.keys import key_in
from loom.providers.wire import ollama_chat

if TYPE_CHECKING:
    import httpx2

PORT = 11434


class OllamaProvider:
    """Streams from `/api/chat` over the shared pool; there is no SDK between.

    The server is the model's `api_base`, or OLLAMA_BASE_URL, or OLLAMA_HOST, or this machine's port 11434; a key for
    a server that wants one is in OLLAMA_API_KEY. Extensions of the model: `num_ctx` (the window in tokens), `options`
    (Ollama's), `think`, `keep_alive`; `body` and `headers` are added to what is sent.
    """

    name = "ollama"

    def __init__(self, ref: ModelRef, environment: Mapping[str, str] | None = None) -> None:
        env = os.environ if environment is None else environment
        variable = "OLLAMA_API_KEY" if ref.api_key_env is None else ref.api_key_env
        key = key_in(env, variable, self.name) if variable else ""
        if ref.api_key_env and not key:
            raise ProviderUnavailableError(
                f"{ref.identifier} needs a key: set the environment variable {variable}", provider=self.name
            )
        address = address_of(ref, env)
        fixed = {name: ref.extensions[name] for name in ("think", "keep_alive") if name in ref.extensions}
        window = capabilities_of(ref).window_tokens
        dialect = ollama_chat.dialect(window, ref.extensions.get("options", {}), fixed)
        headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
        self._exchange = Exchange(
            ref,
            Origin(self.name, ref.name, variable if key else "", address, key),
            dialect,
            lambda http: _Sender(http, address, dialect.path, ref.name),
            headers=lambda _fields, _request: headers,
        )

    def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        """One attempt."""
        return self._exchange.stream(request)

    async def aclose(self) -> None:
        """Give the shared connections back."""
        await self._exchange.aclose()


class _Sender:
    """Sends bytes to a server's chat."""

    def __init__(self, http: httpx2.AsyncClient, server: str, path: str, model: str) -> None:
        self._http = http
        self._server = server
        self._path = path
        self._model = model

    async def send(self, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        """The answer, once its head is here. Raises ProviderUnavailableError and InvalidRequestError."""
        import httpx2

        request = self._http.build_request("POST", self._server + self._path, content=body, headers=headers)
        try:
            response = await self._http.send(request, stream=True)
        except httpx2.ConnectError as error:
            if "SSL" in str(error):
                raise  # somebody answers, who is not trusted
            raise ProviderUnavailableError(
                f"No Ollama server answers at {self._server}: start it with `ollama serve` (it can be had from "
                "https://ollama.com), or set OLLAMA_HOST to where it runs",
                provider=OllamaProvider.name,
            ) from error
        if response.status_code == 404:
            said = (await response.aread()).decode("utf-8", "replace")
            await response.aclose()
            raise self._nothing_there(said)
        return response

    def _nothing_there(self, said: str) -> InvalidRequestError:
        """The error for a 404: Ollama says so of a model that it does not have, another server of the path."""
        if "model" in said:
            model = self._model
            text = f"Ollama at {self._server} has no model {model!r}: get it with `ollama pull {model}`"
        else:
            text = f"What answers at {self._server} is no Ollama server: it has no {self._path}"
        return InvalidRequestError(text, provider=OllamaProvider.name, status=404)


def address_of(ref: ModelRef, environment: Mapping[str, str]) -> str:
    """The server's address, without a path of the API.

    OLLAMA_HOST is also what a server listens on: without a scheme or a port it gets Ollama's, and an address that
    means "every network" means this machine. Raises ProviderUnavailableError for what is no address.
    """
    given = ref.api_base or environment.get("OLLAMA_BASE_URL") or environment.get("OLLAMA_HOST") or ""
    given = given.strip().rstrip("/").removesuffix("/v1").removesuffix("/api")
    if not given:
        return f"http://127.0.0.1:{PORT}"
    try:
        parts = urlsplit(given if "://" in given else f"http://{given}")
        number = parts.port
    except ValueError as error:
        text = f"{given!r} is no address of an Ollama server: {error}"
        raise ProviderUnavailableError(text, provider="ollama") from None
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(parts.hostname or "")  # noqa: S104  not bound
    host = host or (f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname)
    usual = "" if "://" in given else f":{PORT}"
    port = f":{number}" if number else usual
    return f"{parts.scheme}://{host}{port}{parts.path}"
