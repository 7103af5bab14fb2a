"""The environment variables that hold the providers' keys, and the addresses of their servers."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from loom.errors import ProviderUnavailableError

KEY_VARIABLES: dict[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
    "openai": ("OPENAI_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "qwen": ("DASHSCOPE_API_KEY",),
}
"""Where each provider's key is looked for, in order."""

ADDRESS_VARIABLES: dict[str, str] = {
    "anthropic": "ANTHROPIC_BASE_URL",
    "openai": "OPENAI_BASE_URL",
    "gemini": "GOOGLE_GEMINI_BASE_URL",
    "qwen": "DASHSCOPE_BASE_URL",
    "ollama": "OLLAMA_BASE_URL",
}
"""Where another server than a provider's own is named, for models that name none."""

OWN_HOSTS = {
    "anthropic": "anthropic.com",
    "openai": "api.openai.com",
    "gemini": "googleapis.com",
    "qwen": "aliyuncs.com",
}
"""Where a key is always needed; a server at any other address may do without."""


def is_own(provider: str, address: str | None) -> bool:
    """Whether an address, or none, is that of a provider's own service."""
    host = urlsplit(address).hostname or "" if address else OWN_HOSTS[provider]
    return host == OWN_HOSTS[provider] or host.endswith("." + OWN_HOSTS[provider])


def key_in(environment: Mapping[str, str], variable: str, provider: str) -> str:
    """The key in a variable, without space around it; empty where there is none.

    Raises ProviderUnavailableError for what no header can carry, without telling it.
    """
    key = environment.get(variable, "").strip()
    if key.isascii() and key.isprintable():
        return key
    text = f"The key in {variable} has characters that no key has, such as a line's end: copy it once more"
    raise ProviderUnavailableError(text, provider=provider)
