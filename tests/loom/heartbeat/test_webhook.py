"""The listener for other programs: what it takes, and from whom."""

import json
from pathlib import Path

import httpx2
import pytest

from loom.config import HeartbeatConfig, WatchConfig
from loom.errors import ConfigError
from loom.heartbeat.heartbeat import Heartbeat
from loom.heartbeat.webhook import Webhook
from tests.support.watched import hearing

TOKEN = "a-token-of-a-test-0123"  # noqa: S105  of this test alone
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}


async def posted(port: int, content: bytes, headers: dict[str, str], method: str = "POST") -> int:
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.request(method, f"http://127.0.0.1:{port}/", content=content, headers=headers)
    return answer.status_code


async def test_what_is_posted_becomes_an_event() -> None:
    hook = Webhook(TOKEN)
    body = {"kind": "deploy", "summary": "it failed\n\u202e", "urgency": "high", "payload": {"job": 3}}
    async with hearing(hook) as heard:
        assert await posted(hook.port, json.dumps(body).encode(), WITH_TOKEN) == 202
        event = await heard.next()
    assert (event.source, event.kind, event.urgency) == ("signal", "deploy", "high")
    assert event.summary == r"it failed\n\u202e"
    assert event.payload["payload"] == {"job": 3}


@pytest.mark.parametrize(
    ("headers", "content", "method", "status"),
    [
        ({}, b"{}", "POST", 401),
        ({"Authorization": "Bearer another"}, b"{}", "POST", 401),
        ({**WITH_TOKEN, "Host": "evil.example:80"}, b"{}", "POST", 403),
        (WITH_TOKEN, b"", "GET", 405),
        (WITH_TOKEN, b"no json", "POST", 400),
        (WITH_TOKEN, b"[1]", "POST", 400),
        (WITH_TOKEN, b"[" * 60_000, "POST", 400),
        (WITH_TOKEN, b"{" + b" " * 70_000 + b"}", "POST", 413),
    ],
)
async def test_what_is_refused(headers: dict[str, str], content: bytes, method: str, status: int) -> None:
    hook = Webhook(TOKEN)
    async with hearing(hook) as heard:
        assert await posted(hook.port, content, headers, method) == status
        assert heard.queue.empty()


async def test_there_is_a_listener_only_with_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="at least 16"):
        Webhook("short")
    config = HeartbeatConfig(
        watch_sources=[WatchConfig.signal(), WatchConfig.signal(webhook_token_env="SURELY_NOT_SET_TOKEN")]  # noqa: S106
    )
    heartbeat = Heartbeat(config, tmp_path)
    heartbeat.start()
    await heartbeat.ready()
    try:
        assert not any(isinstance(monitor, Webhook) for monitor in heartbeat.monitors)
        assert "SURELY_NOT_SET_TOKEN" in heartbeat.health()["signal watch"].why
    finally:
        await heartbeat.aclose()


async def test_a_port_that_is_taken_is_shown() -> None:
    first = Webhook(TOKEN)
    async with hearing(first):
        second = Webhook(TOKEN, first.port)
        async with hearing(second):
            assert "can't be listened on" in second.health.why
