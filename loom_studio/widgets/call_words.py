"""What the cards of calls that wait say of one, whoever asks: in a chat, or in a harness run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said
from loom_studio.texts import marked, tr

RISKS = {"read_only": marked("read_only"), "write": marked("write"), "destructive": marked("destructive")}


def wish_words(agent: str, tool: str, preview: Mapping[str, str]) -> str:
    """Who wants to run what, in a sentence."""
    server, agent = preview.get("server", ""), agent or tr("The agent")
    if server:
        return tr("{agent} wants to run {tool} of the server {server}", agent=agent, tool=tool, server=server)
    return tr("{agent} wants to run {tool}", agent=agent, tool=tool)


def reason_words(reason: str, rule: str, risk: str, preview: Mapping[str, str]) -> str:
    """Why a call is asked about, where it would run, and what it would do."""
    form, effect, contained = (preview.get(name, "") for name in ("form", "effect", "sandbox"))
    why = said(reason)
    ruled = f"{why[:1].upper()}{why[1:]}  ({rule}, {tr(RISKS.get(risk, risk))})"
    asked = f"{ruled}  {said(contained)} {said(form)}".rstrip()
    return escape_invisible(f"{asked}\n{said(effect)}" if effect else asked)


def call_text(arguments: Mapping[str, Any], preview: Mapping[str, str]) -> str:
    """The whole of a call: its effect in the form that a person reads, else its arguments as JSON."""
    return preview.get("text") or json.dumps(arguments, ensure_ascii=False, indent=2)
