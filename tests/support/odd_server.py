"""A tool server that does what it is told, in whatever way that is wrong: a program of its own, without the SDK.

--complete ANSWER how it completes arguments: a JSON answer, or `hang`
--mute            never answers        --describe TEXT   says this of `echo`
--tools N         so many tools        --file FILE       reads from FILE, at each listing, what `echo` is
--output SCHEMA   what `numbers` says that its structured result is
--instructions FILE  reads from FILE, at its start, what models are to be told
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

OUT = sys.stdout.buffer
FORM = {"type": "object", "properties": {"name": {"type": "string"}}}


def send(message: dict[str, Any]) -> None:
    OUT.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
    OUT.flush()


def answer(request: dict[str, Any], text: str, **more: Any) -> None:
    send({"id": request["id"], "result": {"content": [{"type": "text", "text": text}], "isError": False, **more}})


def tools(options: argparse.Namespace) -> list[dict[str, Any]]:
    text = Path(options.file).read_text() if options.file else options.describe
    schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    names = ["echo", *TOOLS, *(f"tool{n}" for n in range(options.tools))]
    return [
        {
            "name": name,
            "description": text if name == "echo" else f"does {name}",
            "inputSchema": schema,
            "annotations": {"readOnlyHint": True},
            **({"outputSchema": json.loads(options.output)} if name == "numbers" and options.output else {}),
        }
        for name in names
    ]


def die(_request: dict[str, Any], _text: str) -> None:
    os.kill(os.getpid(), 9)


def twice(request: dict[str, Any], text: str) -> None:
    answer(request, f"first {text}")
    answer(request, f"second {text}")


def endless_line(_request: dict[str, Any], _text: str) -> None:
    piece = b"x" * 1_000_000
    for _ in range(1_000):  # a gigabyte, if anybody takes it
        OUT.write(piece)
    OUT.flush()


def not_utf8(request: dict[str, Any], text: str) -> None:
    OUT.write(b'{"jsonrpc": "2.0", "method": "\xff\xfe"}\n')
    answer(request, f"after that: {text}")


def nonsense(request: dict[str, Any], _text: str) -> None:
    for n in range(100_000):
        OUT.write(b"line %d of no sense\n" % n)
    answer(request, "done")


def flood(request: dict[str, Any], text: str) -> None:
    for n in range(int(text or 20_000)):
        send({"method": "notifications/message", "params": {"level": "info", "data": f"message {n}"}})
    answer(request, "flooded")


def errors(request: dict[str, Any], _text: str) -> None:
    for n in range(50_000):
        sys.stderr.write(f"complaint {n}\n")
    sys.stderr.flush()
    answer(request, "complained")


def child(request: dict[str, Any], _text: str) -> None:
    started = subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=subprocess.DEVNULL)
    answer(request, str(started.pid))


def environment(request: dict[str, Any], _text: str) -> None:
    answer(request, json.dumps(dict(os.environ)))


def hang(_request: dict[str, Any], _text: str) -> None:
    time.sleep(600)


def slow(request: dict[str, Any], text: str) -> None:
    time.sleep(float(text))
    answer(request, "slept")


def change(request: dict[str, Any], text: str) -> None:
    send({"method": "notifications/tools/list_changed"})
    answer(request, text)


def hidden(request: dict[str, Any], _text: str) -> None:
    answer(request, "a\u200bb\u202ec")


def numbers(request: dict[str, Any], text: str) -> None:
    answer(request, "see", structuredContent=json.loads(text or '{"sum": 3}'))


def values(request: dict[str, Any], text: str) -> None:
    answer(request, "see", structuredContent={"rows": [{} for _ in range(int(text))]})


def asks(request: dict[str, Any], _text: str) -> None:
    """Asks again and again, whatever is answered."""
    for n in range(100):
        send(
            {"id": f"ask-{n}", "method": "elicitation/create", "params": {"message": f"{n}?", "requestedSchema": FORM}}
        )
        json.loads(sys.stdin.readline())
    answer(request, "asked")


def bad_notices(request: dict[str, Any], _text: str) -> None:
    for token in (None, {"a": 1}):
        send({"method": "notifications/progress", "params": {"progressToken": token, "progress": 1}})
    answer(request, "noticed")


def not_a_result(request: dict[str, Any], _text: str) -> None:
    send({"id": request["id"], "result": {"content": "no list"}})


TOOLS = {
    each.__name__: each
    for each in (
        *(die, twice, endless_line, not_utf8, nonsense, flood, errors, child, environment, hang, slow, change),
        *(hidden, numbers, values, asks, bad_notices, not_a_result),
    )
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mute", action="store_true")
    parser.add_argument("--describe", default="says it again")
    parser.add_argument("--file", default="")
    parser.add_argument("--instructions", default="")
    parser.add_argument("--complete", default="")
    parser.add_argument("--output", default="")
    parser.add_argument("--tools", type=int, default=0)
    options = parser.parse_args()
    for line in sys.stdin:
        request = json.loads(line)
        if options.mute or "id" not in request:
            continue
        match request.get("method"):
            case "initialize":
                info = {"name": "odd", "version": "1"}
                able = {"tools": {"listChanged": True}, **({"completions": {}} if options.complete else {})}
                result = {"protocolVersion": "2025-06-18", "capabilities": able}
                told = Path(options.instructions).read_text() if options.instructions else ""
                send({"id": request["id"], "result": {**result, "serverInfo": info, "instructions": told}})
            case "tools/list":
                send({"id": request["id"], "result": {"tools": tools(options)}})
            case "tools/call":
                name, text = request["params"]["name"], (request["params"].get("arguments") or {}).get("text", "")
                TOOLS.get(name, answer)(request, text)
            case "completion/complete":
                if options.complete != "hang":
                    send({"id": request["id"], "result": json.loads(options.complete)})
            case _:
                send({"id": request["id"], "error": {"code": -32601, "message": "no such method"}})


if __name__ == "__main__":
    main()
