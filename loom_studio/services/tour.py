"""The tour: a script in a model's place, in a scratch folder; tools, questions, vetoes and alerts are the real ones."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from loom.threads import in_thread
from loom_studio.resource_files import resource_path

if TYPE_CHECKING:
    from loom.config import AgentConfig
    from loom.providers.base import CompletionRequest

PROMPT = "Show me what you do."
PACE_S = 0.02
ALERT_WITHIN_S = 1.5
"""How long the script talks after it had a file changed; the watch needs about a tenth of it."""
CHANGED = "notes.md"
Turn: TypeAlias = "dict[str, Any] | Callable[[CompletionRequest], dict[str, Any]]"
COMMAND = "rm -rf shop.js"


class Tour:
    """One walk through the Studio. Its folder is there until `aclose`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    async def make(cls) -> Tour:
        """A tour in a new folder. Raises OSError when there is no room for one."""
        return await in_thread(cls._make)

    @classmethod
    def _make(cls) -> Tour:
        folder = Path(tempfile.mkdtemp(prefix="loom-tour-")).resolve()
        shutil.copytree(resource_path("tour"), folder, dirs_exist_ok=True)
        return cls(folder)

    def agent(self) -> AgentConfig:
        """The agent of the tour: a script that says that it is one."""
        from loom.config import AgentConfig, HeartbeatConfig, ModelRef, SafetyRule, WatchConfig

        turns: list[Turn] = [self._hello(), self._edit(), _forbidden, self._alert, _goodbye]
        return AgentConfig(
            model=ModelRef.scripted([_spoken(turn) for turn in turns], afterwards=_spoken(_over())),
            name="Tour",
            description="A script that shows the Studio; it is no model",
            capabilities=["files", "edit", "shell"],
            safety_rules=[
                SafetyRule.when_argument_contains_any(
                    name="no_deleting",
                    tool_name="run_command",
                    argument="command",
                    values=["rm -rf"],
                    reason="this agent deletes nothing",
                )
            ],
            heartbeat=HeartbeatConfig(watch_sources=[WatchConfig.filesystem(paths=["."])]),
        )

    async def aclose(self) -> None:
        """Remove the folder."""
        await in_thread(shutil.rmtree, self.folder, ignore_errors=True)

    def _hello(self) -> dict[str, Any]:
        return {
            "text": "I am a **script, not a model**: what I say was written beforehand. Everything else is real: the "
            "tools, the questions to you, the alerts, the log.\n\nReading is allowed from the start. "
            "I look at what there is:",
            "tool_calls": [
                {"name": "list_files", "arguments": {}},
                {"name": "read_file", "arguments": {"path": "shop.js"}},
            ],
        }

    def _edit(self) -> dict[str, Any]:
        return {
            "text": "Changing a file is another matter: now **you are asked**. The card shows what would be written. "
            "Allow it, edit it, or deny it with a reason; what you allow is byte for byte what runs.",
            "tool": "edit_file",
            "arguments": {
                "path": "shop.js",
                "old_text": "${prices[name]}",
                "new_text": "${prices[name].toFixed(2)}",
            },
        }

    def _alert(self, _request: CompletionRequest) -> dict[str, Any]:
        threading.Thread(target=self._change_a_file, name="tour", daemon=True).start()
        return {
            "delay_s": ALERT_WITHIN_S,
            "text": "No question was asked: this agent has a rule, and a veto is final.\n\nMeanwhile "
            f"`{CHANGED}` was saved behind my back, as you would in your editor. This agent watches the folder, so I "
            "am told before my next step.",
            "tool": "list_files",
            "arguments": {},
        }

    def _change_a_file(self) -> None:
        path = self.folder / CHANGED
        path.write_text(path.read_text() + "- Plums are new: 2.5.\n")


def _forbidden(request: CompletionRequest) -> dict[str, Any]:
    denied = request.messages[-1].is_error
    said = (
        "You denied it, so nothing was written, and I am told why."
        if denied
        else "It is written. The tab **Changes** has the diff, line comments, and the way back."
    )
    return {
        "text": f"{said}\n\nSome things are not even asked about. I try to delete the file:",
        "tool": "run_command",
        "arguments": {"command": COMMAND},
    }


def _goodbye(request: CompletionRequest) -> dict[str, Any]:
    told = next((m.text for m in reversed(request.messages) if m.role == "user" and "<heartbeat>" in m.text), "")
    line = next((line for line in told.splitlines() if CHANGED in line), "")
    heard = f"This is what I was told:\n\n> {line.removeprefix('- ')}" if line else "No alert reached me this time."
    return {
        "text": f"{heard}\n\nThat was the tour. The tab **Approvals** keeps every decision, with who made it and by "
        "which rule; the sidebar keeps every session, also after a crash. This folder and this session go when you "
        "close the Studio. *New session* begins with a real model; *Add a model…* sets one up."
    }


def _over() -> dict[str, Any]:
    return {"text": "The tour is over, and I know no more words. *New session* begins with a real model."}


def _spoken(turn: Turn) -> Turn:
    """The turn at a pace that can be read."""
    if callable(turn):
        return lambda request: {"pace_s": PACE_S, **turn(request)}
    return {"pace_s": PACE_S, **turn}
