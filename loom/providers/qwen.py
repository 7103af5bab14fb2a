"""Qwen models at DashScope, over its OpenAI-compatible endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator

from loom.config.model import ModelRef
from loom.providers.base import CompletionRequest, StreamPart
from loom.providers.openai import OpenAIProvider

BASE_URL = "https://dashscope.aliyuncs.com/compatible-mode/v1"


class QwenProvider:
    """DashScope's compatible mode. Thinking is switched by `extensions={"body": {"enable_thinking": …}}`."""

    name = "qwen"

    def __init__(self, ref: ModelRef, api_key: str, key_source: str) -> None:
        self._endpoint = OpenAIProvider(ref, api_key, key_source, ref.api_base or BASE_URL, name=self.name)

    def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        """One attempt, over chat completions."""
        return self._endpoint.stream(request)

    async def aclose(self) -> None:
        """Give the shared connections back."""
        await self._endpoint.aclose()
