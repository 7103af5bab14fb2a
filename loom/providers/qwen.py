"""Qwen models at DashScope, over its OpenAI-compatible endpoint."""

from __future__ import annotations

from loom.config.model import ModelRef
from loom.providers.openai import OpenAIProvider

BASE_URL = "https://dashscope.aliyuncs.com/compatible-mode/v1"


class QwenProvider(OpenAIProvider):
    """DashScope's compatible mode. Thinking is switched by `extensions={"body": {"enable_thinking": …}}`."""

    name = "qwen"

    def __init__(self, ref: ModelRef, api_key: str, key_source: str) -> None:
        super().__init__(ref, api_key, key_source, ref.api_base or BASE_URL)
