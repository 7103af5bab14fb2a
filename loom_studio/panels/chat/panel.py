"""The chat of one session: what was said and done, what waits for the person, and where they write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from loom.errors import ApprovalError, LoomError
from loom.types.permissions import PermissionMode
from loom_studio.panels.chat.attaching import Attaching
from loom_studio.panels.chat.composer import Composer
from loom_studio.panels.chat.context_bar import ContextBar
from loom_studio.panels.chat.earlier import Earlier
from loom_studio.panels.chat.empty_state import EmptyState
from loom_studio.panels.chat.find_bar import FindBar
from loom_studio.panels.chat.state_bar import StateBar
from loom_studio.panels.chat.waiting import Waiting
from loom_studio.panels.chat.work_line import WorkLine, doing_now
from loom_studio.runtime_words import said_of
from loom_studio.services.conversations import MUTE_S, Conversation, Outgoing
from loom_studio.services.sessions import SessionsService
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.transcript_row import TranscriptRow
from loom_studio.viewmodels.feed import EventFeed
from loom_studio.viewmodels.transcript import SummaryModel, TranscriptModel, left_open, rows_of
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.named import named
from loom_studio.widgets.transcript_view import TranscriptView

# What a first paint does not need is imported after it.
if TYPE_CHECKING:
    from loom.runtime import Run
    from loom.types.approvals import Decision
    from loom.types.events import RunEvent
    from loom_studio.panels.chat.approval_card import ApprovalCard
    from loom_studio.panels.chat.burst_card import BurstCard
    from loom_studio.panels.chat.completion import Completer

ROWS_A_TURN = 150
"""How many earlier rows join the transcript before the window does something else."""
SOON_S = 0.5
"""A message that takes longer to be in the transcript is said to be on its way."""
SAID_CHARS = 200
DENSITIES = ("Normal", "Verbose", "Summary")


class ChatPanel(QWidget):
    """Shows a conversation and lets the person take part in it. Several panels run at once; one is in view."""

    setup_wanted = Signal()
    review_wanted = Signal()
    restore_wanted = Signal(int)
    """Files and conversation are to be as they were before a record of the log."""
    run_wanted = Signal(str)
    """An agent is wanted that works on what was noticed: the event's id."""
    command_wanted = Signal(str, str)
    """A command that is about more than this chat: its name, and what followed it."""
    fork_wanted = Signal(int)
    """A fork of the session up to a record is wanted; 0: of all of it."""
    queue_deleted = Signal(object, int)
    """A message that waited is not to be sent: the Outgoing, and its place among those that wait."""

    def __init__(
        self, conversation: Conversation, diff_choice: DiffChoice | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.conversation = conversation
        self.may_run: Callable[[Conversation], Awaitable[bool]] | None = None
        self._diff_choice = diff_choice
        self.model = TranscriptModel(self)
        self.feed = EventFeed(self)
        self.feed.batch_ready.connect(self.model.apply)
        self.tasks = TaskOwner(self.complain)
        self.transcript = TranscriptView()
        self.transcript.setModel(self.model)
        self._summary: SummaryModel | None = None  # it looks at every row, so it is there only while it is shown
        self.density = "Normal"
        self.transcript.row_activated.connect(self._on_row)
        self.new_messages = named(QPushButton(tr("New messages ↓")), "New messages")
        self.new_messages.hide()
        self.find_bar = FindBar()
        self.find_bar.wanted.connect(self._on_find)
        self.find_bar.typed.connect(self._on_find_typed)
        self.transcript.link_activated.connect(self._on_link)
        self.earlier = Earlier(self)
        self.transcript.message_menu = self.earlier.add_actions
        self.context_bar = ContextBar()
        self.state_bar = StateBar()
        self.work_line = WorkLine(lambda: doing_now(self.conversation.state, self.model.rows))
        self.review = named(QPushButton(), "Review changes")
        self.review.clicked.connect(self.review_wanted)
        self.composer = Composer()
        self.command_arguments: Callable[[str], Sequence[str]] = lambda _command: ()
        self.waiting = Waiting(self)
        self._was_sent = self._is_driving = self._is_rewinding = False
        self.leave: Callable[[], Coroutine[Any, Any, None]] = self.aclose
        self._reading = asyncio.Lock()
        self.attaching = Attaching(conversation, self.composer, self.tasks, self.complain, lambda: self.completer, self)
        self._lay_out()
        self._connect()
        self.empty = EmptyState(self.transcript)
        self.empty.setup_wanted.connect(self.setup_wanted)
        self.model.rowsInserted.connect(self.empty.hide)
        self.model.modelReset.connect(lambda: self.empty.setVisible(not self.model.rows))
        self._refresh()

    @cached_property
    def card(self) -> ApprovalCard:
        """The card of the call that waits for the person; made with the first one."""
        from loom_studio.panels.chat.approval_card import ApprovalCard

        card = ApprovalCard(self._diff_choice)
        card.decided.connect(self._decide)
        card.edit_wanted.connect(self._on_edit_wanted)
        card.edit_changed.connect(self._on_edit_changed)
        card.rule_changed.connect(self._on_rule_changed)
        self._layout.insertWidget(self._layout.indexOf(self.context_bar), card)
        return card

    @cached_property
    def burst_card(self) -> BurstCard:
        """The card of many changes at once; made with the first."""
        from loom_studio.panels.chat.burst_card import BurstCard

        card = BurstCard()
        card.tell_wanted.connect(self.tell_alert)
        card.run_wanted.connect(self.run_wanted)
        card.mute_wanted.connect(self._on_mute)
        card.dismiss_wanted.connect(self._on_dismiss)
        self._layout.insertWidget(self._layout.indexOf(self.context_bar), card)
        return card

    @cached_property
    def completer(self) -> Completer:
        """What offers commands and files while a message is written; made with the first `/` or `@`."""
        from loom_studio.panels.chat.completion import Completer

        completer = Completer(self.composer.message, self.conversation, self, self.tasks)
        completer.names = self.command_arguments
        completer.file_taken.connect(self.attaching.file)
        completer.resource_taken.connect(self.attaching.resource)
        self.composer.message.completions = completer.list
        return completer

    def _on_typed(self) -> None:
        text = self.composer.message.toPlainText()
        if "completer" in vars(self) or "@" in text or text.startswith("/"):
            self.completer.look()

    def _connect(self) -> None:
        self.transcript.new_below.connect(self.new_messages.show)
        self.transcript.reached_end.connect(self.new_messages.hide)
        self.new_messages.clicked.connect(self._on_new_messages)
        self.composer.submitted.connect(self.submit)
        self.composer.message.textChanged.connect(self._on_typed)
        self.composer.stopped.connect(self.stop)
        self.composer.mode_chosen.connect(self._on_mode)
        self.composer.recalled.connect(self.earlier.edit_last)
        self.composer.fork_wanted.connect(self._on_fork_before)
        self.state_bar.resume_wanted.connect(lambda: self.tasks.start(self.go_on(), what="resume the run"))
        self.state_bar.settle_wanted.connect(lambda: self.tasks.start(self._settle(), what="mark the run as done"))
        self.state_bar.discard_wanted.connect(lambda: self.tasks.start(self._discard(), what="discard the run"))
        self.state_bar.fork_wanted.connect(lambda: self.fork_wanted.emit(0))
        self.context_bar.compact_wanted.connect(lambda: self.tasks.start(self._compact(), what="compact the context"))
        self.context_bar.renew_wanted.connect(lambda: self.tasks.start(self._start_fresh(), what="renew the context"))
        self.context_bar.later_wanted.connect(self._on_later)
        self.conversation.said.connect(self._on_said)
        self.conversation.run_began.connect(self._on_run_began)
        self.conversation.rewound.connect(self._on_rewound)
        self.conversation.changed.connect(self._refresh)
        self.conversation.noticed.connect(self._show_burst)

    def _lay_out(self) -> None:
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.find_bar)
        layout.addWidget(self.transcript, 1)
        layout.addWidget(self.new_messages, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.work_line)
        layout.addWidget(self.context_bar)
        layout.addWidget(self.state_bar)
        reviewing = QHBoxLayout()
        reviewing.setContentsMargins(12, 0, 12, 0)
        reviewing.addWidget(self.review)
        reviewing.addStretch(1)
        layout.addLayout(reviewing)
        layout.addWidget(self.composer)

    @property
    def is_untouched(self) -> bool:
        """True while nothing was written or sent here."""
        return not (self._was_sent or self.model.rows or self.composer.message.toPlainText())

    def submit(self, message: Outgoing) -> None:
        """Send a message, or queue it while a run works; one that begins with `/` may be a command."""
        if message.text.startswith("/") or self._reading.locked():
            self.tasks.start(self._do_or_send(message), what="do the command")
        else:
            self.send(message)

    async def _do_or_send(self, message: Outgoing) -> None:
        from loom_studio.panels.chat.slash import do_command, meant

        async with self._reading:  # what was written later is sent later
            command = await meant(self, message) if message.text.startswith("/") else None
            if command is None and not await self._asks_for_arguments(message):
                self.send(message)
        if command is not None:
            await do_command(self, *command)

    async def _asks_for_arguments(self, message: Outgoing) -> bool:
        """Whether the message calls a prompt of a tool server that wants to know more: then a form asks for it."""
        from loom_studio.panels.chat.prompt_form import form_for

        form = await form_for(self, message) if message.text.startswith("/") else None
        if form is not None:
            form.open()
        return form is not None

    def send(self, message: Outgoing) -> None:
        """Send a message as it is, or queue it while a run works."""
        self._was_sent = True
        if self.conversation.is_running:
            self.conversation.queued.append(message)
            self.conversation.changed.emit()
        else:
            self.tasks.start(self.converse(message), what="send the message")

    async def converse(self, message: Outgoing) -> None:
        """Run a message, and after it the ones that were queued meanwhile."""
        following: Outgoing | None = message
        while following is not None:
            if self.may_run is not None and not await self.may_run(self.conversation):
                self.composer.give_back([following])
                return
            try:
                if following.before:
                    await self.rewind(following.before)
                await self.drive(self.conversation.start(following), following.text)
            except LoomError:
                if not self.conversation.is_running:
                    self.composer.give_back([following])
                raise
            following = self._next_message()
        self._refresh()

    def _next_message(self) -> Outgoing | None:
        queue = self.conversation.queued
        return queue.popleft() if queue else None

    async def drive(self, begin: Coroutine[Any, Any, Run], said: str = "") -> None:
        """Begin a run and show it, up to its end. `said` is told while what must be ready first takes long."""
        self._is_driving = True
        slow = asyncio.get_running_loop().call_later(SOON_S, self._say_on_its_way, said)
        try:
            await self.feed.pump(self._shown_from_its_start(self.conversation.watch(await begin), slow))
        finally:
            self._is_driving = False
            self._end_on_its_way(slow)

    async def _shown_from_its_start(
        self, events: AsyncIterator[RunEvent], slow: asyncio.TimerHandle
    ) -> AsyncGenerator[RunEvent]:
        async for event in events:
            if event.type == "run.started":
                self._end_on_its_way(slow)
            yield event

    def _say_on_its_way(self, said: str) -> None:
        names = self.conversation.offers.connecting()
        waits = tr("Connecting {names} …", names=", ".join(names)) if names else tr("Getting ready …")
        line = " ".join(said.split())
        cut = line if len(line) <= SAID_CHARS else f"{line[:SAID_CHARS]} …"
        self.composer.show_sending(f"{cut}\n{waits}".strip())

    def _end_on_its_way(self, slow: asyncio.TimerHandle) -> None:
        slow.cancel()
        self.composer.show_sending("")

    def take_over(self) -> None:
        """Go on with the run and the messages that wait, from here: who began them is gone."""
        self.tasks.start(self._take_over(), what="go on with the run")

    async def _take_over(self) -> None:
        if self.conversation.run is not None:
            async for _ in self.conversation.watch(self.conversation.run):
                pass  # shown already: what it means for the session is noted
        message = self._next_message()
        if message is not None:
            await self.converse(message)

    def _on_run_began(self, run: Run) -> None:
        """Show a run that was begun in another window."""
        if not self._is_driving:
            self.tasks.start(self.feed.pump(run.events()), what="follow the run")

    async def rewind(self, before: int) -> None:
        """Go back to before a record, and show what is left."""
        await self._rewound_by(self.conversation.rewind(before))

    async def _rewound_by(self, change: Coroutine[Any, Any, None]) -> None:
        self._is_rewinding = True
        try:
            await change
        finally:
            self._is_rewinding = False
        await self.load()

    def _on_rewound(self) -> None:
        """Show what is left after another window went back."""
        if not self._is_rewinding:
            self.tasks.start(self.load(), what="read the session")

    async def go_on(self) -> None:
        """Resume the interrupted run."""
        await self.drive(self.conversation.resume())
        self._refresh()

    async def load(self) -> None:
        """Show what the store holds of the session: its end first, then what came before."""
        sessions, session_id = self.conversation.sessions, self.conversation.id
        if sessions is None:
            return
        part = await sessions.part(session_id)
        run = self.conversation.run if self.conversation.is_running and not self._is_driving else None
        if run is not None:  # what it said is shown as it is said, from its beginning
            first = min((event.n for event in run.feed.events if event.n), default=part.first_n)
            part = part._replace(events=[event for event in part.events if event.n < first])
            self._on_run_began(run)
        rows = rows_of(part.events)
        self.conversation.context.take(part.events)
        self.model.load(left_open(rows) if self.conversation.state == "interrupted" else rows)
        self.transcript.go_to_end()
        if part.first_n > 1:
            earlier = await sessions.before(session_id, part.first_n, rows_of)
            for end in range(len(earlier), 0, -ROWS_A_TURN):
                self.model.put_before(earlier[max(0, end - ROWS_A_TURN) : end])
                await asyncio.sleep(0)
        self.conversation.owner = await sessions.owner_elsewhere(session_id)
        self._refresh()
        if self.conversation.owner:
            after = part.events[-1].n if part.events else 0
            self.tasks.start(self._follow(sessions, after), what="follow the session")

    async def _follow(self, sessions: SessionsService, after: int) -> None:
        """Show what another program writes, until it lets go of the session."""
        await self.feed.pump(sessions.follow(self.conversation.id, after))
        self.conversation.owner = ""
        await sessions.refresh()
        self._refresh()

    def show_record(self, n: int) -> None:
        """Bring what record `n` of the log began into view."""
        number = self.model.number_of(n)
        if number >= 0:
            self._show_number(number)

    def show_alert(self, summary: str) -> None:
        """Bring the line that tells of an alert into view."""
        rows = self.model.rows
        found = (n for n in range(len(rows) - 1, -1, -1) if rows[n].kind == "notice" and rows[n].text.endswith(summary))
        if (number := next(found, -1)) >= 0:
            self._show_number(number)

    def next_density(self) -> str:
        """Show more or less: Normal, Verbose (all details open), Summary (what was said); returns which it is now."""
        self.density = DENSITIES[(DENSITIES.index(self.density) + 1) % len(DENSITIES)]
        self.model.be_verbose(on=self.density == "Verbose")
        before, self._summary = self._summary, SummaryModel(self.model) if self.density == "Summary" else None
        self.transcript.setModel(self._summary or self.model)
        if before is not None:
            before.deleteLater()
        return self.density

    def go_to_trouble(self) -> None:
        """Bring the next error into view."""
        number = self.model.next_trouble(self._source_row(self.transcript.currentIndex().row()))
        if number >= 0:
            self._show_number(number)

    def _source_row(self, number: int) -> int:
        """The model's row for one that is shown."""
        if self._summary is None or number < 0:
            return number
        return self._summary.mapToSource(self._summary.index(number, 0)).row()

    def _show_number(self, number: int) -> None:
        if self._summary is not None:
            number = self._summary.mapFromSource(self.model.index(number, 0)).row()
        if number >= 0:
            self.transcript.show_row(number)

    def tell_alert(self, event_id: str) -> None:
        """Have the agent look at what was noticed: at its next step, or in a run of its own."""
        event = self.conversation.noticed_event(event_id)
        if event is None:
            return
        text = f"Look at what was noticed, and say what it means for your task: {event.summary}"
        if self.conversation.run is not None and self.conversation.is_running:
            self.conversation.run.steer(text)
        else:
            self.submit(Outgoing(text))

    def _on_mute(self, event_id: str) -> None:
        self.tasks.start(self.conversation.mute(event_id, MUTE_S), what="mute it")

    def _on_dismiss(self, event_id: str) -> None:
        self.tasks.start(self.conversation.dismiss(event_id), what="dismiss it")

    def _show_burst(self) -> None:
        from loom_studio.services.alerts import burst_of

        burst = burst_of(self.conversation)
        if burst is not None or "burst_card" in self.__dict__:
            self.burst_card.show_burst(burst)

    def _on_row(self, number: int) -> None:
        self.model.toggle(self._source_row(number))

    async def _compact(self) -> None:
        await self.conversation.context.compress()

    async def _start_fresh(self) -> None:
        await self.conversation.context.renew()

    def _on_later(self) -> None:
        self.conversation.context.snooze()
        self._refresh()

    def _on_said(self, event: RunEvent) -> None:
        """Show what happened outside a run."""
        for row in rows_of([event]):
            self.model.add(row)

    async def _settle(self) -> None:
        await self._rewound_by(self.conversation.settle())

    async def _discard(self) -> None:
        await self._rewound_by(self.conversation.discard())

    def tell(self, sentence: str) -> None:
        """Show a sentence that is no error where the person looks."""
        self.model.add(TranscriptRow(f"notice {len(self.model.rows)}", "notice", sentence))

    def complain(self, sentence: str) -> None:
        """Show an error where the person looks."""
        self.model.add(TranscriptRow(f"error {len(self.model.rows)}", "error", sentence))

    def open_find(self) -> None:
        """Show the line to find text with."""
        self.find_bar.open_bar()

    async def aclose(self) -> None:
        """End what is done here; the conversation goes on where another window shows it."""
        self.conversation.run_began.disconnect(self._on_run_began)
        await self.tasks.aclose()

    def _on_find_typed(self, text: str) -> None:
        self.find_bar.show_result(found=self.transcript.find_text(text, stays=True))

    def _on_find(self, text: str, forward: bool) -> None:
        self.find_bar.show_result(found=self.transcript.find_text(text, forward=forward))

    def _on_link(self, address: str) -> None:
        from loom_studio.panels.chat.link_question import ask_about_link

        source = self.model.source(address)
        if source is None:
            ask_about_link(address, self)
            return
        from loom_studio.panels.chat.source_view import SourceView

        SourceView(source, self.tasks, self).open()

    def _on_edit_wanted(self, request_id: str) -> None:
        request = self.conversation.request(request_id)
        if request is not None:
            self.card.edit_form.open_with(request.arguments)

    def _on_edit_changed(self, request_id: str, text: str) -> None:
        self.card.edit_form.show_fault(self.conversation.fault_in(request_id, text))

    def _on_rule_changed(self, request_id: str, rule: str) -> None:
        self.tasks.start(self._show_covered(request_id, rule), what="try the rule")

    async def _show_covered(self, request_id: str, rule: str) -> None:
        sentence, usable = await self.conversation.try_rule(request_id, rule)
        if self.card.rule_form.rule.text() == rule:
            self.card.rule_form.show_covered(sentence, usable=usable)

    def _decide(self, request_id: str, decision: Decision) -> None:
        try:
            self.conversation.decide(request_id, decision)
        except ApprovalError as error:
            self.complain(said_of(error))
        self.card.clear()
        self.composer.message.setFocus()

    def stop(self) -> None:
        """End the run; what was queued goes back into the message box."""
        if self.conversation.is_running:
            self.composer.give_back(self.conversation.stop())

    def _on_fork_before(self, n: int) -> None:
        self.fork_wanted.emit(n - 1)

    def _on_mode(self, mode: PermissionMode) -> None:
        self.conversation.set_mode(mode)

    def _on_new_messages(self) -> None:
        self.new_messages.hide()
        self.transcript.go_to_end()

    def _refresh(self) -> None:
        self.composer.show_state(running=self.conversation.is_running, queued=list(self.conversation.queued))
        if not self.model.rows and self.conversation.has_config:
            self.empty.show_agent(self.conversation.config, self.conversation.workspace, self.conversation.problem())
        self.review.setText(tr("{changes} · Review", changes=self.conversation.changed_files))
        self.review.setVisible(bool(self.conversation.changed_files))
        self.context_bar.show_planned(self.conversation.context.state.planned)
        self.state_bar.show_state(self.conversation.state, self.conversation.owner)
        self.work_line.look()
        pending = self.conversation.pending
        if pending:
            self.card.show_request(pending[0].payload)
        elif "card" in self.__dict__:
            self.card.clear()
