"""A fast fake model server in a process of its own: chat completions over raw asyncio, keep-alive, streamed or whole.

The model's name says what it does:

    rounds-N        asks for the tool `ping` until N results are in the conversation, then says "done"
    calls-N         asks for N calls of the tool `wait` in one message, then says "done"
    tokens-N-R      streams N words, R a second (R = 0: as fast as it can)
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MODEL = re.compile(rb'"model"\s*:\s*"(\w+)-(\d+)(?:-(\d+))?"')
RESULT = re.compile(rb'"tool_call_id"\s*:\s*"call_(\d+)_(\d+)"')
STREAM = re.compile(rb'"stream"\s*:\s*true')
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def chunk(delta: dict, finish: str | None = None) -> bytes:
    data = {
        "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }  # fmt: skip
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def usage_chunk() -> bytes:
    data = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": USAGE}
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def framed(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def tool_calls(kind: bytes, wanted: int, done: int) -> list[dict]:
    name, count = ("ping", 1) if kind == b"rounds" else ("wait", wanted)
    return [
        {
            "id": f"call_{done}_{number}", "type": "function", "index": number,
            "function": {"name": name, "arguments": json.dumps({"n": done + number})},
        }
        for number in range(count)
    ]  # fmt: skip


def results_in(body: bytes) -> int:
    """How many results the conversation holds, told by the id of the last one.

    To look for all of them takes a quarter of a long conversation's round, which would count as its client's growth.
    """
    last = RESULT.match(body, max(0, body.rfind(b'"tool_call_id"')))
    return int(last[1]) + int(last[2]) + 1 if last else 0


def answer(kind: bytes, wanted: int, done: int, streamed: bool) -> bytes:
    calls = tool_calls(kind, wanted, done) if done < wanted else []
    finish = "tool_calls" if calls else "stop"
    said = {"role": "assistant", "content": None if calls else "done"} | ({"tool_calls": calls} if calls else {})
    if streamed:
        body = chunk(said) + chunk({}, finish) + usage_chunk() + b"data: [DONE]\n\n"
        return HEAD + framed(body) + b"0\r\n\r\n"
    data = {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "m", "usage": USAGE,
        "choices": [{"index": 0, "message": said, "finish_reason": finish}],
    }  # fmt: skip
    body = json.dumps(data).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def stream_tokens(writer: asyncio.StreamWriter, count: int, per_second: int) -> None:
    loop = asyncio.get_running_loop()
    writer.write(HEAD)
    began = loop.time()
    for number in range(count):
        writer.write(framed(chunk({"content": f" word{number}"})))
        if per_second:
            await writer.drain()  # raises once the client is gone
            late = began + (number + 1) / per_second - loop.time()
            if late > 0.0005:
                await asyncio.sleep(late)
        elif number % 100 == 0:
            await writer.drain()
    writer.write(framed(chunk({}, "stop") + usage_chunk() + b"data: [DONE]\n\n") + b"0\r\n\r\n")
    await writer.drain()


async def respond(body: bytes, writer: asyncio.StreamWriter) -> None:
    match = MODEL.search(body)
    assert match, body[:200]
    kind, wanted, rate = match[1], int(match[2]), int(match[3] or 0)
    if kind == b"tokens":
        await stream_tokens(writer, wanted, rate)
        return
    writer.write(answer(kind, wanted, results_in(body), STREAM.search(body) is not None))
    await writer.drain()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            await respond(await reader.readexactly(int(length[1])) if length else b"", writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


@contextmanager
def running() -> Iterator[str]:
    """The server in a child process; gives its base URL."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.server"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    asyncio.run(main())
