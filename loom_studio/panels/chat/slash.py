"""The commands of a chat: what the Studio does itself when a message begins with `/`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from loom.errors import LoomError
from loom.threads import in_thread
from loom_studio.panels.chat.composer import MODES
from loom_studio.services.commands import help_text, tool_call, typed_command, unknown
from loom_studio.services.conversations import Outgoing
from loom_studio.transcript_row import TranscriptRow

if TYPE_CHECKING:
    from loom_studio.panels.chat.panel import ChatPanel

ELSEWHERE = ("harness", "agent", "model", "export")
"""Commands that are about more than one chat: the window does them."""


async def do_command(panel: ChatPanel, message: Outgoing) -> bool:
    """Do what a message means as a command; False if it is to be sent. Raises LoomError, in a sentence."""
    typed = typed_command(message.text)
    if typed is None:
        return False
    name, rest = typed
    known = await panel.completer.commands()
    found = next((each for each in known if each.name == name), None)
    if found is None:
        panel.composer.give_back([message])
        raise LoomError(unknown(name, known))
    if not found.is_own:
        return False
    if name in ELSEWHERE:
        panel.command_wanted.emit(name, rest)
    elif name == "help":
        panel.model.add(TranscriptRow(f"help {len(panel.model.rows)}", "notice", help_text(known)))
    else:
        await _DO[name](panel, rest)
    return True


async def _compact(panel: ChatPanel, _rest: str) -> None:
    await panel.conversation.context.compress()


async def _renew(panel: ChatPanel, _rest: str) -> None:
    await panel.conversation.context.renew()


async def _mode(panel: ChatPanel, rest: str) -> None:
    by_name = {name.casefold(): (name, mode) for name, mode in MODES.items()}
    found = by_name.get(rest.casefold())
    if found is None:
        raise LoomError(f"There is no mode {rest!r}; there are {', '.join(MODES)}")
    panel.conversation.set_mode(found[1])
    panel.composer.show_mode(found[1])


async def _watch(panel: ChatPanel, rest: str) -> None:
    from loom_studio.services.alerts import watch_folder

    folder = await in_thread(_folder, panel.conversation.workspace, rest)
    await panel.conversation.begin_to_watch()
    if panel.conversation.heartbeat is None:
        raise LoomError("This agent watches nothing: its file has no [heartbeat]; choose another agent, or add one")
    await watch_folder(panel.conversation, str(folder))
    panel.model.add(TranscriptRow(f"watch {len(panel.model.rows)}", "notice", f"Watching {folder}"))


def _folder(workspace: Path, given: str) -> Path:
    folder = (workspace / Path(given).expanduser()).resolve()
    if not folder.is_dir():
        raise LoomError(f"There is no folder {folder} to watch")
    return folder


async def _tool(panel: ChatPanel, rest: str) -> None:
    try:
        name, arguments = tool_call(rest)
    except ValueError as error:
        raise LoomError(str(error)) from None
    await panel.feed.pump(panel.conversation.watch(await panel.conversation.call_tool(name, arguments)))


_DO: dict[str, Callable[[ChatPanel, str], Awaitable[None]]] = {
    "compact": _compact,
    "renew": _renew,
    "mode": _mode,
    "watch": _watch,
    "tool": _tool,
}
