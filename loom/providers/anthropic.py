"""Claude models, over Anthropic's Messages API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from loom.config.model import ModelRef
from loom.providers.base import CompletionRequest
from loom.providers.capabilities import capabilities_of
from loom.providers.openai import OpenAIProvider
from loom.providers.wire import anthropic_messages
from loom.providers.wire.dialect import Decoder, Dialect

if TYPE_CHECKING:
    import anthropic
    import httpx2


OLD_VERSION = "2023-06-01"
"""The version of the API that still takes a temperature; the SDK asks for a later one."""


class AnthropicProvider(OpenAIProvider):
    """Streams messages through the official SDK's client, below its typed transform.

    It reads answers as the OpenAI provider does, in another wire format and with another SDK. Thinking goes back
    verbatim, with its signature.

    Extensions of the model, and of the request: `thinking` (such as `{"type": "adaptive"}`), `effort` ("low" to
    "max"), `betas` (a list of names); `body` and `headers` are added to what is sent.
    """

    name = "anthropic"

    def __init__(self, ref: ModelRef, api_key: str, key_source: str, base_url: str | None = None) -> None:
        super().__init__(ref, api_key, key_source, base_url)
        self._refused = set()

    @override
    def _choose_dialect(self) -> Dialect:
        return anthropic_messages.dialect(capabilities_of(self.ref).max_output_tokens, self.ref.extensions)

    @override
    def _events(self, decoder: Decoder, chunk: bytes) -> list[bytes]:
        # A ping is no sign that the model still works.
        return [event.data for event in decoder.feed(chunk) if event.event != "ping"]

    @override
    def _make_client(self, http: httpx2.AsyncClient) -> Any:
        import anthropic

        return anthropic.AsyncAnthropic(
            api_key=self._api_key,
            base_url=self._base_url,
            http_client=http,
            max_retries=0,
            timeout=http.timeout,
            open_telemetry=False,
        )

    @override
    async def _send(self, client: Any, body: bytes, request: CompletionRequest) -> httpx2.Response:
        import anthropic
        import httpx2

        sdk: anthropic.AsyncAnthropic = client
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream",
            **self._version_headers(request),
            **self.ref.extensions.get("headers", {}),
            **request.extensions.get("headers", {}),
        }
        response: Any = await sdk.post(
            self._dialect.path,
            content=body,
            cast_to=httpx2.Response,
            stream=True,
            stream_cls=anthropic.AsyncStream[Any],
            options={"headers": headers},
        )
        return response  # as it is, since it was cast to itself

    def _version_headers(self, request: CompletionRequest) -> dict[str, str]:
        betas: list[str] = {**self.ref.extensions, **request.extensions}.get("betas", [])
        headers = {"anthropic-beta": ",".join(betas)} if betas else {}
        if request.temperature is not None and "temperature" not in self._refused:
            headers["anthropic-version"] = OLD_VERSION
        return headers
