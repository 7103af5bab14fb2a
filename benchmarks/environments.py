"""Peers from PyPI, each in an environment of its own under .bench; one that does not install is left out, and named."""

import hashlib
import subprocess
import sys
from pathlib import Path

FOLDER = Path(".bench")

PEERS = {
    "loom-agent": ["loom-agent==0.7.3", "openai<2", "httpx"],
    "openai-agents": ["openai-agents"],
    "langgraph": ["langgraph", "langchain-openai"],
    "pydantic-ai": ["pydantic-ai-slim[openai]"],
    "autogen": ["autogen-agentchat", "autogen-ext[openai]"],
}


def python_of(peer: str) -> Path | None:
    """The Python of a peer's environment, made now if need be; None when it can't be made."""
    folder = FOLDER / peer
    stamp = folder / "stamp"
    wanted = hashlib.sha256(" ".join(PEERS[peer]).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return folder / "bin" / "python"
    print(f"Installing {peer} for comparison …", file=sys.stderr, flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=False)
    install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *PEERS[peer]]
    if made.returncode or subprocess.run(install, check=False, stderr=subprocess.DEVNULL).returncode:
        print(f"{peer} did not install here; it is left out", file=sys.stderr)
        return None
    stamp.write_text(wanted)
    return folder / "bin" / "python"


def environments() -> dict[str, Path]:
    """Peer → its Python."""
    found = {peer: python_of(peer) for peer in PEERS}
    return {peer: python for peer, python in found.items() if python is not None}
