"""What a model is asked beside the steps of a run: each such request, and what came back, stands whole in the log."""

from __future__ import annotations

import time
from typing import Any

from loom.errors import LoomError, ProviderError
from loom.memory.codec import message_to_data, new_log_id
from loom.memory.records import BESIDE_ANSWERED, BESIDE_SENT, NewRecord
from loom.providers.base import Completion, CompletionRequest, Provider, Sending
from loom.providers.retry import RetryPolicy, complete_with_retries
from loom.runtime.session_log import SessionLog

NOT_IN_TIME = "It was stopped before it answered"


async def asked_beside(
    provider: Provider,
    request: CompletionRequest,
    retries: RetryPolicy,
    purpose: str,
    log: SessionLog | None = None,
    run_id: str = "",
) -> Completion:
    """What a model answers to one request, for `purpose` (summary, sampling, title); both are noted in `log`.

    Raises ProviderError also where the answer has no end.
    """
    if log is None:
        return await _completed(provider, request, retries)
    told: dict[str, Any] = {"id": new_log_id(), "purpose": purpose}
    messages = [message_to_data(each) for each in request.messages]
    sent = {**told, "model": request.model, "system": request.system, "messages": messages}
    log.add(NewRecord(BESIDE_SENT, sent, run_id))
    wire: dict[str, Any] = {}

    def sending(how: Sending) -> None:
        wire.update(provider=how.provider, form=how.form, path=how.path, fields=how.fields)

    began, answer = time.monotonic(), {"problem": NOT_IN_TIME}
    try:
        completion = await _completed(provider, request.watched(sending), retries)
        answer = _told(completion)
    except LoomError as error:
        answer = {"problem": str(error)}
        raise
    finally:
        took_ms = round((time.monotonic() - began) * 1000)
        log.add(NewRecord(BESIDE_ANSWERED, {**told, **answer, "took_ms": took_ms, "wire": wire}, run_id))
    return completion


async def _completed(provider: Provider, request: CompletionRequest, retries: RetryPolicy) -> Completion:
    completion = await complete_with_retries(provider, request, retries)
    if completion is None:
        raise ProviderError(f"{request.model} ended its answer without saying so")
    return completion


def _told(completion: Completion) -> dict[str, Any]:
    usage = completion.usage.to_dict() if completion.usage is not None else {}
    return {"text": completion.message.text, "stop_reason": str(completion.stop_reason), "usage": usage}
