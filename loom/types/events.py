"""The catalogue of run events: every type, and the shape of its payload.

`RunEvent.payload` is a plain dict of the shape that `PAYLOADS[event.type]` describes. The runtime builds these dicts
directly, since validating each would cost more than the run; the tests validate every event of every run they make.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loom.types.ids import generate_id
from loom.types.payload import Payload
from loom.types.runs import utc_now
from loom.types.said import Said, made_late
from loom.types.server_events import McpAnswered, McpAsked, McpServer


@made_late
@dataclass(slots=True)
class RunEvent(Said):
    """One thing that happened in a run.

    `seq` counts from 0 without gaps; `visibility` is user or audit. `n` is the event's place in its session's log; 0 if
    it is not kept there.
    """

    id: str = field(default_factory=generate_id)
    run_id: str = ""
    type: str = ""
    ts: datetime = field(default_factory=utc_now)
    visibility: str = "user"
    payload: dict[str, Any] = field(default_factory=dict[str, Any])
    seq: int = 0
    n: int = 0


class RunStarted(Payload):
    """The run began to work (it may have waited in its session's queue before), or went on (`resumed`).

    `cause` says which trigger started it on what, where it was no person.
    """

    prompt: str
    session_id: str
    agent: str = ""
    model: str = ""
    resumed: bool = False
    cause: dict[str, Any] | None = None


class RunCompleted(Payload):
    """The run reached its end; `reason` is end_turn, max_tokens, refusal, local_summary or tool_call."""

    output: str
    reason: str
    usage: dict[str, Any]
    iterations: int
    duration_ms: int


class RunFailed(Payload):
    """The run ended without reaching its end. `output` is what was said so far."""

    message: str
    error: dict[str, Any]
    reason: str
    output: str
    usage: dict[str, Any]
    iterations: int
    duration_ms: int


class RunCancelled(Payload):
    """Somebody stopped the run. `output` is what was said so far."""

    reason: str
    output: str
    usage: dict[str, Any]
    iterations: int
    duration_ms: int


class RunLooping(Payload):
    """The same call gave the same result so many times in a row: the run may be going round in circles."""

    step: int
    call_id: str
    tool: str
    times: int


class StepStarted(Payload):
    """The model is about to be asked. Steps count from 1."""

    step: int


class StepRetried(Payload):
    """A model call failed and is made again after `delay_s`; what this step had streamed so far is void."""

    step: int
    attempt: int
    delay_s: float
    error: dict[str, Any]


class StepCompleted(Payload):
    """The model's answer and the tool calls in it are done. `tools` counts the calls.

    `model_ms` is how long the model was asked, `first_token_ms` until the attempt that succeeded said something.
    """

    step: int
    stop_reason: str
    tools: int
    duration_ms: int
    model_ms: int = 0
    first_token_ms: int | None = None


class Delta(Payload):
    """A piece of text as it arrives."""

    text: str
    step: int


class MessageCompleted(Payload):
    """A whole message joined the history. `tool_calls` are `{id, name, arguments}`; `steered` marks a user's remark."""

    role: str
    text: str
    step: int
    thinking: str = ""
    tool_calls: list[dict[str, Any]] = []
    stop_reason: str = ""
    steered: bool = False
    partial: bool = False


class ToolRequested(Payload):
    """The model asked for a tool, perhaps of a `server`. `malformed` holds arguments that could not be read."""

    call_id: str
    tool: str
    arguments: dict[str, Any]
    step: int
    malformed: str = ""
    server: str = ""


class ToolApprovalRequested(Payload):
    """The call waits for a person. `arguments` are final, secrets in them hidden; `risk` is as in ApprovalRequest.

    `preview` is the call as a person reads it (`kind` diff, command or url, and `text`), `why` what the model said.
    """

    request_id: str
    call_id: str
    tool: str
    arguments: dict[str, Any]
    arguments_hash: str
    reason: str
    rule: str
    risk: str
    description: str
    schema_hash: str = ""
    agent: str = ""
    why: str = ""
    preview: dict[str, str] = {}
    warnings: list[str] = []
    may_last: bool = False
    rule_offered: str = ""
    policy_version: str = ""


class ToolApprovalDecided(Payload):
    """The answer: allow_once, allow_session, allow_always, deny or stop; `edited` if it came with other arguments."""

    request_id: str
    call_id: str
    tool: str
    verdict: str
    reason: str
    by: str
    edited: bool = False


class ToolVetoed(Payload):
    """The call was refused and did not run.

    `kind` is veto, policy, hook, rate_limit, arguments, unknown_tool, no_approver, denied, stopped, not_logged,
    interrupted or gate_error. `match` is what a rule is about: the `argument`, and `text`, of which `start` to `end`
    matched.
    """

    call_id: str
    tool: str
    kind: str
    rule: str
    reason: str
    message: str
    match: dict[str, Any] = {}


class ToolStarted(Payload):
    """The tool's body is about to run with exactly these arguments; `allowed_by` names what permitted it."""

    call_id: str
    tool: str
    arguments: dict[str, Any]
    arguments_hash: str
    allowed_by: str


class ToolProgress(Payload):
    """A tool says how it is getting on."""

    call_id: str
    tool: str
    message: str


class ToolCompleted(Payload):
    """The tool ran to its end. `content` is what the model is told; the whole is in `artifact_id` if it was cut."""

    call_id: str
    tool: str
    content: str
    duration_ms: int
    artifact_id: str | None = None
    images: int = 0


class ToolFailed(Payload):
    """The tool ran and failed. `content` is what the model is told; the whole is in `artifact_id` if it was cut."""

    call_id: str
    tool: str
    content: str
    error: dict[str, Any]
    duration_ms: int
    artifact_id: str | None = None


class ToolUnknown(Payload):
    """The tool was started and its outcome is not known (it was interrupted)."""

    call_id: str
    tool: str
    reason: str


class FilesChanged(Payload):
    """A tool call changed files of the workspace: `files` are `{path, what, added_lines, removed_lines}`.

    `before` and `after` say how these files were, so that they can be shown and taken back.
    """

    call_id: str
    tool: str
    files: list[dict[str, Any]]
    before: dict[str, Any]
    after: dict[str, Any]


class ContextPressure(Payload):
    """How full the context is: ρ = used / window, both in tokens.

    `partitions` are the tokens of system, working, memory, skill and history; their sum is `used_tokens`.
    """

    used_tokens: int
    window_tokens: int
    rho: float
    estimated: bool
    partitions: dict[str, int] = {}


class ContextCompressionPlanned(Payload):
    """The next step begins with a compression of this level, unless somebody snoozes it; `detail` is what it cuts."""

    level: str
    rho: float
    saves_tokens: int
    detail: str


class ContextCompressed(Payload):
    """The context was made smaller. Tokens are estimates where nothing was counted.

    `summary_by` is the model that wrote to the summary, `summary_usage` what that used, and `summary_problem` why the
    one that was asked did not.
    """

    strategy: str
    tokens_before: int
    tokens_after: int
    detail: str
    summary_by: str = ""
    summary_usage: dict[str, Any] = {}
    summary_problem: str = ""


class ContextProviderEdited(Payload):
    """The provider itself left something out of the context before it answered: its own words for that, and ours."""

    step: int
    edits: list[dict[str, Any]]
    detail: str


class ContextRenewed(Payload):
    """The window was begun anew; `handoff` is the document it begins with, `why` is over_window or requested.

    `summary_by`, `summary_usage` and `summary_problem` are as those of a compression.
    """

    sprint: int
    why: str
    tokens_before: int
    tokens_after: int
    handoff: dict[str, Any]
    summary_by: str = ""
    summary_usage: dict[str, Any] = {}
    summary_problem: str = ""


class ContextPinned(Payload):
    """A message stays as it is from now on, or no longer; `key` names it by its content."""

    key: str
    is_pinned: bool
    text: str


class ContextWorking(Payload):
    """The working part is another: the model wrote its plan (steps are `{text, is_done}`), or evidence was found."""

    plan: list[dict[str, Any]]
    notes: list[str]
    progress: str
    decisions: list[str] = []
    questions: list[str] = []
    evidence: list[str] = []
    citations: list[str] = []


class MemoryChanged(Payload):
    """What is remembered became another: `command` is create, str_replace, insert, delete, rename or expire.

    `by` is who changed it; `title` is the first line of the file. The text itself is in the file.
    """

    command: str
    path: str
    by: str
    title: str = ""
    new_path: str = ""
    call_id: str = ""
    added_lines: int = 0
    removed_lines: int = 0
    files: int = 1


class KnowledgeFound(Payload):
    """Something was found in the agent's knowledge; a piece has number, source, title, uri, snippet, and its place.

    Its place is `path`, `start`, `end` (characters), `line`, `end_line` and `hash`, where it has them. `problems` are
    sentences on sources that could not be asked, or not as they are now.
    """

    question: str
    pieces: list[dict[str, Any]]
    problems: list[str] = []


class SkillActivated(Payload):
    """A skill's instructions are the model's from now on: `content`, word for word; `by` is model or person.

    `source` is its file; `allowed_tools` are the only ones that run unasked in the run `run_id`, whose steps are those
    of its `model` and `effort` (1 to 5), if it has them.
    """

    name: str
    content: str
    source: str
    by: str
    arguments: str = ""
    allowed_tools: list[str] = []
    run_id: str = ""
    model: str = ""
    effort: int | None = None


class EcosystemNotice(Payload):
    """Something that the person has to know of what surrounds the agent: what waits for their trust, or is broken."""

    text: str


class ToolsFound(Payload):
    """The model looked for tools by these words; they are offered to it from its next step on."""

    query: str
    names: list[str]


class UsageUpdated(Payload):
    """Tokens of the step just made, and of the run so far.

    `purpose` is summary, sub_agent or sampling where no step was made; `model` is another than the run's. What is
    `estimated` is our own count: the run has a limit, and the provider says none.
    """

    step: int
    usage: dict[str, Any]
    total: dict[str, Any]
    purpose: str = ""
    model: str = ""
    estimated: bool = False


class ArtifactCreated(Payload):
    """The run left something behind."""

    artifact_id: str
    kind: str
    title: str
    uri: str


class HeartbeatEventSeen(Payload):
    """A watch saw something that is worth telling; `action` is queue, request or force.

    `paths` and `summary` are escaped; `gain` is the information gain, `at` in seconds since 1970. `during` names a tool
    of the run that ran then and may have caused it.
    """

    id: str
    source: str
    kind: str
    summary: str
    urgency: str
    paths: list[str]
    count: int
    at: float
    gain: float
    detail: dict[str, Any]
    action: str
    during: str = ""


class HeartbeatInterrupt(Payload):
    """An event wants the model's attention: running tools are told (`request`) or were cancelled (`force`)."""

    event_id: str
    action: str
    summary: str
    call_ids: list[str]


class HeartbeatTold(Payload):
    """The model is told of events with the request of this step; `text` is the note that joined the history."""

    event_ids: list[str]
    step: int
    text: str


class HeartbeatDisposed(Payload):
    """An event was settled: by the model, a person, or the heartbeat, which keeps so many only."""

    event_id: str
    decision: str
    by: str
    summary: str


class SprintPlanned(Payload):
    """Criteria were proposed for a sprint, beside those that stand."""

    sprint: int
    goal: str
    criteria: list[str]


class SprintAgreed(Payload):
    """The criteria of a sprint are agreed; `dropped` are those that whoever approved the contract took out."""

    sprint: int
    goal: str
    criteria: list[str]
    dropped: list[str] = []


class SprintStarted(Payload):
    """The generator begins to work."""

    sprint: int
    goal: str


class SprintCriterion(Payload):
    """One criterion was judged, or could not be (`passed` is None); `confidence` is from 0 to 1."""

    sprint: int
    criterion: str
    passed: bool | None
    evidence: str
    confidence: float | None
    file: str = ""
    line: int | None = None


class SprintEnded(Payload):
    """A sprint was judged; `accepted_by` names who took its work although it failed."""

    sprint: int
    passed: bool
    critique: str
    accepted_by: str = ""


class HarnessCompleted(Payload):
    """A harness run ended; `reason` is as in HarnessResult."""

    passed: bool
    sprints: int
    reason: str
    critique: str


DELTAS = frozenset({"text.delta", "thinking.delta"})
"""Events that no log keeps: what they say ends in one message."""


PAYLOADS: dict[str, type[Payload]] = {
    "run.started": RunStarted,
    "run.completed": RunCompleted,
    "run.failed": RunFailed,
    "run.cancelled": RunCancelled,
    "run.looping": RunLooping,
    "step.started": StepStarted,
    "step.retried": StepRetried,
    "step.completed": StepCompleted,
    "text.delta": Delta,
    "thinking.delta": Delta,
    "message.completed": MessageCompleted,
    "tool.requested": ToolRequested,
    "tool.approval_requested": ToolApprovalRequested,
    "tool.approval_decided": ToolApprovalDecided,
    "tool.vetoed": ToolVetoed,
    "tool.started": ToolStarted,
    "tool.progress": ToolProgress,
    "tool.completed": ToolCompleted,
    "tool.failed": ToolFailed,
    "mcp.server": McpServer,
    "mcp.asked": McpAsked,
    "mcp.answered": McpAnswered,
    "tool.unknown": ToolUnknown,
    "files.changed": FilesChanged,
    "context.pressure": ContextPressure,
    "context.compression_planned": ContextCompressionPlanned,
    "context.compressed": ContextCompressed,
    "context.provider_edited": ContextProviderEdited,
    "context.renewed": ContextRenewed,
    "context.pinned": ContextPinned,
    "context.working": ContextWorking,
    "memory.changed": MemoryChanged,
    "knowledge.found": KnowledgeFound,
    "skill.activated": SkillActivated,
    "tools.found": ToolsFound,
    "ecosystem.notice": EcosystemNotice,
    "usage.updated": UsageUpdated,
    "artifact.created": ArtifactCreated,
    "heartbeat.event": HeartbeatEventSeen,
    "heartbeat.interrupt": HeartbeatInterrupt,
    "heartbeat.told": HeartbeatTold,
    "heartbeat.disposed": HeartbeatDisposed,
    "sprint.planned": SprintPlanned,
    "sprint.contract": SprintAgreed,
    "sprint.started": SprintStarted,
    "sprint.criterion": SprintCriterion,
    "sprint.passed": SprintEnded,
    "sprint.failed": SprintEnded,
    "harness.completed": HarnessCompleted,
}
"""Event type → payload model. The types of a later part of loom are added here with it."""
