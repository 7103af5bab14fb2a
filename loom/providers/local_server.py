"""The child process that runs a local model: `python -m loom.providers.local_server MODEL.gguf`.

It prints one line of JSON to standard output, `{"url": …}` or `{"error": …}`, and then serves until its standard input
closes, as it does when its parent ends in whatever way. The access token is in LOOM_LOCAL_TOKEN.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

WINDOW_TOKENS = 8192


def main(arguments: list[str]) -> int:
    """Serve the model whose file is the only argument. Exit code 1 when it can't be loaded."""
    # The library writes its own log to standard output; ours is kept for the one line.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        url = _serve(Path(arguments[0]), os.environ.get("LOOM_LOCAL_TOKEN", ""))
    except Exception as error:  # noqa: BLE001  whatever it was, the parent tells the person
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=answer, flush=True)
        return 1
    print(json.dumps({"url": url}), file=answer, flush=True)
    sys.stdin.buffer.read()
    # The server's threads do not end by themselves.
    os._exit(0)


def _serve(model: Path, token: str) -> str:
    import xllamacpp  # it has no types

    engine: Any = xllamacpp
    parameters = engine.CommonParams()
    parameters.model.path = str(model)
    parameters.n_ctx = WINDOW_TOKENS
    parameters.n_parallel = 1
    parameters.port = 0
    parameters.hostnames = ["127.0.0.1"]
    parameters.api_keys = [token] if token else []
    parameters.warmup = False
    server = engine.Server(parameters)
    globals()["_server"] = server  # it serves for as long as it is referred to
    return server.listening_address


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
