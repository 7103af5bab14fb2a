"""Runs one case of one library in a process of its own, and reads what it measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

DRIVERS = Path(__file__).parent / "peers"
SCRIPTS = {
    "loom-agent": "loom_agent",
    "openai-agents": "openai_agents",
    "langgraph": "langgraph_agent",
    "pydantic-ai": "pydantic_agent",
    "autogen": "autogen_agent",
}
LIMIT_S = 180


def measure(script: str, case: str, url: str, n: int, python: Path | str = sys.executable) -> dict[str, float]:
    """What the driver printed, or an empty dict when it failed (said on stderr)."""
    command = [str(python), str(DRIVERS / f"{script}.py"), case, url, str(n)]
    environment = os.environ | {"OPENAI_API_KEY": "x", "OTEL_SDK_DISABLED": "true"}
    if python != sys.executable:
        environment.pop("PYTHONPATH", None)  # a peer has its own packages, one of which is called loom too
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False, env=environment)
    except subprocess.TimeoutExpired:
        print(f"{script} {case} {n}: not done after {LIMIT_S} s", file=sys.stderr)
        return {}
    try:
        return json.loads(ran.stdout.strip().splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        last = (ran.stderr.strip().splitlines() or ["no output"])[-1]
        print(f"{script} {case} {n} failed: {last}", file=sys.stderr)
        return {}


def measure_peers(case: str, url: str, n: int, field: str, pythons: dict[str, Path]) -> dict[str, float]:
    """Peer → one measured field."""
    found = {peer: measure(SCRIPTS[peer], case, url, n, python).get(field) for peer, python in pythons.items()}
    return {peer: value for peer, value in found.items() if value is not None}
