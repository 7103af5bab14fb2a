"""Changes one value in a TOML text and leaves everything else as it is: order, layout, comments."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, InlineTable, String, StringType, Table, Trivia

from loom.errors import ConfigError

Place = tuple[str | int, ...]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
NOT_HERE = "This is written in a way that can't be changed here; change it in the file's text"


def value_at(data: Any, place: Place) -> Any:
    """What stands at a place in plain data; None where there is nothing."""
    here: Any = data
    for part in place:
        if isinstance(part, int):
            members = cast("list[Any]", here) if isinstance(here, list) else []
            here = members[part] if 0 <= part < len(members) else None
        else:
            here = cast("dict[str, Any]", here).get(part) if isinstance(here, dict) else None
    return here


def with_value(text: str, place: Place, value: Any, keep: Callable[[Place], bool] = lambda _place: True) -> str:
    """The text with `value` at `place`; None takes away what is there.

    Tables on the way are made where they are missing. One that is left empty by taking something away goes too, unless
    `keep` says of its place that it means something empty. Raises ConfigError where the text can't be changed so, which
    is checked by reading it again.
    """
    data = tomllib.loads(text)
    wanted = copy.deepcopy(data)
    _put(wanted, place, value, keep)
    try:
        document: Any = tomlkit.parse(text)
        _put(document, place, _item(value, document, place), keep)
        changed = tomlkit.dumps(document)
        if tomllib.loads(changed) == wanted:
            return changed
    except (TOMLKitError, tomllib.TOMLDecodeError, KeyError, IndexError, TypeError, ValueError):
        pass
    raise ConfigError(NOT_HERE)


def with_member(text: str, place: Place, member: dict[str, Any]) -> str:
    """The text with one more table at the end of the list at `place`. Raises ConfigError."""
    held = value_at(tomllib.loads(text), place)
    if held is None:
        return with_value(text, place, [member])
    return with_value(text, (*place, len(held)), member)


def without_member(text: str, place: Place, number: int, keep: Callable[[Place], bool] = lambda _place: True) -> str:
    """The text without a member of the list at `place`; an empty list goes with it. Raises ConfigError."""
    held = value_at(tomllib.loads(text), place)
    if isinstance(held, list) and len(cast("list[Any]", held)) == 1:
        return with_value(text, place, None, keep)
    return with_value(text, (*place, number), None, keep)


def _put(root: Any, place: Place, value: Any, keep: Callable[[Place], bool]) -> None:
    """Set or take away what is at a place, in plain data or in a document."""
    if value is None:
        _take(root, place, keep)
        return
    here: Any = root
    for depth, part in enumerate(place[:-1]):
        if isinstance(part, str) and part not in here:
            here[part] = _table_in(root, here, is_last=depth == len(place) - 2)
        here = here[part]
    last = place[-1]
    if isinstance(last, int) and last == len(here):
        here.append(value)
    else:
        here[last] = value


def _take(root: Any, place: Place, keep: Callable[[Place], bool]) -> None:
    ways: list[Any] = [root]
    for part in place[:-1]:
        try:
            ways.append(ways[-1][part])
        except (KeyError, IndexError, TypeError):
            return
    for depth in range(len(place) - 1, -1, -1):
        here, part = ways[depth], place[depth]
        if isinstance(part, str) and part not in here:
            return
        del here[part]
        if len(here) or depth == 0:
            return
        if keep(place[:depth]) or isinstance(place[depth - 1], int):
            if isinstance(here, Table):  # one that held only tables has no line of its own yet
                ways[depth - 1][place[depth - 1]] = tomlkit.table()
            return


def _table_in(root: Any, here: Any, *, is_last: bool) -> Any:
    """A new table in `here`: of the same kind, so that an inline one stays in its line."""
    if not hasattr(root, "as_string"):
        return {}
    if isinstance(here, InlineTable):
        return tomlkit.inline_table()
    return tomlkit.table(is_super_table=not is_last)


def _item(value: Any, document: Any, place: Place) -> Any:
    """A value as it is written: texts of several lines on several lines, lists of tables as such."""
    if isinstance(value, str) and "\n" in value:
        return String(StringType.MLB, value, f"\n{_escaped(value)}", Trivia())
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in cast("list[Any]", value)):
        tables: Any = tomlkit.aot()
        for each in cast("list[dict[str, Any]]", value):
            tables.append(_table(each))
        return tables
    if isinstance(value, dict):
        holder = value_in_document(document, place[:-1])
        if isinstance(holder, (InlineTable, Array)) and not isinstance(holder, AoT):
            line: Any = tomlkit.inline_table()
            line.update(value)
            return line
        return _table(cast("dict[str, Any]", value))
    return cast("Any", value)


def _escaped(text: str) -> str:
    """A text between three quotes."""
    safe = text.replace("\\", "\\\\").replace('"""', '""\\"')
    if safe.endswith('"'):
        safe = f'{safe[:-1]}\\"'
    return "".join(
        each if each in "\n\t" or (each >= " " and each != "\x7f") else f"\\u{ord(each):04x}" for each in safe
    )


def _table(members: dict[str, Any]) -> Any:
    table = tomlkit.table()
    for name, member in members.items():
        table[name] = _item(member, table, (name,))
    return table


def value_in_document(document: Any, place: Place) -> Any:
    """The item at a place in a document; None where there is nothing."""
    here = document
    for part in place:
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            return None
    return here
