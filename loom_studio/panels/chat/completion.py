"""What is offered while a message is written: commands after `/` and what may follow some, files and more after `@`."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from loom_studio.services.commands import OWN, SlashCommand, look_for
from loom_studio.services.conversations import Conversation
from loom_studio.services.fuzzy import best
from loom_studio.services.server_offers import Resource
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.widgets.completions import Candidate, CompletionList

if TYPE_CHECKING:
    from loom_studio.services.workspace_files import WorkspaceFiles

MOST_OFFERED = 50
BEST_FILES = 5
MOST_OF_SERVERS = 10
"""How much of tool servers is offered beside files; after `@server:` there is nothing beside it."""
FRESH_S = 5.0

_COMMAND = re.compile(r"/(?P<typed>[\w:.-]*)")
_ARGUMENT = re.compile(r"/(?P<command>agent|model|mode|tool)\s+(?P<typed>\S*)")
_FILE = re.compile(r"(?:^|.*[\s(])@(?P<typed>[^\s@]*)", re.DOTALL)


class Completer(QObject):
    """Looks at what stands before the cursor of `box`, and offers what may be meant.

    `names` gives what may follow a command, such as the names of the agents.
    """

    file_taken = Signal(object)
    resource_taken = Signal(object)

    def __init__(self, box: QPlainTextEdit, conversation: Conversation, holder: QWidget, tasks: TaskOwner) -> None:
        super().__init__(holder)
        self.names: Callable[[str], Sequence[str]] = lambda _command: ()
        self.list = CompletionList(box)
        self.list.setParent(holder)
        self._box, self._conversation, self._holder, self._tasks = box, conversation, holder, tasks
        self._files: WorkspaceFiles | None = None
        self._commands: list[SlashCommand] = []
        self._looked_at = 0.0
        self._asked = 0
        self._begins = 0
        self._is_taking = False
        self.list.taken.connect(self._take)

    async def commands(self) -> list[SlashCommand]:
        """All commands that may be typed: the Studio's own, skills, those of plugins, and prompts of tool servers."""
        if not self._looked_at or time.monotonic() - self._looked_at > FRESH_S:
            config = self._conversation.config.ecosystem if self._conversation.has_config else None
            self._commands = await look_for(self._conversation.profile, self._conversation.workspace, config)
            self._looked_at = time.monotonic()
        named = {each.name for each in self._commands}
        prompts = await self._conversation.offers.prompts()
        return [*OWN, *self._commands, *(each for each in prompts if each.name not in named)]

    def offer_of_server(self, name: str) -> None:
        """Offer what a tool server has to attach, as if `@server:` were typed."""
        cursor = self._box.textCursor()
        before = self._box.toPlainText()[: cursor.position()]
        self._box.setFocus()
        cursor.insertText(f"{' ' if before and not before[-1].isspace() else ''}@{name}:")

    def look(self) -> None:
        """Offer what fits the text before the cursor, as it is now."""
        if self._is_taking:
            return
        self._asked += 1
        cursor = self._box.textCursor()
        before = self._box.toPlainText()[: cursor.position()] if not cursor.hasSelection() else ""
        if not ("@" in before or before.startswith("/")):
            self.list.close_list()
            return
        self._tasks.start(self._offer(before, self._asked), what="complete the message")

    async def _offer(self, before: str, asked: int) -> None:
        candidates, typed = await self._candidates(before)
        if asked != self._asked:  # something else was typed meanwhile
            return
        self._begins = len(before) - len(typed)
        self.list.offer(candidates, self._holder)
        if (found := _FILE.fullmatch(before)) is None:
            return
        servers, resources = await self._offered_by_servers(found["typed"])
        if (servers or resources) and asked == self._asked:
            best_files = candidates[:BEST_FILES]
            self.list.offer([*servers, *best_files, *resources, *candidates[BEST_FILES:]], self._holder)

    async def _offered_by_servers(self, typed: str) -> tuple[list[Candidate], list[Candidate]]:
        """The tool servers of which the name was begun, and what of theirs fits; after `server:` all that it has."""
        resources = await self._conversation.offers.resources()
        counts = Counter(dict.fromkeys(self._conversation.offers.known(), 0))
        counts.update(each.server for each in resources)
        server = next((name for name in counts if typed.startswith(f"{name}:")), "")
        chosen = [each for each in resources if server in ("", each.server)]
        by_label = {f"{each.label} {each.title}".strip(): each for each in chosen}
        limit = MOST_OFFERED if server else MOST_OF_SERVERS
        found = [_of_resource(by_label[label]) for label in best(typed, list(by_label), limit)] if typed else []
        address = typed.removeprefix(f"{server}:")
        if server and "://" in address and all(each.uri != address for each in chosen):
            found.append(_of_resource(Resource(server, address, tr("this address, if the server has it"))))
        begun = [name for name in counts if name.startswith(typed)][:MOST_OF_SERVERS]
        told = {name: tr("{count} things to attach", count=counts[name]) for name in begun}
        return [Candidate(f"{name}:", told[name], f"@{name}:") for name in begun], found

    async def _candidates(self, before: str) -> tuple[list[Candidate], str]:
        """What may be meant by the end of a text, and that end."""
        if (found := _COMMAND.fullmatch(before)) is not None:
            return await self._offered_commands(found["typed"]), before
        if (found := _ARGUMENT.fullmatch(before)) is not None:
            names = best(found["typed"], list(self.names(found["command"])), MOST_OFFERED)
            if names == [found["typed"]]:
                return [], ""
            told = {name: tr(name) for name in names if found["command"] == "mode" and tr(name) != name}
            return [Candidate(name, told.get(name, ""), f"{name} ") for name in names], found["typed"]
        if (found := _FILE.fullmatch(before)) is not None:
            return await self._offered_files(found["typed"]), f"@{found['typed']}"
        return [], ""

    async def _offered_commands(self, typed: str) -> list[Candidate]:
        by_name = {each.name: each for each in await self.commands()}
        names = best(typed, list(by_name), MOST_OFFERED) if typed else list(by_name)[:MOST_OFFERED]
        return [Candidate(by_name[name].usage, by_name[name].words[:200], f"/{name} ") for name in names]

    async def _offered_files(self, typed: str) -> list[Candidate]:
        from loom_studio.services.workspace_files import WorkspaceFiles  # a window is shown without it

        workspace = self._conversation.workspace
        if self._files is None or self._files.root != workspace:
            self._files = WorkspaceFiles(workspace)
        paths = await self._files.matching(typed, MOST_OFFERED)
        return [Candidate(path, "", f"@{path}" if path.endswith("/") else f"@{path} ") for path in paths]

    def _take(self, candidate: Candidate) -> None:
        """Put the choice in the place of what was typed."""
        cursor = self._box.textCursor()
        end = cursor.position()
        cursor.setPosition(self._begins)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self._asked += 1
        self._is_taking = True
        cursor.insertText(candidate.insert)
        self._is_taking = False
        self._box.setTextCursor(cursor)
        self._box.setFocus()
        if candidate.about is not None:
            self.resource_taken.emit(candidate.about)
        elif candidate.insert.startswith("@"):
            if candidate.insert.endswith(("/", ":")):
                self.look()
            else:
                self.file_taken.emit(Path(self._conversation.workspace / candidate.insert[1:].rstrip()))
        elif candidate.insert.strip().removeprefix("/") in ("agent", "model", "mode", "tool"):
            self.look()


def _of_resource(resource: Resource) -> Candidate:
    return Candidate(resource.label, resource.title, f"@{resource.label} ", resource)
