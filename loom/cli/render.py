"""What the person at the terminal sees of a run, and how they are asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, TextIO

from loom.cli.streams import is_unicode, next_line
from loom.memory.files.entry import told_change
from loom.safety.odd_text import escaped
from loom.types.approvals import Decision
from loom.types.events import RunEvent


def event_line(event: RunEvent) -> str:
    """An event as one line of JSON."""
    fields = {"seq": event.seq, "type": event.type, "run_id": event.run_id, "ts": event.ts.isoformat()}
    return json.dumps({**fields, "payload": event.payload}, ensure_ascii=not is_unicode(), default=str)


NOTES: dict[str, Callable[[dict[str, Any]], str]] = {
    "tool.started": lambda said: f"→ {said['tool']} {_arguments(said['arguments'])}",
    "tool.vetoed": lambda said: f"✗ {_refusal(said)}",
    "tool.failed": lambda said: f"✗ {said['tool']}: {said['content']}",
    "step.retried": lambda said: f"… {said['error']['message']}; next try in {said['delay_s']:.1f} s",
    "mcp.server": lambda said: f"server {said['server']}: {said['state']} {said['detail']}".rstrip(),
    "ecosystem.notice": lambda said: f"loom: {said['text']}",
    "skill.activated": lambda said: f"✦ {said['name']}",
    "memory.changed": lambda said: f"✎ {told_change(said)}",
    "run.failed": lambda said: f"loom: {said['message']}",
}
"""What is said of an event in a line of its own, beside the answer."""


ENDINGS = {
    "max_tokens": "the answer is cut off: it reached the limit of what the model may say at once",
    "refusal": "the model declined to answer",
}
"""What is said of an answer that is there, and not all that was asked for."""


class TerminalView:
    """Words to standard output, everything else to standard error."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._in_line = False

    def show(self, event: RunEvent) -> None:
        """Show one event, if there is something to show."""
        payload = event.payload
        match event.type:
            case "text.delta":
                self._out.write(payload["text"])
                self._out.flush()
                self._in_line = not payload["text"].endswith("\n")
            case "run.completed" if payload["reason"] in ENDINGS:
                self._note(f"loom: {ENDINGS[payload['reason']]}")
            case "step.completed" | "run.completed" | "run.cancelled":
                self._end_line()
            case _ if event.type in NOTES:
                self._note(NOTES[event.type](payload))
            case _:
                return

    def _end_line(self) -> None:
        if self._in_line:
            self._out.write("\n")
            self._out.flush()
            self._in_line = False

    def _note(self, text: str) -> None:
        self._end_line()
        print(escaped(text), file=self._err)


def ask(payload: dict[str, Any], is_over: Callable[[], bool]) -> Decision:
    """Ask the person at the terminal about a call, until they answer or `is_over` says that it is no use; blocks.

    Anything but a clear yes is a no.
    """
    shown = payload["preview"].get("text") or json.dumps(payload["arguments"], ensure_ascii=False, indent=2)
    print(f"\n{payload['tool']} wants to run: {payload['reason']}", file=sys.stderr)
    print(escaped(shown), file=sys.stderr)
    if effect := payload["preview"].get("effect"):
        print(escaped(effect), file=sys.stderr)
    for warning in payload["warnings"]:
        print(f"! {escaped(warning)}", file=sys.stderr)
    rule, may_last = payload["rule_offered"], payload["may_last"]
    always = f", a: always {escaped(rule) or 'exactly this'}" if may_last else ""
    keys = f"[y/s/{'a/' if may_last else ''}q/N] "
    question = f"y: allow once, s: allow this for the session{always}, q: stop the run. {keys}"
    print(question, end="", file=sys.stderr, flush=True)
    try:
        match next_line(is_over).strip().lower():
            case "y" | "yes":
                return Decision.allow_once()
            case "s":
                return Decision.allow_for_session()
            case "a" if may_last:
                return Decision.allow_always(rule=rule)
            case "q":
                return Decision.stop()
            case _:
                print("Reason for the model (may be empty): ", end="", file=sys.stderr, flush=True)
                return Decision.deny(next_line(is_over).strip())
    except EOFError:
        return Decision.deny("nobody answered")


def _refusal(said: dict[str, Any]) -> str:
    """Why a call was refused; where that is for want of a person, what that person can do from here."""
    if said["kind"] != "no_approver":
        return said["message"]
    return (
        f"{said['tool']} needs permission ({said['reason']}), and there is no terminal to ask at. Run it at one, allow "
        "it in the agent file (policy.permissions) or in permissions.toml of your profile, or give another --mode."
    )


def _arguments(arguments: dict[str, Any]) -> str:
    shown = json.dumps(arguments, ensure_ascii=False)
    return shown if len(shown) <= 200 else shown[:200] + " …"
