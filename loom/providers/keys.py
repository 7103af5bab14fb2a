"""The environment variables that hold the providers' keys, and the addresses of their servers."""

from __future__ import annotations

KEY_VARIABLES: dict[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY",),
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
