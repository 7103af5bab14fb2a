"""Writes a proposal into an agent's file, and takes it out again; what else is in the file stays, comments too."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from loom.config.agent import AgentConfig
from loom.config.loading import agent_from_toml
from loom.config.permissions import PermissionRules
from loom.config.policy import PolicyConfig
from loom.config.safety import SafetyRule
from loom.errors import ConfigError
from loom.evolution.proposals import HINT, SPLIT, Change
from loom.files import write_private


def read_file(path: Path) -> str:
    """The text of an agent file. Raises ConfigError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The agent file {path} can't be read: {error}") from None


def put_in(path: Path, change: Change) -> tuple[str, str, str]:
    """Change an agent file; blocks. Returns its text before and after, and the path of a file that was made.

    Raises ConfigError when the file can't be read, changed or written; then everything is as it was.
    """
    before = read_file(path)
    try:
        after = changed(before, change)
        made = _split_off(path, before, change) if change.kind == SPLIT else ""
        _write(path, after)
    except TOMLKitError as error:
        raise ConfigError(f"{path}: {error}") from None
    return before, after, made


def take_out(path: Path, change: Change, before: str, after: str, made: str) -> None:
    """Undo a change; blocks. A file that was changed since loses only what the change put into it.

    Raises ConfigError when there is nothing of it in the file any more, or it can't be changed.
    """
    now = read_file(path)
    if now == after:
        _write(path, before)
    else:
        try:
            _write(path, without(now, change))
        except TOMLKitError as error:
            raise ConfigError(f"{path}: {error}") from None
    if made and change.kind == SPLIT:
        _take_away(Path(made), split_off(before, change))


def changed(text: str, change: Change) -> str:
    """The text of an agent file with a change in it. Raises ConfigError where it can't be, or would say another."""
    then = agent_from_toml(text)
    # A key above all tables, or it would belong to the last of them.
    has_place = change.kind != HINT or "instructions" in tomlkit.parse(text)
    document: Any = tomlkit.parse(text if has_place else f'instructions = ""\n{text}')
    _put(document, then, change)
    new = tomlkit.dumps(document)
    if agent_from_toml(new) != _expected(then, change):
        raise ConfigError("its text is written in a way that can't be changed here; change it in the file")
    return new


def without(text: str, change: Change) -> str:
    """The text of an agent file without a change. Raises ConfigError where it is not in it."""
    document: Any = tomlkit.parse(text)
    match change.kind:
        case "hint":
            instructions = str(document.get("instructions", ""))
            if change.text not in instructions:
                raise ConfigError("the hint is not in the instructions any more, so there is nothing to undo")
            _set_text(document, "instructions", re.sub(rf"\n*{re.escape(change.text)}\n?", "\n", instructions, count=1))
        case "allow" | "deny":
            rules: Any = document.get("policy", {}).get("permissions", {}).get(change.kind, [])
            if change.text not in rules:
                raise ConfigError(f"the rule {change.text!r} is not in it any more, so there is nothing to undo")
            rules.remove(change.text)
        case "safety_rule":
            tables: Any = document.get("safety_rules", [])
            place = next((n for n, each in enumerate(tables) if each.get("name") == change.name), None)
            if place is None:
                raise ConfigError(f"the safety rule {change.name!r} is not in it any more, so there is nothing to undo")
            del tables[place]
            if not tables:
                del document["safety_rules"]
        case _:
            capabilities: Any = document.get("capabilities", [])
            for each in change.capabilities:
                if each not in capabilities:
                    capabilities.append(each)
    new = tomlkit.dumps(document)
    agent_from_toml(new)
    return new


def _put(document: Any, then: AgentConfig, change: Change) -> None:
    match change.kind:
        case "hint":
            _set_text(document, "instructions", _with_hint(then.instructions, change.text))
        case "allow" | "deny":
            policy = _table(document, "policy")
            permissions = _table(policy, "permissions")
            if change.kind not in permissions:
                permissions[change.kind] = tomlkit.array()
            permissions[change.kind].append(change.text)
        case "safety_rule":
            rule: Any = tomlkit.table()
            rule.update(
                {
                    "name": change.name,
                    "reason": change.text,
                    "tool_names": [change.tool],
                    "arg_equals": change.arguments,
                }
            )
            if "safety_rules" not in document:
                document["safety_rules"] = tomlkit.aot()
            document["safety_rules"].append(rule)
        case _:
            capabilities: Any = document.get("capabilities", [])
            for each in change.capabilities:
                if each in capabilities:
                    capabilities.remove(each)


def _expected(then: AgentConfig, change: Change) -> AgentConfig:
    """The agent that a file describes once it has the change."""
    match change.kind:
        case "hint":
            return replace(then, instructions=_with_hint(then.instructions, change.text))
        case "allow" | "deny":
            policy = then.policy or PolicyConfig()
            rules = policy.permissions
            lists = {"allow": rules.allow, "ask": rules.ask, "deny": rules.deny}
            lists[change.kind] = [*lists[change.kind], change.text]
            return replace(then, policy=replace(policy, permissions=PermissionRules(**lists)))
        case "safety_rule":
            rule = SafetyRule(change.name, change.text, [change.tool], arg_equals=change.arguments)
            return replace(then, safety_rules=[*(then.safety_rules or []), rule])
        case _:
            left = [each for each in then.capabilities if each not in change.capabilities]
            return replace(then, capabilities=left)


def _with_hint(instructions: str, hint: str) -> str:
    return f"{instructions.rstrip()}\n\n{hint}\n" if instructions.strip() else f"{hint}\n"


def _set_text(document: Any, name: str, text: str) -> None:
    document[name] = tomlkit.string(text, multiline="\n" in text.strip("\n") and '"""' not in text)


def _table(parent: Any, name: str) -> Any:
    if name not in parent:
        parent[name] = tomlkit.table()
    return parent[name]


def _split_off(path: Path, before: str, change: Change) -> str:
    """Write the new agent's file beside the old one; returns its path. Raises ConfigError if it is there."""
    job = re.sub(r"[^a-z0-9]+", "-", "-".join(change.capabilities).lower()).strip("-")
    file = path.with_name(f"{path.stem}-{job}{path.suffix}")
    if file.exists():
        raise ConfigError(f"There is a file {file} already, so the agent was not split")
    _write(file, split_off(before, change))
    return str(file)


def split_off(before: str, change: Change) -> str:
    """The text of the agent that a split makes. Raises ConfigError where that can't be."""
    document: Any = tomlkit.parse(before)
    document["name"] = change.name
    document["capabilities"] = list(change.capabilities)
    text = tomlkit.dumps(document)
    config = agent_from_toml(text)
    if (config.name, config.capabilities) != (change.name, list(change.capabilities)):
        raise ConfigError("its text is written in a way that can't be split here")
    return text


def _take_away(file: Path, text: str) -> None:
    """Delete a file that a change made; one that was changed since is the person's own and stays."""
    with suppress(OSError, UnicodeDecodeError):
        if file.read_text(encoding="utf-8") == text:
            file.unlink()


def _write(path: Path, text: str) -> None:
    try:
        write_private(path, text)
    except OSError as error:
        raise ConfigError(f"The agent file {path} can't be written: {error.strerror or error}") from None
