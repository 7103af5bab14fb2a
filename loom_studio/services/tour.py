"""The tour: a script in a model's place, in a scratch folder; tools, questions, vetoes and alerts are the real ones."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from loom.threads import in_thread
from loom.types.ids import generate_id
from loom_studio.resource_files import resource_path
from loom_studio.texts import marked, plural, tr

if TYPE_CHECKING:
    from loom.config import AgentConfig
    from loom.providers.base import CompletionRequest
    from loom_studio.services.harness import HarnessRuns

PROMPT = marked("Show me what you do.")
PACE_S = 0.02
ALERT_WITHIN_S = 1.5
"""How long the script talks after it had a file changed; the watch needs about a tenth of it."""
CHANGED = "notes.md"
Turn: TypeAlias = "dict[str, Any] | Callable[[CompletionRequest], dict[str, Any]]"
COMMAND = "rm -rf shop.js"
AFTER_RENEWAL = marked("Go on with the fresh context.")
BRIEF = marked("Make a price list of the shop in prices.md")
"""These are shown, so they are said in the person's language: given to `tr`."""


_PLAIN = "# Prices\n\n- apples 1.2\n- pears 0.8\n"
_DECIMALS = "# Prices\n\n- apples 1.20\n- pears 0.80\n"


def prompts() -> tuple[str, str]:
    """What the person says in the tour: at its begin, and when the context was renewed."""
    return tr(PROMPT), tr(AFTER_RENEWAL)


def _roles() -> dict[str, str]:
    """The agent files of the harness run. The second sprint fails by the command, whatever its judge says."""
    decimals = tr("Prices have two decimals")
    names = f"1. PASS: {tr('apples and pears')}"
    passed = _said(f"PASS\n{names}\n2. PASS: {tr('1.20 and 0.80')}")
    failed = f"FAIL\n{names}\n2. FAIL: {tr('apples cost 1.2')}\n{tr('Write every price with two decimals.')}"
    return {
        "agent.toml": _script(
            tr("Tour worker"),
            '"edit"',
            _written(_PLAIN, tr("The list is in prices.md.")),
            _written(_DECIMALS, tr("The prices have two decimals now.")),
            _written(f"{_DECIMALS}\nTotal: 2.00\n", tr("There is a total now.")),
        ),
        "evaluator.toml": _script(
            tr("Tour judge"),
            "",
            _said(f"{tr('Each line names a fruit and its price')}\n{decimals}"),
            _said(failed),
            *(_said(decimals), passed) * 2,
        ),
    }


def _script(name: str, capabilities: str, *turns: str) -> str:
    spoken = "\n".join(turns)
    return f"""name = {_quoted(name)}
description = {_quoted(tr("A script of the tour; it is no model"))}
capabilities = [{capabilities}]
[model]
provider = "scripted"
name = "tour"
[model.extensions]
pace_s = 0.02
turns = [
{spoken}
]
"""


def _written(content: str, said: str) -> str:
    arguments = f'{{ path = "prices.md", content = {_quoted(content)} }}'
    return f'  {{ tool = "write_file", arguments = {arguments} }},\n{_said(said)}'


def _said(text: str) -> str:
    return f"  {_quoted(text)},"


def _quoted(text: str) -> str:
    """A text as TOML has it."""
    return json.dumps(text, ensure_ascii=False)


class Tour:
    """One walk through the Studio. Its folders are there until `aclose`.

    The script works in `folder`, which it watches; the agents of the harness run in `list_folder`, which it does not.
    """

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.folder = scratch / "shop"
        self.list_folder = scratch / "price list"
        self.run_id = generate_id()
        """Its harness run."""

    @classmethod
    async def make(cls) -> Tour:
        """A tour in a new folder. Raises OSError when there is no room for one."""
        return await in_thread(cls._make)

    @classmethod
    def _make(cls) -> Tour:
        tour = cls(Path(tempfile.mkdtemp(prefix="loom-tour-")).resolve())
        shutil.copytree(resource_path("tour"), tour.folder)
        tour.list_folder.mkdir()
        for name, text in _roles().items():
            (tour.scratch / name).write_text(text, encoding="utf-8")
        return tour

    def agent(self) -> AgentConfig:
        """The agent of the tour: a script that says that it is one."""
        from loom.config import AgentConfig, HeartbeatConfig, ModelRef, SafetyRule, WatchConfig

        turns: list[Turn] = [self._hello(), self._edit(), _forbidden, self._alert, _told, _renewed, _goodbye]
        return AgentConfig(
            model=ModelRef.scripted([_spoken(turn) for turn in turns], afterwards=_spoken(_over())),
            name=tr("Tour"),
            description=tr("A script that shows the Studio; it is no model"),
            capabilities=["files", "edit", "shell"],
            safety_rules=[
                SafetyRule.when_argument_contains_any(
                    name="no_deleting",
                    tool_name="run_command",
                    argument="command",
                    values=["rm -rf"],
                    reason=tr("this agent deletes nothing"),
                )
            ],
            heartbeat=HeartbeatConfig(watch_sources=[WatchConfig.filesystem(paths=["."])]),
        )

    async def sprints(self, harness: HarnessRuns) -> str:
        """Have a harness of two scripts make a price list; returns what came of it, in a sentence.

        Its run is in the journal until `aclose`, its agents' sessions are in the scratch folder. Raises LoomError.
        """
        if not harness.can_forget:
            return tr("The sprints are left out: your harness runs are kept in a database that others share.")
        from loom.safety.profile import Profile

        await harness.work(tr(BRIEF), self._details(), self.run_id, Profile(self.scratch / "profile", None))
        run = next(each for each in await harness.runs() if each.id == self.run_id)
        told = await harness.told(run)
        passed = [sprint.number for sprint in told.sprints if sprint.state == "passed"]
        if not passed:
            return tr("None passed.")
        return plural(
            "{n} sprint was worked on, and sprint {passed} passed.",
            "{n} sprints were worked on, and sprint {passed} passed.",
            len(told.sprints),
            passed=passed[-1],
        )

    def _details(self) -> dict[str, Any]:
        finds = "findstr Total prices.md" if sys.platform == "win32" else "grep -q Total prices.md"
        roles = {role: str(self.scratch / f"{role}.toml") for role in ("agent", "evaluator")}
        return {
            **roles,
            "workspace": str(self.list_folder),
            "max_sprints": 3,
            "mode": "accept-edits",
            "commands": [finds],
        }

    async def aclose(self, harness: HarnessRuns | None = None) -> None:
        """Remove the folders, and the harness run."""
        if harness is not None:
            await harness.forget(self.run_id)
        await in_thread(shutil.rmtree, self.scratch, ignore_errors=True)

    def _hello(self) -> dict[str, Any]:
        return {
            "text": tr(
                "I am a **script, not a model**: what I say was written beforehand. Everything else is real: the "
                "tools, the questions to you, the alerts, the log.\n\nReading is allowed from the start. "
                "I look at what there is:"
            ),
            "tool_calls": [
                {"name": "list_files", "arguments": {}},
                {"name": "read_file", "arguments": {"path": "shop.js"}},
            ],
        }

    def _edit(self) -> dict[str, Any]:
        return {
            "text": tr(
                "Changing a file is another matter: now **you are asked**. The card shows what would be written. "
                "Allow it, edit it, or deny it with a reason; what you allow is byte for byte what runs."
            ),
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
            "text": tr(
                "No question was asked: this agent has a rule, and a veto is final.\n\nMeanwhile `{file}` was saved "
                "behind my back, as you would in your editor. This agent watches the folder, so I am told before my "
                "next step.",
                file=CHANGED,
            ),
            "tool": "list_files",
            "arguments": {},
        }

    def _change_a_file(self) -> None:
        path = self.folder / CHANGED
        path.write_text(path.read_text() + "- Plums are new: 2.5.\n")


def _forbidden(request: CompletionRequest) -> dict[str, Any]:
    denied = request.messages[-1].is_error
    said = (
        tr("You denied it, so nothing was written, and I am told why.")
        if denied
        else tr("It is written. The tab **Changes** has the diff, line comments, and the way back.")
    )
    return {
        "text": f"{said}\n\n{tr('Some things are not even asked about. I try to delete the file:')}",
        "tool": "run_command",
        "arguments": {"command": COMMAND},
    }


def _told(request: CompletionRequest) -> dict[str, Any]:
    told = next((m.text for m in reversed(request.messages) if m.role == "user" and "<heartbeat>" in m.text), "")
    line = next((line for line in told.splitlines() if CHANGED in line), "")
    told_me = f"{tr('This is what I was told:')}\n\n> {line.removeprefix('- ')}"
    heard = told_me if line else tr("No alert reached me this time.")
    rest = tr(
        "A long session fills what a model can read at once. Then its context is **renewed**: a handoff says what was, "
        "and it goes on with that. That is done now, for real; the tab **Context** has the handoff."
    )
    return {"text": f"{heard}\n\n{rest}"}


def _renewed(request: CompletionRequest) -> dict[str, Any]:
    earlier = sum(tr(PROMPT) in message.text for message in request.messages if message.role == "user")
    count = len(request.messages)
    kept = (
        tr(
            "Your first message is still in front of me, in {n} messages instead of all. What stands above is for you; "
            "nothing of it is lost.",
            n=count,
        )
        if earlier
        else tr(
            "Of what was said I have the handoff alone, in {n} messages instead of all. What stands above is for you; "
            "nothing of it is lost.",
            n=count,
        )
    )
    rest = tr(
        "Now a **harness run**, in the tab **Sprints**: one script makes a price list, another judges it by criteria "
        "that were agreed first, and a command checks it too. What does not pass is done again."
    )
    return {"text": f"{kept}\n\n{rest}"}


def _goodbye(request: CompletionRequest) -> dict[str, Any]:
    said = next(m.text for m in reversed(request.messages) if m.role == "user" and m.name != "working_context")
    rest = tr(
        "That was the tour. The tab **Approvals** keeps every decision, with who made it and by which rule; the "
        "sidebar keeps every session, also after a crash. This folder, this session and the harness run go when you "
        "close the window. *New session* begins with a real model; *Add a model…* sets one up."
    )
    return {"text": f"{said}\n\n{rest}"}


def _over() -> dict[str, Any]:
    return {"text": tr("The tour is over, and I know no more words. *New session* begins with a real model.")}


def _spoken(turn: Turn) -> Turn:
    """The turn at a pace that can be read."""
    if callable(turn):
        return lambda request: {"pace_s": PACE_S, **turn(request)}
    return {"pace_s": PACE_S, **turn}
