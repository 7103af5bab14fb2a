"""How an agent's context is kept inside its model's window."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from loom.config.model import ModelRef
from loom.errors import ConfigError
from loom.types.checked import config_value


@config_value
class CompressionPolicy:
    """When the history is made smaller, and how much of it stays; shares are of the window.

    The four levels begin at `snip_at` (long outputs of tools), `micro_at` (repeated ones), `collapse_at` (the middle
    becomes a summary) and `auto_compact_at` (what matters least goes). A cut that would save less than `min_gain` is
    not made: it would cost the provider's cache more. `keep_recent` is the share that stays as it is at the end,
    `snip_chars` the length of an output that stays whole, `summary_share` the longest summary.

    Within `exact_near` of a level the provider is asked for an exact count, where it offers one; 0 is never.

    A summary is lines, word for word. A model adds what happened in its own words, if `summaries` is "model", or "auto"
    (the default) and the agent's model is a provider's that we know: one request more, with no tools, at most
    `summary_limit_s` seconds long. With "lines" none is asked. `summary_model` is asked instead of the agent's own.
    """

    snip_at: float = 0.7
    micro_at: float = 0.8
    collapse_at: float = 0.9
    auto_compact_at: float = 0.95
    enabled: bool = True
    min_gain: float = 0.05
    keep_recent: float = 0.3
    snip_chars: int = 2000
    summary_share: float = 0.15
    exact_near: float = 0.03
    summaries: Literal["auto", "model", "lines"] = "auto"
    summary_model: ModelRef | None = None
    summary_limit_s: float = 20.0

    def __post_init__(self) -> None:
        """Refuse levels out of their order, and shares that are none."""
        levels = (self.snip_at, self.micro_at, self.collapse_at, self.auto_compact_at)
        shares = (self.min_gain, self.keep_recent, self.summary_share, self.exact_near)
        if not 0 < levels[0] <= levels[1] <= levels[2] <= levels[3] <= 1:
            raise ConfigError(
                "CompressionPolicy: snip_at, micro_at, collapse_at and auto_compact_at must rise from above 0 to at "
                f"most 1, got {', '.join(f'{level:g}' for level in levels)}"
            )
        for name, value in zip(("min_gain", "keep_recent", "summary_share", "exact_near"), shares, strict=True):
            if not 0 <= value <= 0.5:
                raise ConfigError(f"CompressionPolicy.{name} must be from 0 to 0.5, got {value:g}")
        if not 0 < self.summary_limit_s <= 300:
            raise ConfigError(
                f"CompressionPolicy.summary_limit_s must be above 0 and at most 300, got {self.summary_limit_s:g}"
            )
        if self.snip_chars < 200:
            raise ConfigError(f"CompressionPolicy.snip_chars must be at least 200, got {self.snip_chars}")


@config_value
class ContextConfig:
    """What an agent's context holds: `compression` when it fills; `scratchpad` gives the model a plan and notes.

    `server_side` lets the provider make room before we do, where it can: "edit" clears old results of tools, "compact"
    sums up what is old (Claude models; others take no notice). `title_model` writes a session's title, when it is asked
    for, instead of the agent's own.
    """

    compression: CompressionPolicy = field(default_factory=CompressionPolicy)
    scratchpad: bool = False
    server_side: list[Literal["edit", "compact"]] = field(default_factory=list[Literal["edit", "compact"]])
    title_model: ModelRef | None = None
