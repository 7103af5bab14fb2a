"""A message that was sent, read from the log as it can be sent again: its text, and what was attached."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loom.threads import in_thread
from loom_studio.services.attachments import Attachment
from loom_studio.services.conversations import Outgoing
from loom_studio.services.sessions import SessionsService

if TYPE_CHECKING:
    from loom.memory.sqlite_store import SQLiteStore
    from loom.types.content import ContentBlock

MOST_RECORDS = 200
"""So soon after the record that a run began stands the message that began it."""
_NAMES = re.compile(r"(?:\A|\n\n)Attached: ([^\n]*)\Z")
"""What `Outgoing.prompt` adds to a text."""


async def sent_message(sessions: SessionsService, session_id: str, n: int, prompt: str) -> Outgoing:
    """The message that began a run, to take the place of it: record `n` of the log, which told the model `prompt`."""
    store = await sessions.store()
    blocks = await in_thread(_attached, store, session_id, n)
    found = _NAMES.search(prompt)
    if not blocks or found is None:
        return Outgoing(prompt, before=n)
    names = found[1].split(", ", len(blocks) - 1)
    return Outgoing(prompt[: found.start()], tuple(map(Attachment, names, blocks)), n)


def _attached(store: SQLiteStore, session_id: str, n: int) -> list[ContentBlock]:
    from loom.memory.codec import message_from_data  # not needed to start
    from loom.memory.records import HISTORY_MESSAGE

    for record in store.records(session_id, n - 1, MOST_RECORDS):
        if record.type == HISTORY_MESSAGE and record.data["role"] == "user":
            content = message_from_data(record.data).content
            return [] if isinstance(content, str) else content[1:]
    return []
