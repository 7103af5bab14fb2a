"""A tool server with one resource, `file:///held`, that says when the file behind it changes: `older|newer FILE`.

In the older era it says so once that is subscribed to, in the newer one to who listens. It says so until it is read.
"""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

URI = "file:///held"
EVERY_S = 0.1


class Held:
    """The file, and what was read of it last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read_last: str | None = None

    def text(self) -> str:
        return self.path.read_text() if self.path.exists() else ""

    def read(self) -> str:
        self.read_last = self.text()
        return self.path.read_text()

    @property
    def is_news(self) -> bool:
        return self.read_last is not None and self.text() != self.read_last


def older(held: Held) -> None:
    lock = threading.Lock()
    is_subscribed = threading.Event()

    def send(message: dict[str, Any]) -> None:
        with lock:
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            sys.stdout.flush()

    def tell() -> None:
        is_subscribed.wait()
        while True:
            time.sleep(EVERY_S)
            if held.is_news:
                send({"method": "notifications/resources/updated", "params": {"uri": URI}})

    threading.Thread(target=tell, daemon=True).start()
    for line in sys.stdin:
        request = json.loads(line)
        if "id" in request:
            send({"id": request["id"], **answer(held, request, is_subscribed)})


def answer(held: Held, request: dict[str, Any], is_subscribed: threading.Event) -> dict[str, Any]:
    match request["method"]:
        case "initialize":
            able = {"resources": {"subscribe": True}, "tools": {}}
            about = {"protocolVersion": "2025-06-18", "serverInfo": {"name": "watched", "version": "1"}}
            return {"result": {**about, "capabilities": able}}
        case "tools/list":
            return {"result": {"tools": []}}
        case "resources/list":
            return {"result": {"resources": [{"uri": URI, "name": "held"}]}}
        case "resources/subscribe":
            is_subscribed.set()
            return {"result": {}}
        case "resources/read":
            try:
                return {"result": {"contents": [{"uri": URI, "text": held.read()}]}}
            except OSError:
                return {"error": {"code": -32002, "message": "it is gone"}}
        case _:
            return {"error": {"code": -32601, "message": "no such method"}}


def newer(held: Held) -> None:
    import anyio
    from mcp.server.mcpserver import MCPServer
    from mcp.server.subscriptions import InMemorySubscriptionBus, ResourceUpdated

    bus = InMemorySubscriptionBus()
    server = MCPServer("watched", subscriptions=bus)
    server.resource(URI)(held.read)

    async def tell() -> None:
        while True:
            await anyio.sleep(EVERY_S)
            if held.is_news:
                await bus.publish(ResourceUpdated(URI))

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tell)
            await server.run_stdio_async()
            tasks.cancel_scope.cancel()

    anyio.run(main)


if __name__ == "__main__":
    {"older": older, "newer": newer}[sys.argv[1]](Held(Path(sys.argv[2])))
