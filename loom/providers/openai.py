"""OpenAI, and every server that speaks its chat completions; Responses where the real endpoint is meant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from loom.config.model import ModelRef
from loom.errors import ProviderError
from loom.providers.base import CompletionRequest, StreamPart
from loom.providers.capabilities import capabilities_of
from loom.providers.clients import LoopClients
from loom.providers.exchange import Exchange, Sender
from loom.providers.faults import Origin
from loom.providers.keys import is_own
from loom.providers.sending import SdkSender
from loom.providers.wire import openai_chat, openai_responses
from loom.providers.wire.dialect import Dialect

if TYPE_CHECKING:
    import httpx2

COUNT_PATH = f"{openai_responses.PATH}/input_tokens"


class OpenAIProvider:
    """Streams answers through the official SDK's client, below its typed transform.

    The SDK keeps authentication and headers; the body is joined from messages that were serialised once. `name` is
    who it is in sentences and in the history, for servers of others that speak the same format.

    Extensions of the model: `api` ("chat" or "responses") chooses the format, `send_reasoning` (true) sends a model
    its own reasoning back over chat completions. Of the model and of the request: `body` and `headers` are added to
    what is sent.
    """

    def __init__(
        self, ref: ModelRef, api_key: str, key_source: str, base_url: str | None = None, *, name: str = "openai"
    ) -> None:
        self.name = name
        self.ref = ref
        self._api_key = api_key
        self._base_url = base_url or ref.api_base
        self._dialect = self._choose_dialect()
        origin = Origin(name, ref.name, key_source, self._base_url or "", api_key)
        self._exchange = Exchange(
            ref,
            origin,
            self._dialect,
            lambda http: self._make_sender(http, self._dialect.path),
            refused=self._known_refusals(),
        )
        self._counting: LoopClients[Sender] = LoopClients(lambda http: self._make_sender(http, COUNT_PATH))

    def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        """One attempt. A server that refuses an optional field, such as the temperature, is asked again without it."""
        return self._exchange.stream(request)

    async def count_tokens(self, request: CompletionRequest) -> int:
        """What the model would read of `request`, in tokens. Raises ProviderError; chat completions have no count."""
        if self._dialect.path != openai_responses.PATH:
            raise ProviderError(f"{self.ref.identifier} is asked over chat completions, which count nothing beforehand")
        return await self._exchange.count(request, self._counting, frozenset({"model"}))

    async def aclose(self) -> None:
        """Give the shared connections back."""
        await self._counting.aclose()
        await self._exchange.aclose()

    @property
    def _is_openai(self) -> bool:
        return self._base_url is None or "://api.openai.com" in self._base_url

    def _known_refusals(self) -> set[str]:
        known = capabilities_of(self.ref)
        has_none = not known.thinking and (known.known or self._is_openai)
        return {*(() if self._is_openai else ("max_completion_tokens",)), *(("include",) if has_none else ())}

    def _choose_dialect(self) -> Dialect:
        api = self.ref.extensions.get("api", "responses" if self._is_openai else "chat")
        if api == "responses":
            return openai_responses.dialect()
        return openai_chat.dialect(self.name if self.ref.extensions.get("send_reasoning") else "")

    def _make_sender(self, http: httpx2.AsyncClient, path: str) -> SdkSender:
        import openai

        client: Any = openai.AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._base_url,
            organization=self.ref.organization,
            http_client=http,
            max_retries=0,
            timeout=http.timeout,
        )
        if self.name != "openai" or not is_own(self.name, self.ref.api_base):
            # What the SDK takes from OPENAI_ORG_ID and the like is no other server's business.
            client.organization, client.project = self.ref.organization, None
            client._custom_headers = {}  # noqa: SLF001  no public way leaves them out
        return SdkSender(http, client, openai.AsyncStream[Any], path)
