"""A model run on this machine, in a child process: no key, no network, and neither its memory nor a crash is ours."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json, to_json

from loom.config.model import ModelRef
from loom.errors import ProviderError, ProviderUnavailableError
from loom.providers.base import Completion, CompletionRequest, StreamPart, TextDelta
from loom.providers.openai import OpenAIProvider
from loom.providers.pool import borrow_client, return_client
from loom.providers.weights import model_path
from loom.providers.wire import openai_chat
from loom.providers.wire.local_choice import ChoiceReader, choice_format, instructions
from loom.threads import in_thread

if TYPE_CHECKING:
    import httpx2

DEFAULT_OUTPUT_TOKENS = 512
STOP_GRACE_S = 3.0


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    url: str
    token: str


class LocalServer:
    """One child for one model file, shared by everybody in this process who uses that model."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.users = 0
        self._child: _Child | None = None
        self._lock = threading.Lock()

    def ensure(self) -> _Child:
        """The running child, started if there is none or the last one died. Blocks until the model is loaded.

        Raises ProviderUnavailableError when the model can't be loaded.
        """
        with self._lock:
            if self._child is not None and self._child.process.poll() is not None:
                _close_pipes(self._child.process)
                self._child = None
            if self._child is None:
                self._child = _start(self.path)
            return self._child

    def stop(self) -> None:
        """End the child, if it runs."""
        with self._lock:
            child, self._child = self._child, None
        if child is None:
            return
        _close_pipes(child.process)
        try:
            child.process.wait(STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


_servers: dict[Path, LocalServer] = {}


@atexit.register
def stop_all() -> None:
    """End every child of this process."""
    for server in list(_servers.values()):
        server.stop()


class LocalProvider:
    """Streams from a child process over its OpenAI-compatible endpoint.

    The small model gives no native tool calls; with tools it writes JSON, chosen by a schema: an answer, or one tool
    with its arguments.
    """

    name = "local"

    def __init__(self, ref: ModelRef) -> None:
        self.ref = ref
        self._server: LocalServer | None = None
        self._wire: tuple[str, OpenAIProvider] | None = None

    async def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        """One attempt; the first also starts the child and loads the model."""
        wire = await self._connected()
        asked = _in_words(request)
        if not request.tools:
            async with aclosing(_closable(wire.stream(asked))) as parts:
                async for part in parts:
                    yield part
            return
        reader = ChoiceReader()
        async with aclosing(_closable(wire.stream(asked))) as parts:
            async for part in parts:
                match part:
                    case TextDelta(text):
                        said = reader.feed(text)
                        if said:
                            yield TextDelta(said)
                    case Completion():
                        yield reader.completion(part)
                    case _:
                        yield part

    async def count_tokens(self, request: CompletionRequest) -> int:
        """What the model would read of `request`, by its own template and its own tokenizer. Raises ProviderError."""
        import httpx2  # the library alone does not need it

        await self._connected()
        asked = _in_words(request)
        http = await borrow_client()
        try:
            said = openai_chat.body({"model": request.model}, asked.system, asked.messages, b"")
            prompt = await self._told(http, "/apply-template", said)
            whole = {"content": prompt["prompt"], "add_special": True, "parse_special": True}
            return len((await self._told(http, "/tokenize", to_json(whole)))["tokens"])
        except (httpx2.HTTPError, ValueError, LookupError, TypeError) as error:
            raise ProviderError(f"The local model could not count a request: {error}", provider=self.name) from error
        finally:
            await return_client()

    async def _told(self, http: httpx2.AsyncClient, path: str, body: bytes) -> dict[str, Any]:
        assert self._server is not None  # noqa: S101  it is connected
        child = await in_thread(self._server.ensure)
        headers = {
            "authorization": f"Bearer {child.token}",
            "content-type": "application/json",
            "connection": "close",
        }
        answer = await http.post(child.url + path, content=body, headers=headers)
        answer.raise_for_status()
        return from_json(answer.content)

    async def aclose(self) -> None:
        """Give the child back; the last of its users ends it."""
        if self._wire is not None:
            await self._wire[1].aclose()
            self._wire = None
        server, self._server = self._server, None
        if server is not None:
            server.users -= 1
            if server.users == 0:
                _servers.pop(server.path, None)
                await in_thread(server.stop)

    async def _connected(self) -> OpenAIProvider:
        if self._server is None:
            path = await in_thread(model_path, self.ref.extensions.get("path"))
            self._server = _servers.setdefault(path, LocalServer(path))
            self._server.users += 1
        child = await in_thread(self._server.ensure)
        if self._wire is not None and self._wire[0] != child.url:
            await self._wire[1].aclose()
            self._wire = None
        if self._wire is None:
            self._wire = (child.url, _endpoint(self.ref, child))
        return self._wire[1]


def _in_words(request: CompletionRequest) -> CompletionRequest:
    """The request as it is sent: with tools told in the system's words, and an answer that a schema holds."""
    limit = request.max_output_tokens or DEFAULT_OUTPUT_TOKENS
    if not request.tools:
        return replace(request, max_output_tokens=limit)
    body = {**request.extensions.get("body", {}), "response_format": choice_format(request.tools)}
    return replace(
        request,
        tools=(),
        max_output_tokens=limit,
        system="\n\n".join(filter(None, [request.system, instructions(request.tools, request.messages)])),
        extensions={**request.extensions, "body": body},
    )


def _endpoint(ref: ModelRef, child: _Child) -> OpenAIProvider:
    """The child's endpoint, which speaks chat completions.

    It hangs up between requests without a word, so that one on the same connection now and then gets no answer.
    """
    told = {"api": "chat", "headers": {"connection": "close"}}
    return OpenAIProvider(replace(ref, extensions=told), child.token, "", child.url + "/v1", name=LocalProvider.name)


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _closable(parts: AsyncIterator[StreamPart]) -> AsyncGenerator[StreamPart]:
    return cast("AsyncGenerator[StreamPart]", parts)  # providers' streams are generators


def _start(path: Path) -> _Child:
    token = secrets.token_urlsafe(24)
    process = subprocess.Popen(  # noqa: S603  our own interpreter and module
        [sys.executable, "-m", "loom.providers.local_server", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "LOOM_LOCAL_TOKEN": token, "PYTHONSAFEPATH": "1"},  # a project is no place to import from
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101  it was started with a pipe
    line = process.stdout.readline()
    try:
        said: dict[str, str] = json.loads(line)
    except ValueError:
        said = {"error": f"its process ended with code {process.wait()}"}
    if "url" not in said:
        process.wait()
        _close_pipes(process)
        raise ProviderUnavailableError(f"The local model {path} can't be loaded: {said.get('error')}", provider="local")
    return _Child(process, said["url"], token)
