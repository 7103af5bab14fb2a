"""What a person agreed to: how each server is started, and how each of its tools was defined then."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any, cast

from loom.ecosystem.mcp.definitions import ToolDefinition
from loom.ecosystem.mcp.launch import Launch
from loom.errors import ToolServerError
from loom.files import write_private

PINS_FILE = "mcp_pins.json"


@dataclass(slots=True)
class ServerPin:
    """What was agreed to for one server: the fingerprint of its start, the lines that were shown, and its tools."""

    hash: str
    shown: tuple[str, ...] = ()
    at: float = 0.0
    tools: dict[str, ToolDefinition] | None = None


@dataclass
class PinBook:
    """The pins, in a file of the person's profile; without a file they last as long as the agent.

    A file that can't be read holds no pins: then everything is asked about again. All methods but `get` block.
    """

    file: Path | None = None
    _pins: dict[str, ServerPin] = field(default_factory=dict[str, ServerPin], repr=False)
    _lock: RLock = field(default_factory=RLock, repr=False)

    def load(self) -> None:
        """Read the file as it is now."""
        if self.file is not None:
            with self._lock:
                self._pins = _read(self.file)

    def get(self, key: str) -> ServerPin | None:
        """What was agreed to for a server; None if nothing was."""
        return self._pins.get(key)

    def agrees(self, key: str, launch: Launch) -> bool:
        """Whether a person agreed to exactly this start."""
        pin = self._pins.get(key)
        return pin is not None and pin.hash == launch.hash

    def approve(self, key: str, launch: Launch) -> None:
        """Agree to a start. Its tools stay as agreed to; the first time, they are pinned when it is connected.

        Raises ToolServerError.
        """
        with self._lock:
            self.load()
            before = self._pins.get(key)
            tools = before.tools if before is not None else None
            self._pins[key] = ServerPin(launch.hash, launch.shown, time.time(), tools)
            self._write()

    def withdraw(self, key: str) -> None:
        """Take an agreement back. Raises ToolServerError."""
        with self._lock:
            self.load()
            if self._pins.pop(key, None) is not None:
                self._write()

    def first_tools(self, key: str, tools: Iterable[ToolDefinition]) -> None:
        """Pin a server's tools where none were, as they are at its first connection. Raises ToolServerError."""
        with self._lock:
            self.load()
            pin = self._pins.get(key)
            if pin is None or pin.tools is None:
                pin = pin or ServerPin("")
                pin.tools = {tool.name: tool for tool in tools}
                self._pins[key] = pin
                self._write()

    def approve_tools(self, key: str, tools: Iterable[ToolDefinition]) -> None:
        """Agree to these definitions. Raises ToolServerError."""
        with self._lock:
            self.load()
            pin = self._pins.setdefault(key, ServerPin(""))
            pin.tools = {**(pin.tools or {}), **{tool.name: tool for tool in tools}}
            self._write()

    def _write(self) -> None:
        if self.file is None:
            return
        data = {"version": 1, "servers": {key: _plain(pin) for key, pin in self._pins.items()}}
        try:
            write_private(self.file, json.dumps(data, ensure_ascii=False))
        except OSError as error:
            raise ToolServerError(
                f"What you agreed to can't be kept in {self.file}: {error.strerror or error}"
            ) from None


def _plain(pin: ServerPin) -> dict[str, Any]:
    tools = None if pin.tools is None else {name: tool.to_dict() for name, tool in pin.tools.items()}
    return {"hash": pin.hash, "shown": list(pin.shown), "at": pin.at, "tools": tools}


def _read(file: Path) -> dict[str, ServerPin]:
    """The pins of a file; none where it is missing or damaged, which asks more."""
    try:
        data: Any = json.loads(file.read_text("utf-8"))
        if data["version"] != 1:
            return {}
        held = cast("dict[str, Mapping[str, Any]]", data["servers"])
        return {key: _pin(plain) for key, plain in held.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _pin(plain: Mapping[str, Any]) -> ServerPin:
    tools = plain["tools"]
    read = None if tools is None else {name: ToolDefinition.from_dict(tool) for name, tool in tools.items()}
    return ServerPin(str(plain["hash"]), tuple(plain["shown"]), float(plain["at"]), read)
