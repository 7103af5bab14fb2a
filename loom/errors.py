r"""The error tree: every error that loom raises on purpose, with a sentence for the person who reads it.

LoomError
├── ConfigError (also TypeError, ValueError)   a configuration object or agent file is wrong
├── SessionClosedError (also RuntimeError)     a run was started in a closed session
├── ProviderError                              a model provider could not answer
│   ├── ProviderUnavailableError               no key, no model, no connection, overloaded
│   ├── RateLimitError                         too many requests, or a spending limit
│   ├── AuthenticationError                    the key was refused
│   ├── InvalidRequestError                    the provider refused the request itself
│   ├── ResponseError                          the answer could not be read
│   └── StreamInterruptedError                 the answer broke off or stalled
├── ToolError
│   ├── ToolNotFoundError
│   ├── ToolPermissionError                    the gate said no
│   ├── ToolArgumentError                      arguments that the schema does not admit
│   └── ToolExecutionError                     the tool itself failed
├── ContextError
│   ├── ContextOverflowError                   the request is larger than the model's window
│   └── MaxDepthError                          sub-agents too deep
├── RunLimitError                              a run reached one of its limits
├── ApprovalError                              a decision that no longer fits its request
├── HookDeniedError                            a hook refused a message or the end of a run
├── AuditError                                 what was decided can't be written down
├── WorkCancelledError                         work was stopped by whoever it was for
├── StoreError                                 the log of sessions can't be read or written
│   └── SessionInUseError                      another program, or another run, owns the session
├── InterchangeError                           a session of another program can't be read
├── ToolServerError                            a tool server can't be started, reached or used
├── KnowledgeError                             a source can't be read, or its index can't be used
├── CheckpointError                            a file can't be stored, compared or taken back
├── SkillError                                 a skill's file can't be used
├── PluginError                                a plugin can't be read, installed or used
└── VetoError                                  a safety rule forbids it
"""

from __future__ import annotations

from typing import Any


class LoomError(Exception):
    """Base of every error that loom raises on purpose."""

    retryable: bool = False
    """Whether doing the same again later may succeed."""

    def to_dict(self) -> dict[str, Any]:
        """The error as `RunResult.error` carries it: type, message, retryable."""
        return {"type": type(self).__name__, "message": str(self), "retryable": self.retryable}


class ConfigError(LoomError, ValueError, TypeError):
    """A configuration value is of the wrong type or not allowed; the message names the field."""


class SessionClosedError(LoomError, RuntimeError):
    """The session was closed; start another."""


class ProviderError(LoomError):
    """A model provider could not answer.

    `status` is the HTTP status if there was one. `retry_after_s` is what the provider asked for, in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        status: int | None = None,
        retryable: bool | None = None,
        retry_after_s: float | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.status = status
        self.retry_after_s = retry_after_s
        self.request_id = request_id
        if retryable is not None:
            self.retryable = retryable


class ProviderUnavailableError(ProviderError):
    """The provider cannot be reached or is not set up: no key, no connection, overloaded."""


class RateLimitError(ProviderError):
    """The provider refused for now: too many requests, or a limit on spending (then not retryable)."""

    retryable = True


class AuthenticationError(ProviderError):
    """The provider refused the key; the message names where the key came from."""


class InvalidRequestError(ProviderError):
    """The provider refused the request itself; sending it again gives the same answer."""


class ResponseError(ProviderError):
    """The provider's answer could not be read: malformed events, an HTML page, an unknown shape."""

    retryable = True


class StreamInterruptedError(ProviderError):
    """The answer broke off or stalled before its end. `partial_text` is what had arrived."""

    retryable = True

    def __init__(self, message: str, *, partial_text: str = "", **details: Any) -> None:
        super().__init__(message, **details)
        self.partial_text = partial_text


class ToolError(LoomError):
    """Something about a tool call went wrong; the model is told and the run goes on."""

    def __init__(self, message: str, *, tool: str = "") -> None:
        super().__init__(message)
        self.tool = tool


class ToolNotFoundError(ToolError):
    """The model asked for a tool that this agent does not have."""


class ToolPermissionError(ToolError):
    """The gate refused the call. `rule` names what decided, `reason` why."""

    def __init__(self, message: str, *, tool: str = "", rule: str = "", reason: str = "") -> None:
        super().__init__(message, tool=tool)
        self.rule = rule
        self.reason = reason or message


class ToolArgumentError(ToolError):
    """The arguments are not a JSON object that the tool's schema admits; the tool did not run."""


class ToolExecutionError(ToolError):
    """The tool ran and failed, or ran out of time."""


class ContextError(LoomError):
    """Something about the context that the model sees."""


class ContextOverflowError(ContextError, ProviderError):
    """The request is larger than the model's context window."""


class MaxDepthError(ContextError):
    """A sub-agent would be deeper than the limit."""


class RunLimitError(LoomError):
    """A run reached one of its limits.

    `reason` is max_iterations, time_limit, token_limit, cost_limit or cost_unknown.
    """

    def __init__(self, message: str, *, reason: str = "limit") -> None:
        super().__init__(message)
        self.reason = reason


class ApprovalError(LoomError):
    """A decision does not fit: already decided, expired, or for another call."""


class HookDeniedError(LoomError):
    """A hook refused a message or the end of a run."""


class AuditError(LoomError):
    """The audit can't be read or written, or was changed."""


class StoreError(LoomError):
    """The log of sessions can't be read or written; the message says which file, why, and what to do."""


class SessionInUseError(StoreError):
    """Somebody else writes to the session: it can be read, or forked."""


class WorkCancelledError(LoomError):
    """Somebody ended a harness run while it worked."""


class InterchangeError(LoomError):
    """A session of another program can't be read; the message says which formats are understood."""


class KnowledgeError(LoomError):
    """A source of knowledge can't be read, or its index can't be used; the message says which and why."""


class CheckpointError(LoomError):
    """A checkpoint can't be made, read or taken back; files are left as they are."""


class ToolServerError(LoomError):
    """A tool server can't be started, reached or used; the message says which, why, and what to do."""


class SkillError(LoomError):
    """A skill can't be used; the message says what is wrong with its file."""


class PluginError(LoomError):
    """A plugin can't be read, installed or used; the message says which, and what to do."""


class VetoError(LoomError):
    """A safety rule forbids it."""


def describe_error(error: BaseException) -> dict[str, Any]:
    """Any exception as `RunResult.error` carries it: type, message, retryable."""
    if isinstance(error, LoomError):
        return error.to_dict()
    return {"type": type(error).__name__, "message": str(error) or type(error).__name__, "retryable": False}
