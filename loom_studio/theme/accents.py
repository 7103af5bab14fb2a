"""The accent colours that can be chosen, for both themes."""

from __future__ import annotations

from loom_studio.theme.tokens import DARK, LIGHT, Tokens

ACCENTS: dict[str, tuple[str, str]] = {
    "blue": (LIGHT.accent, DARK.accent),
    "teal": ("#0b6068", "#6fd0d6"),
    "green": ("#1a6b35", "#7fd49a"),
    "amber": ("#7d4b00", "#eab464"),
    "rose": ("#a32054", "#ff96b8"),
    "violet": ("#6a3cbd", "#c7a6ff"),
}
"""Name → the colour in the light theme and in the dark one."""
TINT = 0.1


def with_accent(tokens: Tokens, name: str) -> Tokens:
    """A theme with another accent, and what a person says on a tint of it; an unknown name is the theme's own."""
    pair = ACCENTS.get(name)
    if pair is None or name == "blue":
        return tokens
    accent = pair[tokens == DARK]
    return tokens._replace(accent=accent, user=_mixed(tokens.surface, accent))


def _mixed(ground: str, colour: str) -> str:
    parts = [round(int(ground[at : at + 2], 16) * (1 - TINT) + int(colour[at : at + 2], 16) * TINT) for at in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)
