"""The commands of a chat: what the Studio does itself when a message begins with `/`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from loom.errors import LoomError
from loom.threads import in_thread
from loom_studio.panels.chat.composer import MODES
from loom_studio.services.commands import OWN, help_text, tool_call, typed_command, unknown
from loom_studio.services.conversations import Outgoing
from loom_studio.texts import tr
from loom_studio.transcript_row import TranscriptRow

if TYPE_CHECKING:
    from loom_studio.panels.chat.panel import ChatPanel

ELSEWHERE = ("harness", "agent", "model", "export")
"""Commands that are about more than one chat: the window does them."""


async def meant(panel: ChatPanel, message: Outgoing) -> tuple[str, str] | None:
    """The command of the Studio that a message is, with what followed it; None for one that is to be sent.

    Raises LoomError, and gives the message back, for a command that there is not.
    """
    typed = typed_command(message.text)
    if typed is None or any(each.name == typed[0] for each in OWN):
        return typed
    known = await panel.completer.commands()
    if any(each.name == typed[0] for each in known):
        return None
    panel.composer.give_back([message])
    raise LoomError(unknown(typed[0], known))


async def do_command(panel: ChatPanel, name: str, rest: str) -> None:
    """Do a command of the Studio. Raises LoomError, in a sentence."""
    if name in ELSEWHERE:
        panel.command_wanted.emit(name, rest)
    elif name == "help":
        text = help_text(await panel.completer.commands())
        panel.model.add(TranscriptRow(f"help {len(panel.model.rows)}", "notice", text))
    else:
        await _DO[name](panel, rest)


async def _compact(panel: ChatPanel, _rest: str) -> None:
    await panel.conversation.context.compress()


async def _renew(panel: ChatPanel, _rest: str) -> None:
    await panel.conversation.context.renew()


async def _mode(panel: ChatPanel, rest: str) -> None:
    by_name = {said.casefold(): mode for name, mode in MODES.items() for said in (tr(name), name)}
    found = by_name.get(rest.casefold())
    if found is None:
        raise LoomError(tr("There is no mode {mode!r}; there are {modes}", mode=rest, modes=tr(", ").join(MODES)))
    panel.conversation.set_mode(found)
    panel.composer.show_mode(found)


async def _watch(panel: ChatPanel, rest: str) -> None:
    from loom_studio.services.alerts import watch_folder

    folder = await in_thread(_folder, panel.conversation.workspace, rest)
    await panel.conversation.begin_to_watch()
    if panel.conversation.heartbeat is None:
        raise LoomError(tr("This agent watches nothing: its file has no [heartbeat]; choose another agent, or add one"))
    await watch_folder(panel.conversation, str(folder))
    panel.model.add(TranscriptRow(f"watch {len(panel.model.rows)}", "notice", tr("Watching {folder}", folder=folder)))


def _folder(workspace: Path, given: str) -> Path:
    folder = (workspace / Path(given).expanduser()).resolve()
    if not folder.is_dir():
        raise LoomError(tr("There is no folder {folder} to watch", folder=folder))
    return folder


async def _tool(panel: ChatPanel, rest: str) -> None:
    try:
        name, arguments = tool_call(rest)
    except ValueError as error:
        raise LoomError(str(error)) from None
    await panel.drive(panel.conversation.call_tool(name, arguments))


_DO: dict[str, Callable[[ChatPanel, str], Awaitable[None]]] = {
    "compact": _compact,
    "renew": _renew,
    "mode": _mode,
    "watch": _watch,
    "tool": _tool,
}
