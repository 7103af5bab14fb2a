"""What went wrong with a provider, sorted into our error tree with a sentence for the person."""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, cast
from urllib.parse import urlsplit

from loom.errors import (
    AuthenticationError,
    ContextOverflowError,
    InvalidRequestError,
    LoomError,
    ProviderError,
    ProviderUnavailableError,
    RateLimitError,
    ResponseError,
    StreamInterruptedError,
)

RETRYABLE_STATUS = frozenset({408, 409, 429, 500, 502, 503, 504, 520, 522, 524, 529})
OVERFLOW_STATUS = frozenset({400, 413, 422, 429, 500})
MESSAGE_CHARS = 500
LEAST_KEY_CHARS = 6
"""A shorter key is a placeholder, which stands in too many words to be hidden."""
LEAST_MASKED_CHARS = 4
"""So much of a key tells that it was meant, where asterisks stand for the rest."""

# Each provider's and server's own words for it; there is no code that all of them have.
_OVERFLOW = re.compile(
    r"context[_ ]length|context window|maximum context|maximum prompt length|maximum model length"
    r"|exceeds? (the (available )?|maximum )?context|exceed_context_size|(input|prompt) is too long|request_too_large"
    r"|too many (input )?tokens|input tokens exceed|token count .{0,40}exceeds|exceeded model token limit"
    r"|prompt exceeds max length|range of input length|reduce the length of the (messages|input|prompt)"
    r"|max_new_tokens.{0,3} must be <=|tokens must be reduced in order to run",
    re.IGNORECASE,
)
_SPENT = re.compile(
    r"insufficient_quota|billing|spend(ing)?[_ ]limit|credit balance|exceeded your current quota", re.IGNORECASE
)
HIDDEN = "«hidden»"
_MASKED = re.compile(r"([\w-]*)(?:\*{2,}|…|\.{3})([\w-]*)")
_MISTRUST = "CERTIFICATE_VERIFY_FAILED"
_USER = re.compile(r"//[^/?#]*@")
_TAGS = re.compile(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", re.IGNORECASE | re.DOTALL)

# In-band errors carry a type where a response would carry a status.
STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "api_error": 500,
    "server_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom was asked: for sentences. `key_source` says where the key came from; `key` is only there to be hidden."""

    provider: str
    model: str
    key_source: str = ""
    address: str = ""
    key: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """The address as it is told, without a password in it."""
        return _USER.sub("//", self.address)


def from_status(
    origin: Origin, status: int, body: Any, headers: Mapping[str, str] | None = None, kind: str = ""
) -> LoomError:
    """The error for an HTTP answer that is not a success.

    `body` is parsed JSON or text; `kind` a provider's own name of the fault, if it is known already.
    """
    headers = headers or {}
    message, found_kind = _message(body)
    kind = kind or found_kind
    details: dict[str, Any] = {
        "provider": origin.provider,
        "status": status,
        "request_id": headers.get("x-request-id") or headers.get("request-id") or "",
    }
    said = f": {message}" if message else ""
    who = f"{origin.provider} ({origin.model})"
    if status in OVERFLOW_STATUS and (_OVERFLOW.search(message) or _OVERFLOW.search(kind)):
        return ContextOverflowError(
            f"{who} says that the conversation is longer than the model's window{said}", **details
        )
    if status == 413:
        return ContextOverflowError(f"{who} says that the request is too large (413){said}", **details)
    if status in (401, 403):
        key = f" Check the key from {origin.key_source}." if origin.key_source else ""
        return AuthenticationError(f"{who} refused the key ({status}){said}.{key}", **details)
    if 300 <= status < 400:
        text = f"{who} answers with a redirect ({status}), which is not followed: the key must not travel"
        return InvalidRequestError(f"{text}. Check the address", **details)
    if status == 404:
        where = f" at {origin.place}" if origin.address else ""
        return InvalidRequestError(f"{origin.provider} has no model {origin.model!r}{where} (404){said}", **details)
    if status == 429 or (status == 402 and _SPENT.search(f"{kind} {message}")):
        return _limited(who, f"{kind} {message}", said, headers, details)
    if _should_retry(status, headers):
        text = f"{who} is not available now ({status}){said}"
        return ProviderUnavailableError(text, retryable=True, retry_after_s=retry_after(headers), **details)
    return InvalidRequestError(f"{who} refused the request ({status}){said}", **details)


def from_event(origin: Origin, error: Any) -> LoomError:
    """The error for one that came inside a stream, as an event."""
    message, kind = _message({"error": error} if not isinstance(error, dict) or "error" not in error else error)
    data: dict[str, Any] = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
    code = data.get("code")
    if isinstance(code, str) and re.fullmatch(r"[45]\d\d", code):
        code = int(code)
    status = code if isinstance(code, int) else STATUS_OF_TYPE.get(kind) or STATUS_OF_TYPE.get(str(code), 500)
    if status == 400 and not kind and not message:
        status = 500
    if status == 500 and _OVERFLOW.search(f"{kind} {message}"):
        status = 400
    return from_status(origin, status, {"error": {"message": message, "type": kind}}, kind=kind)


def from_exception(origin: Origin, error: Exception) -> LoomError:
    """The error for whatever an SDK or the HTTP client raised before the answer began; loom's own pass through."""
    if isinstance(error, LoomError):
        return error
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        response = getattr(error, "response", None)
        headers: Mapping[str, str] = getattr(response, "headers", None) or {}
        body = getattr(error, "body", None)
        return from_status(origin, status, body if body is not None else str(error), headers)
    cause = error.__cause__ or error
    where = origin.place or f"{origin.provider}'s server"
    name = type(cause).__name__
    if name == "LocalProtocolError" or isinstance(cause, (ValueError, LookupError, TypeError, AttributeError)):
        why = str(cause).partition(" b'")[0] or name  # what follows is a header's value, perhaps a secret
        return InvalidRequestError(f"The request to {where} can't be made: {why}", provider=origin.provider)
    if name in ("UnsupportedProtocol", "InvalidURL") or not _has_good_port(origin.address):
        text = f"{where} is no server's address; write it like http://localhost:8000/v1"
        return InvalidRequestError(text, provider=origin.provider)
    if "Timeout" in name or isinstance(cause, TimeoutError):
        text = f"{where} did not answer in time"
    else:
        text = f"No connection to {where}: {str(cause) or name}"
    lasts = _MISTRUST in text  # the certificate is the same at the next try
    return ProviderUnavailableError(text, provider=origin.provider, retryable=not lasts)


def _has_good_port(address: str) -> bool:
    try:
        urlsplit(address).port  # noqa: B018  it is looked at when it is asked for
    except ValueError:
        return False
    return True


def hide_key(origin: Origin, error: ProviderError) -> None:
    """Take the key out of an error's sentence, and what asterisks leave of it: servers tell what they were sent."""
    if len(origin.key) >= LEAST_KEY_CHARS:
        error.args = tuple(_hidden(origin.key, each) for each in error.args)


def _hidden(key: str, said: Any) -> Any:
    if not isinstance(said, str):
        return said
    told = said.replace(key, HIDDEN)
    return _MASKED.sub(lambda found: HIDDEN if _is_masked(key, *found.groups()) else found[0], told)


def _is_masked(key: str, begin: str, end: str) -> bool:
    return len(begin) + len(end) >= LEAST_MASKED_CHARS and key.startswith(begin) and key.endswith(end)


def broken_off(origin: Origin, error: Exception | None, partial: str) -> StreamInterruptedError:
    """The error for a stream that ended before the answer did."""
    why = f": {str(error) or type(error).__name__}" if error is not None else ""
    return StreamInterruptedError(
        f"{origin.provider} ({origin.model}) broke off in the middle of its answer{why}",
        provider=origin.provider,
        partial_text=partial,
    )


def stalled(origin: Origin, seconds: float, partial: str) -> StreamInterruptedError:
    """The error for a stream on which nothing more happened."""
    return StreamInterruptedError(
        f"{origin.provider} ({origin.model}) said nothing more for {seconds:g} s",
        provider=origin.provider,
        partial_text=partial,
    )


def unreadable(origin: Origin, what: str, sample: bytes | str) -> ResponseError:
    """The error for an answer that is not what the protocol says."""
    text = sample.decode("utf-8", "replace") if isinstance(sample, bytes) else sample
    shown = _plain(text)[:200]
    return ResponseError(f"{origin.provider} ({origin.model}) sent {what}: {shown}", provider=origin.provider)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider asks to wait: `retry-after-ms`, or `retry-after` as seconds or as a date."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after", "")
        if not value:
            return None
        if re.fullmatch(r"\d+(\.\d+)?", value.strip()):
            return float(value)
        moment = email.utils.parsedate_to_datetime(value)
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return max(0.0, moment.timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _limited(who: str, text: str, said: str, headers: Mapping[str, str], details: dict[str, Any]) -> ProviderError:
    if _SPENT.search(text):
        return RateLimitError(f"{who}: the account's spending limit is reached{said}", retryable=False, **details)
    return RateLimitError(
        f"{who} says that there were too many requests{said}",
        retry_after_s=retry_after(headers),
        retryable=headers.get("x-should-retry", "").lower() != "false",
        **details,
    )


def _should_retry(status: int, headers: Mapping[str, str]) -> bool:
    asked = headers.get("x-should-retry", "").lower()
    if asked in ("true", "false"):
        return asked == "true"
    return status in RETRYABLE_STATUS or status >= 500


def _message(body: Any) -> tuple[str, str]:
    """The provider's sentence and its name for the fault, from a body of any shape."""
    if not isinstance(body, dict):
        return (_plain(body)[:MESSAGE_CHARS] if isinstance(body, str) else "", "")
    data = cast("dict[str, Any]", body)
    inner: Any = data.get("error", data)
    if isinstance(inner, str):
        return inner[:MESSAGE_CHARS], ""
    if not isinstance(inner, dict):
        return "", ""
    fields = cast("dict[str, Any]", inner)
    kinds = [str(fields[name]) for name in ("type", "code", "status") if fields.get(name)]
    known = [kind for kind in kinds if _OVERFLOW.search(kind)] or [kind for kind in kinds if kind in STATUS_OF_TYPE]
    return str(fields.get("message") or "")[:MESSAGE_CHARS], next(iter(known or kinds), "")


def _plain(text: str) -> str:
    return " ".join(_TAGS.sub(" ", text).split())
