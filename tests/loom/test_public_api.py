"""The public names, signatures and defaults are those that 0.7.3 had, but where we say that they differ."""

import dataclasses
import importlib
import inspect
import pickle
import re
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

import loom
from loom.config import RuntimeFallbackMode

EXPORTED: list[str] = vars(loom)["__all__"]
FACTS = Path(__file__).parent.parent / "fixtures" / "api-0.7.3.txt"

# What is different on purpose: our default, and why.
DIFFERENT = {
    "loom.config.ToolAccessPolicy.allow": None,  # "not said" is not "nothing"
    "loom.config.RuntimeFallback.mode": RuntimeFallbackMode.ERROR,  # no made-up answers unless asked for
}
ASYNC_NOW = {"loom.Agent.resolve_knowledge"}
PARAMETER = re.compile(r"(\*{0,2}\w+|\*)(?:=(.*))?$")


def facts() -> Iterator[tuple[str, str]]:
    """(owner, fact) of each line; for the owner's own line the fact is the line."""
    owner = ""
    for line in FACTS.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("  "):
            yield owner, line.strip()
        else:
            owner = re.split(r"[ (]", line, maxsplit=2)[1]
            yield owner, line


def find(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def expected_parameters(listed: str) -> list[tuple[str, str | None, bool]]:
    """(name, default as text or None, keyword only) of each parameter in "a, b='x', *, c=None"."""
    found: list[tuple[str, str | None, bool]] = []
    keyword_only = False
    for part in filter(None, listed.split(", ")):
        match = PARAMETER.match(part)
        assert match, part
        if match[1] == "*":
            keyword_only = True
            continue
        found.append((match[1].lstrip("*"), match[2], keyword_only))
    return found


def check_call(function: Any, listed: str, where: str) -> None:
    """Every call that the listed parameters allow is a call that `function` takes; it may require less."""
    ours = [p for p in inspect.signature(function).parameters.values() if p.name not in ("self", "cls")]
    theirs = expected_parameters(listed)
    by_name = {parameter.name: parameter for parameter in ours}
    for position, (name, default, keyword_only) in enumerate(theirs):
        assert name in by_name, f"{where} lost its parameter {name}"
        if not keyword_only:
            assert ours[position].name == name, f"{where}: {name} is not parameter {position} any more"
        check_default(by_name[name].default, default, f"{where}({name})")
    for parameter in ours:
        if parameter.name not in {name for name, *_ in theirs}:
            optional = parameter.default is not parameter.empty or parameter.kind in (2, 4)
            assert optional, f"{where} needs {parameter.name}, which it did not"


def check_default(ours: Any, theirs: str | None, where: str) -> None:
    if where in DIFFERENT:
        assert ours == DIFFERENT[where]
    elif theirs not in (None, "*"):
        shown = f"{type(ours).__name__}.{ours.name}" if isinstance(ours, Enum) and "." in theirs else repr(ours)
        if isinstance(ours, Enum) and "." not in theirs:
            shown = repr(ours.value)
        assert shown == theirs, f"the default of {where}"


def check_field(owner: str, fact: str) -> None:
    name, _, default = fact.partition(" = ")
    cls = find(owner)
    fields = {f.name: f for f in dataclasses.fields(cls)}
    assert name in fields, f"{owner} lost its field {name}"
    field = fields[name]
    assert field.init, f"{owner}.{name} cannot be given any more"
    ours = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    check_default(ours, default or None, f"{owner}.{name}")


def check_order(owner: str) -> None:
    theirs = [fact.split()[1] for of, fact in facts() if of == owner and fact.startswith("field ")]
    ours = [f.name for f in dataclasses.fields(find(owner)) if f.init]
    assert ours[: len(theirs)] == theirs, f"positional arguments of {owner}"


def check_method(owner: str, kind: str, name: str, listed: str) -> None:
    method = getattr(find(owner), name)
    where = f"{owner}.{name}"
    check_call(method, listed, where)
    if kind == "async gen":
        assert inspect.isasyncgenfunction(inspect.unwrap(method)), f"{where} gives events with `async for`"
    elif kind == "async":
        assert inspect.iscoroutinefunction(method), f"{where} is awaited"
    elif where not in ASYNC_NOW:
        assert not inspect.iscoroutinefunction(method), f"{where} is not awaited"


def check_own_line(owner: str, line: str) -> None:
    kind = line.split(" ", 1)[0]
    if kind == "same":
        assert find(owner) is find(line.split()[2])
    elif kind == "function":
        check_call(find(owner), line[line.index("(") + 1 : -1], owner)
    elif kind == "enum":
        theirs = dict(re.findall(r"(\w+)='([^']*)'", line))
        assert {m.name: m.value for m in find(owner)}.items() >= theirs.items()
    elif kind == "error":
        assert line.split()[2] in {base.__name__ for base in find(owner).__mro__[1:]}
    elif dataclasses.is_dataclass(find(owner)):
        check_order(owner)


def check(owner: str, fact: str) -> None:
    if fact.startswith("field "):
        check_field(owner, fact.removeprefix("field "))
    elif fact.startswith("property "):
        assert hasattr(find(owner), fact.split()[1])
    elif fact.startswith("call "):
        check_call(find(owner), fact[len("call (") : -1], owner)
    elif match := re.match(r"(method|async gen|async|classmethod) (\w+)\((.*)\)$", fact):
        check_method(owner, match[1], match[2], match[3])
    else:
        check_own_line(owner, fact)


@pytest.mark.parametrize("owner", sorted({owner for owner, _ in facts()}))
def test_a_name_of_0_7_3_is_called_as_before(owner: str) -> None:
    for of, fact in facts():
        if of == owner:
            check(owner, fact)


def test_what_is_imported_from_loom_directly_is_there() -> None:
    for name in EXPORTED:
        assert getattr(loom, name) is not None
    assert set(dir(loom)) >= set(EXPORTED)


def test_every_error_is_the_same_in_its_three_homes() -> None:
    homes = [importlib.import_module(name) for name in ("loom.errors", "loom.utils.errors", "loom")]
    errors = [name for name in vars(homes[0]) if name.endswith("Error")]
    assert len(errors) > 20
    for name in errors:
        assert len({getattr(home, name) for home in homes}) == 1
        raised = getattr(homes[0], name)("what happened")
        assert str(raised) == "what happened"
        assert str(pickle.loads(pickle.dumps(raised))) == "what happened"  # noqa: S301  made here


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Agnet'"):
        find("loom.Agnet")


def test_the_stub_lists_what_the_package_gives() -> None:
    stub = (Path(loom.__file__).parent / "__init__.pyi").read_text()
    listed = set(re.findall(r"import \w+ as (\w+)", stub)) | set(re.findall(r"^(\w+):", stub, re.MULTILINE))
    assert listed == set(EXPORTED)


def test_each_module_lists_only_what_it_has() -> None:
    for module in ("loom.config", "loom.runtime", "loom.types", "loom.errors"):
        imported = importlib.import_module(module)
        for name in getattr(imported, "__all__", ()):
            assert hasattr(imported, name), f"{module}.{name}"
    assert "loom" in sys.modules
