"""The colours of both themes, by what they are for."""

from __future__ import annotations

from typing import NamedTuple


class Tokens(NamedTuple):
    """One theme's colours; every text colour has a contrast of at least 4.5:1 on every surface.

    `keyword`, `name`, `string`, `number` and `comment` colour code and are read on `code` alone; `added` and `removed`
    lie behind lines of a diff.
    """

    window: str
    surface: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    user: str
    code: str
    danger: str
    warning: str
    success: str
    keyword: str
    name: str
    string: str
    number: str
    comment: str
    added: str
    removed: str


LIGHT = Tokens(
    window="#f6f7f9", surface="#ffffff", raised="#f0f2f5", border="#d5d9e0", text="#1c2128", muted="#57606a",
    accent="#2458c5", on_accent="#ffffff", user="#e8effc", code="#f3f4f7", danger="#b3261e", warning="#8a5300",
    success="#1a6b35", keyword="#0b4fa8", name="#6f42c1", string="#0a5c2e", number="#8a4600", comment="#57606a",
    added="#dff3e4", removed="#fbe3e1",
)  # fmt: skip
DARK = Tokens(
    window="#16181d", surface="#1c1f26", raised="#252932", border="#363c48", text="#e6e9ef", muted="#a3abb8",
    accent="#83a9ff", on_accent="#10131a", user="#232c40", code="#14161b", danger="#ff8f87", warning="#eab464",
    success="#7fd49a", keyword="#8ab8ff", name="#cfa8ff", string="#8fdba8", number="#efb06b", comment="#a3abb8",
    added="#1b3527", removed="#432426",
)  # fmt: skip
