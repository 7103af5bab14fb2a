"""A run's events as rows of the transcript."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from loom_studio.overriding import override
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said
from loom_studio.texts import marked, tr
from loom_studio.transcript_row import SOURCE_LINK, Quote, Source, TranscriptRow
from loom_studio.viewmodels.citations import cited_in, found_row, is_search, searched_row

if TYPE_CHECKING:
    from loom.types.events import RunEvent

NO_INDEX = QModelIndex()
ABOUT_CHARS = 72
TELLING = ("path", "file_path", "command", "pattern", "query", "url", "prompt", "goal")
"""The arguments that say best what a call is about."""
CUTS = ("context.compressed", "context.provider_edited", "context.renewed")
NOTICES = (
    *CUTS,
    *("memory.changed", "heartbeat.event", "heartbeat.interrupt", "run.looping", "skill.activated", "ecosystem.notice"),
    *("mcp.server", "mcp.asked", "mcp.answered"),
)
LOOKED_BACK = 500
"""In so many rows is looked whether something was said already."""
ASKED = {
    "form": marked("asks you something"),
    "url": marked("wants to open an address"),
    "sampling": marked("wants to use the agent's model"),
    "sign_in": marked("wants you to sign in"),
}
"""What a tool server asks, by the kind of its question."""
ANSWERED = {
    "accept": marked("You answered (tool server {server})"),
    "decline": marked("It was declined (tool server {server})"),
    "cancel": marked("It was left unanswered (tool server {server})"),
}
ENDED = {"interrupted": marked("Interrupted: the program ended here."), "forked": marked("Forked here.")}
"""What is said of a run that was cancelled, by the reason; of any other, that it was stopped."""
NEVER_RAN = {
    "asked for": marked("asked for, did not run"),
    "waits for you": marked("waits for you, did not run"),
}
"""The state of a call in a run that broke off, by the state that it was in."""
WORDS = frozenset(
    (
        *(marked("snip"), marked("micro"), marked("collapse"), marked("auto"), marked("reactive")),
        *(marked("low"), marked("high"), marked("critical")),
        *(marked("idle"), marked("disabled"), marked("suspended"), marked("connecting"), marked("ready")),
        *(marked("degraded"), marked("failed")),
    )
)
"""Words of events that a person reads: how a context was made smaller, urgencies, states of a tool server."""
TROUBLE = ("failed", "outcome unknown", "outcome unknown: it may have happened")


class Append(NamedTuple):
    """A new row at the end."""

    row: TranscriptRow


class Replace(NamedTuple):
    """Another value for a row that is there."""

    number: int
    row: TranscriptRow


Change = Append | Replace


def rows_of(events: Iterable[RunEvent]) -> list[TranscriptRow]:
    """The rows that events make, from nothing."""
    rows: list[TranscriptRow] = []
    for event in events:
        for change in fold(rows, event):
            if isinstance(change, Append):
                rows.append(change.row)
            else:
                rows[change.number] = change.row
    return rows


def left_open(rows: list[TranscriptRow]) -> list[TranscriptRow]:
    """The rows of a session whose run broke off: what was running may have happened, what was asked for did not."""
    begin = max((n for n, row in enumerate(rows) if row.kind == "user"), default=0)
    return [*rows[:begin], *(_broken_off(row) for row in rows[begin:])]


def _broken_off(row: TranscriptRow) -> TranscriptRow:
    if row.is_streaming:
        return row._replace(is_streaming=False, state=marked("broke off here"))
    if row.kind == "tool" and row.state.startswith("running"):
        return row._replace(state=marked("outcome unknown: it may have happened"))
    if row.kind == "tool" and row.state in NEVER_RAN:
        return row._replace(state=NEVER_RAN[row.state])
    return row


def fold(rows: list[TranscriptRow], event: RunEvent) -> list[Change]:
    """The changes that `event` makes to `rows`, which it leaves alone."""
    payload = event.payload
    match event.type:
        case "run.started":
            return [*_ended(rows), Append(_began(event))]
        case "text.delta":
            return _grown(rows, event, "assistant")
        case "thinking.delta":
            return _grown(rows, event, "thinking")
        case "message.completed":
            return _settled(rows, event)
        case "step.retried":
            voided = [Replace(n, r._replace(state=marked("void"), is_streaming=False)) for n, r in _streaming(rows)]
            text = tr(
                "{error} Trying again in {seconds:.1f} s.",
                error=said(payload["error"]["message"]),
                seconds=payload["delay_s"],
            )
            return [*voided, Append(TranscriptRow(event.id, "notice", text))]
        case _ if event.type in NOTICES:
            return _noticed(rows, event)
        case "knowledge.found":
            return _found(rows, event)
        case "run.failed" | "run.cancelled":
            return [*_ended(rows), Append(_end(event))]
        case _ if event.type.startswith("tool."):
            return _tool(rows, event)
        case _:
            return []


def _found(rows: list[TranscriptRow], event: RunEvent) -> list[Change]:
    number = next((n for n in range(len(rows) - 1, max(-1, len(rows) - 20), -1) if is_search(rows[n])), None)
    if number is None:
        return [Append(found_row(event))]
    return [Replace(number, searched_row(rows[number], event))]


def _noticed(rows: list[TranscriptRow], event: RunEvent) -> list[Change]:
    if event.type == "mcp.server" and _was_said(rows, event):
        return []
    return [Append(TranscriptRow(event.id, "notice", _notice(event), n=event.n))]


def _was_said(rows: list[TranscriptRow], event: RunEvent) -> bool:
    """Whether a tool server is still as the person was told last: each run says it anew."""
    now, well = _of_server(event), _of_server_in(event.payload["server"], tr("ready"))
    last = next(
        (row.text for row in reversed(rows[-LOOKED_BACK:]) if row.kind == "notice" and row.text in (now, well)), ""
    )
    return last == now


def _notice(event: RunEvent) -> str:
    return _cut(event) if event.type in CUTS else _alert(event)


def _cut(event: RunEvent) -> str:
    payload = event.payload
    if event.type == "context.provider_edited":
        return tr(
            "The provider made room in the context itself: {detail}. What stands above is still here.",
            detail=payload["detail"],
        )
    before, after = payload["tokens_before"], payload["tokens_after"]
    if event.type == "context.renewed":
        return tr(
            "The context began anew: handoff {sprint} says what was, {before:,} → {after:,} tokens.{by_model} "
            "What stands above is still here, and no longer in the model's window.",
            sprint=payload["sprint"],
            before=before,
            after=after,
            by_model=_by_model(payload),
        )
    return tr(
        "The context was made smaller ({strategy}): {detail}, {before:,} → {after:,} tokens.{by_model}",
        strategy=_word(payload["strategy"]),
        detail=said(payload["detail"]),
        before=before,
        after=after,
        by_model=_by_model(payload),
    )


def _word(word: str) -> str:
    """A word of an event as the person reads it; a name that somebody else gave stays."""
    return tr(word) if word in WORDS else word


def _around(event: RunEvent) -> str:
    """What happened with what surrounds the agent."""
    payload = event.payload
    if event.type == "ecosystem.notice":
        return said(payload["text"])
    name, source, tools = payload["name"], payload["source"], tr(", ").join(payload["allowed_tools"] or ())
    if not tools:
        return tr("Skill {name}: its instructions are the agent's now ({source}).", name=name, source=source)
    return tr(
        "Skill {name}: its instructions are the agent's now ({source}). Other tools than {tools} are asked about.",
        name=name,
        source=source,
        tools=tools,
    )


def _of_server(event: RunEvent) -> str:
    """How a tool server is, what it asks, and what became of that."""
    payload = event.payload
    server = payload["server"]
    if payload.get("state") == "changed":
        what = payload["detail"]
        return tr("The tool server {server} says that {what} changed since it was read", server=server, what=what)
    if event.type == "mcp.server":
        state, detail = _word(payload["state"]), said(payload["detail"])
        if not detail:
            return _of_server_in(server, state)
        return tr("The tool server {server} is {state}: {detail}", server=server, state=state, detail=detail)
    if event.type == "mcp.asked":
        asks = tr(ASKED[payload["kind"]])
        return tr("The tool server {server} {asks}: {message}", server=server, asks=asks, message=payload["message"])
    return tr(ANSWERED[payload["action"]], server=server)


def _of_server_in(server: str, state: str) -> str:
    return tr("The tool server {server} is {state}", server=server, state=state)


def _remembered(payload: Mapping[str, Any]) -> str:
    """What became of the memory, so that nothing is remembered or forgotten unseen."""
    path, title = payload["path"], payload.get("title")
    name = tr("{path} (“{title}”)", path=path, title=title) if title else path
    match payload["command"]:
        case "delete":
            return tr("Forgotten: {name}.", name=name)
        case "expire":
            return tr("Forgotten, since its time was over: {name}.", name=name)
        case "rename":
            return tr("The memory {path} is {new_path} now.", path=path, new_path=payload["new_path"])
        case _:
            added, removed = payload["added_lines"], payload["removed_lines"]
            return tr("Remembered: {name}, +{added} −{removed} lines.", name=name, added=added, removed=removed)


def _by_model(payload: Mapping[str, Any]) -> str:
    """Whether a model wrote to the summary, where one was asked; a sentence with a space before it."""
    if problem := payload.get("summary_problem"):
        return tr(
            " No model wrote to the summary ({problem}); it has lines of the conversation alone.", problem=problem
        )
    model = payload.get("summary_by")
    return tr(" {model} wrote to the summary.", model=model) if model else ""


def _began(event: RunEvent) -> TranscriptRow:
    if event.payload.get("resumed"):
        return TranscriptRow(event.id, "notice", tr("Resumed."), n=event.n)
    return TranscriptRow(event.id, "user", event.payload["prompt"], tr("You"), n=event.n)


def _alert(event: RunEvent) -> str:
    if event.type in ("skill.activated", "ecosystem.notice"):
        return _around(event)
    if event.type == "memory.changed":
        return _remembered(event.payload)
    if event.type == "run.looping":
        return tr(
            "{tool} gave the same result {times} times in a row: it may be stuck.",
            tool=event.payload["tool"],
            times=event.payload["times"],
        )
    if event.type.startswith("mcp."):
        return _of_server(event)
    if event.type == "heartbeat.interrupt":
        return tr("Interrupted what ran: {summary}", summary=event.payload["summary"])
    urgency = _word(event.payload["urgency"])
    return tr("Noticed ({urgency}): {summary}", urgency=urgency, summary=event.payload["summary"])


def _end(event: RunEvent) -> TranscriptRow:
    if event.type == "run.failed":
        return TranscriptRow(event.id, "error", said(event.payload["message"]), tr("The run failed"), n=event.n)
    return TranscriptRow(event.id, "notice", tr(ENDED.get(event.payload["reason"], marked("Stopped."))), n=event.n)


def _grown(rows: list[TranscriptRow], event: RunEvent, kind: Any) -> list[Change]:
    text = event.payload["text"]
    if rows and rows[-1].kind == kind and rows[-1].is_streaming:
        last = rows[-1]
        if kind == "thinking":
            return [Replace(len(rows) - 1, last._replace(detail=last.detail + text))]
        return [Replace(len(rows) - 1, last._replace(text=last.text + text))]
    if kind == "thinking":
        return [Append(TranscriptRow(event.id, kind, "", tr("Thinking"), "", text, is_streaming=True))]
    return [Append(TranscriptRow(event.id, kind, text, is_streaming=True))]


def _settled(rows: list[TranscriptRow], event: RunEvent) -> list[Change]:
    payload = event.payload
    if payload["role"] == "user":
        return [Append(TranscriptRow(event.id, "user", payload["text"], tr("You"), marked("steered"), n=event.n))]
    changes: list[Change] = []
    for number, row in _streaming(rows):
        text = payload["text"] if row.kind == "assistant" else row.text
        cited = cited_in(text, rows[:number]) if row.kind == "assistant" else ()
        changes.append(Replace(number, row._replace(text=text, is_streaming=False, n=event.n, sources=cited)))
    if payload.get("thinking") and not any(
        rows[c.number].kind == "thinking" for c in changes if isinstance(c, Replace)
    ):
        key, title = f"{event.id} thinking", tr("Thinking")
        changes.append(Append(TranscriptRow(key, "thinking", "", title, "", payload["thinking"], n=event.n)))
    if payload["text"] and not any(rows[c.number].kind == "assistant" for c in changes if isinstance(c, Replace)):
        cited = cited_in(payload["text"], rows)
        changes.append(Append(TranscriptRow(event.id, "assistant", payload["text"], n=event.n, sources=cited)))
    return changes


def _streaming(rows: list[TranscriptRow]) -> list[tuple[int, TranscriptRow]]:
    """The rows at the end that still stream."""
    return [(n, rows[n]) for n in range(max(0, len(rows) - 4), len(rows)) if rows[n].is_streaming]


def _ended(rows: list[TranscriptRow]) -> list[Change]:
    return [Replace(number, row._replace(is_streaming=False)) for number, row in _streaming(rows)]


def _as_json(arguments: object) -> str:
    import json  # a window is shown without it

    return json.dumps(arguments, ensure_ascii=False, indent=2)


def _tool(rows: list[TranscriptRow], event: RunEvent) -> list[Change]:
    payload = event.payload
    key = f"call {event.run_id} {payload['call_id']}"
    if event.type == "tool.requested":
        detail = payload["malformed"] or _as_json(payload["arguments"])
        server = payload.get("server", "")
        name = payload["tool"].removeprefix(f"{server}__") if server else payload["tool"]
        where = tr("server {server}", server=server) if server else ""
        title = " · ".join(part for part in (name, where, _about(payload["arguments"])) if part)
        return [Append(TranscriptRow(key, "tool", "", title, marked("asked for"), detail, n=event.n))]
    found = next((n for n in range(len(rows) - 1, -1, -1) if rows[n].key == key), None)
    if found is None:
        return []
    row = rows[found]
    match event.type:
        case "tool.approval_requested":
            return [Replace(found, row._replace(state=marked("waits for you")))]
        case "tool.started":
            return [Replace(found, row._replace(state=f"running · {payload['allowed_by']}"))]
        case "tool.completed":
            return [
                Replace(
                    found,
                    row._replace(state=_took(payload["duration_ms"]), detail=f"{row.detail}\n\n{payload['content']}"),
                )
            ]
        case "tool.failed":
            return [
                Replace(found, row._replace(state=marked("failed"), detail=f"{row.detail}\n\n{payload['content']}"))
            ]
        case "tool.unknown":
            return [Replace(found, row._replace(state=marked("outcome unknown")))]
        case "tool.vetoed":
            kind = "veto" if payload["kind"] in ("veto", "policy", "rate_limit") else "tool"
            refused = row._replace(kind=kind, state=marked("refused"), text=payload["message"], quote=_quote(payload))
            return [Replace(found, refused)]
        case _:
            return []


def _about(arguments: Mapping[str, Any]) -> str:
    """What a call is about, in a few words: its path, command or question."""
    told = [*(arguments[name] for name in TELLING if name in arguments), *arguments.values()]
    found = next((each for each in told if isinstance(each, str) and each.strip()), "")
    line = escape_invisible(" ".join(found.split()))
    return line if len(line) <= ABOUT_CHARS else f"{line[: ABOUT_CHARS - 1]}…"


def _took(duration_ms: float) -> str:
    if duration_ms >= 1000:
        return tr("done in {seconds:.1f} s", seconds=duration_ms / 1000)
    return tr("done in {milliseconds:.0f} ms", milliseconds=duration_ms)


def _quote(payload: dict[str, Any]) -> Quote | None:
    match = payload.get("match")
    return Quote(match["argument"], match["text"], match["start"], match["end"]) if match else None


class TranscriptModel(QAbstractListModel):
    """The rows of one session; it obeys `fold`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[TranscriptRow] = []
        self.is_verbose = False

    @override
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    @override
    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row._replace(is_open=not row.is_open) if self.is_verbose and row.detail else row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.plain
        return None

    def apply(self, events: list[RunEvent]) -> None:
        """Fold a batch of events in; each row that changed is announced once, and notices in a row together."""
        changed: set[int] = set()
        notices: list[TranscriptRow] = []
        for event in events:
            if event.type in NOTICES and event.type != "mcp.server":  # the others look at no row before them
                notices += [change.row for change in fold(self.rows, event)]
                continue
            self._append(notices, changed)
            for change in fold(self.rows, event):
                if isinstance(change, Append):
                    self._append([change.row], changed)
                else:
                    self.rows[change.number] = change.row
                    changed.add(change.number)
        self._append(notices, changed)
        self._announce(changed)

    def _append(self, rows: list[TranscriptRow], changed: set[int]) -> None:
        """Add rows, and empty the list of them, once what changed before was announced."""
        if not rows:
            return
        self._announce(changed)
        self.beginInsertRows(NO_INDEX, len(self.rows), len(self.rows) + len(rows) - 1)
        self.rows += rows
        self.endInsertRows()
        rows.clear()

    def add(self, row: TranscriptRow) -> None:
        """Add a row that no event made."""
        self.beginInsertRows(NO_INDEX, len(self.rows), len(self.rows))
        self.rows.append(row)
        self.endInsertRows()

    def load(self, rows: list[TranscriptRow]) -> None:
        """Begin anew with these rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def put_before(self, rows: list[TranscriptRow]) -> None:
        """Add rows before those that are there."""
        if rows:
            self.beginInsertRows(NO_INDEX, 0, len(rows) - 1)
            self.rows[:0] = rows
            self.endInsertRows()

    def be_verbose(self, *, on: bool) -> None:
        """Show each row's detail unless it was folded, or fold each unless it was opened."""
        self.beginResetModel()
        self.is_verbose = on
        self.endResetModel()

    def next_trouble(self, after: int) -> int:
        """The next row after `after` that tells of an error, beginning again at the top; -1 if none does."""
        troubled = [n for n, row in enumerate(self.rows) if row.kind in ("error", "veto") or row.state in TROUBLE]
        return next((n for n in troubled if n > after), troubled[0] if troubled else -1)

    def number_of(self, n: int) -> int:
        """The row that record `n` of the log began, or the last one before it; -1 if there is none."""
        return max((number for number, row in enumerate(self.rows) if 0 < row.n <= n), default=-1)

    def source(self, address: str) -> Source | None:
        """The source that a footnote's address names; None for any other address, or where nobody cites its number."""
        if not address.startswith(SOURCE_LINK):
            return None
        number = address.removeprefix(SOURCE_LINK)
        cited = (source for row in reversed(self.rows) if row.kind == "assistant" for source in row.sources)
        return next((source for source in cited if str(source.number) == number), None)

    def toggle(self, number: int) -> None:
        """Open or fold a row's detail."""
        row = self.rows[number]
        if row.detail:
            self.rows[number] = row._replace(is_open=not row.is_open)
            self._announce({number})

    def _announce(self, changed: set[int]) -> None:
        for number in sorted(changed):
            index = self.index(number, 0)
            self.dataChanged.emit(index, index)
        changed.clear()


class SummaryModel(QSortFilterProxyModel):
    """Of a transcript, what was said: without tool calls, thoughts and notices."""

    def __init__(self, transcript: TranscriptModel) -> None:
        super().__init__(transcript)
        self.setSourceModel(transcript)

    @override
    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex | QPersistentModelIndex) -> bool:
        row = self.sourceModel().index(source_row, 0, source_parent).data(Qt.ItemDataRole.UserRole)
        return row.kind in ("user", "error") or (row.kind == "assistant" and bool(row.text))
