"""Claude models, over Anthropic's Messages API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from loom.config.model import ModelRef
from loom.providers.base import CompletionRequest, StreamPart
from loom.providers.capabilities import capabilities_of
from loom.providers.clients import LoopClients
from loom.providers.exchange import Exchange, Sender, plain_headers
from loom.providers.faults import Origin
from loom.providers.keys import is_own
from loom.providers.sending import SdkSender
from loom.providers.wire import anthropic_messages
from loom.providers.wire.anthropic_messages import EDIT_BETAS

if TYPE_CHECKING:
    import httpx2


COUNT_PATH = "/v1/messages/count_tokens"
COUNTED = frozenset({"model", "thinking", "context_management"})
"""The fields, besides what is said, that matter for the count."""
OLD_VERSION = "2023-06-01"
"""The version of the API that still takes a temperature; the SDK asks for a later one."""


class AnthropicProvider:
    """Streams messages through the official SDK's client, below its typed transform. Thinking goes back verbatim.

    Extensions of the model, and of the request: `thinking` (such as `{"type": "adaptive"}`), `effort` ("low" to
    "max"), `betas` (a list of names); `body` and `headers` are added to what is sent.
    """

    name = "anthropic"

    def __init__(self, ref: ModelRef, api_key: str, key_source: str, base_url: str | None = None) -> None:
        self.ref = ref
        self._api_key = api_key
        self._base_url = base_url or ref.api_base
        self._dialect = anthropic_messages.dialect(capabilities_of(ref).max_output_tokens, ref.extensions)
        origin = Origin(self.name, ref.name, key_source, self._base_url or "", api_key)
        self._exchange = Exchange(
            ref, origin, self._dialect, lambda http: self._make_sender(http, self._dialect.path), headers=self._headers
        )
        self._counting: LoopClients[Sender] = LoopClients(lambda http: self._make_sender(http, COUNT_PATH))

    def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        """One attempt. A server that refuses an optional field, such as the temperature, is asked again without it."""
        return self._exchange.stream(request)

    async def count_tokens(self, request: CompletionRequest) -> int:
        """What the model would read of `request`, in tokens. Raises ProviderError."""
        return await self._exchange.count(request, self._counting, COUNTED)

    async def aclose(self) -> None:
        """Give the shared connections back."""
        await self._counting.aclose()
        await self._exchange.aclose()

    def _headers(self, fields: dict[str, Any], request: CompletionRequest) -> dict[str, str]:
        headers = plain_headers(fields, request)
        betas: list[str] = list({**self.ref.extensions, **request.extensions}.get("betas", []))
        betas += [EDIT_BETAS[edit["type"]] for edit in fields.get("context_management", {}).get("edits", [])]
        if betas:
            headers["anthropic-beta"] = ",".join(betas)
        if "temperature" in fields:
            headers["anthropic-version"] = OLD_VERSION
        return headers

    def _make_sender(self, http: httpx2.AsyncClient, path: str) -> SdkSender:
        import anthropic

        client: Any = anthropic.AsyncAnthropic(
            api_key=self._api_key,
            base_url=self._base_url,
            http_client=http,
            max_retries=0,
            timeout=http.timeout,
            open_telemetry=False,
        )
        if not is_own(self.name, self.ref.api_base):
            client._custom_headers = {}  # noqa: SLF001  those of ANTHROPIC_CUSTOM_HEADERS, no other server's business
        return SdkSender(http, client, anthropic.AsyncStream[Any], path)
