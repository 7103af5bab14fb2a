"""Installed packages bring providers, stores, tools and plugins; what is broken in one is told, and passed over."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from loom import AgentConfig, ModelRef, create_agent
from loom.config import MemoryBackend, MemoryConfig
from loom.config.ecosystem import EcosystemConfig
from loom.ecosystem.plugin_parts import installed_plugins
from loom.errors import ConfigError, ProviderUnavailableError
from loom.memory.backends import open_store
from loom.memory.in_memory import InMemoryStore
from loom.providers.resolve import parse_model, resolve_provider
from loom.providers.scripted import ScriptedProvider
from loom.threads import in_thread
from tests.support.skills import profile_in, write_plugin

CODE = """
from pathlib import Path
from loom import ModelRef, tool
from loom.memory.in_memory import InMemoryStore
from loom.providers.scripted import ScriptedProvider

def provider(ref, environment):
    return ScriptedProvider(ModelRef.scripted(["Hello from " + ref.name + environment.get("X", "")]))

def store(options):
    return InMemoryStore()

@tool(read_only=True)
def weather(town: str) -> str:
    "The weather in a town."
    return "rain"

def dice(sides: int) -> int:
    "Throw a dice."
    return 4

tools = [weather, dice]
number = 7

def plugin():
    return Path(__file__).parent / "brought"
"""
POINTS = """
[loom.providers]
acme = acme_loom:provider
broken = acme_loom:nothing
[loom.stores]
acme = acme_loom:store
[loom.tools]
acme = acme_loom:tools
number = acme_loom:number
missing = not_there:tools
[loom.plugins]
brought = acme_loom:plugin
broken = not_there:plugin
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that is installed, with entry points."""
    site = tmp_path / "site"
    info = site / "acme-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    (site / "acme_loom.py").write_text(CODE)
    monkeypatch.delitem(sys.modules, "acme_loom", raising=False)
    monkeypatch.syspath_prepend(str(site))
    return site


def test_a_provider_and_a_store_of_a_package(package: Path) -> None:
    ref = parse_model("acme:small")
    assert isinstance(resolve_provider(ref, {}), ScriptedProvider)
    memory = MemoryConfig(backend=MemoryBackend.custom("acme"))
    assert isinstance(open_store(memory), InMemoryStore)
    with pytest.raises(ConfigError, match="acme, broken"):
        parse_model("nobody:small")
    with pytest.raises(ProviderUnavailableError, match="acme, broken"):
        resolve_provider(ModelRef("nobody", "small"), {})
    with pytest.raises(ConfigError, match="of acme can't be used"):
        resolve_provider(ModelRef("broken", "small"), {})
    with pytest.raises(ConfigError, match="sqlite, acme"):
        open_store(MemoryConfig(backend=MemoryBackend.custom("nothing")))


async def test_tools_of_a_package_are_the_agents_that_names_them(package: Path) -> None:
    config = AgentConfig(ModelRef.scripted(["Done."]), ecosystem=EcosystemConfig(tools=["acme"]))
    agent = await in_thread(create_agent, config)
    assert {"weather", "dice"} <= {tool.name for tool in agent.tools}
    await agent.aclose()
    for name, why in (("number", "no tool"), ("missing", "of acme can't be used"), ("other", "there are: acme")):
        with pytest.raises(ConfigError, match=why):
            await in_thread(create_agent, replace(config, ecosystem=EcosystemConfig(tools=[name])))


def test_a_plugin_of_a_package_waits_for_consent_like_any(package: Path, tmp_path: Path) -> None:
    write_plugin(package, "brought")
    found = {plugin.name: plugin for plugin in installed_plugins(profile_in(tmp_path))}
    assert {part.state for part in found["brought"].parts} == {"waiting"}
    assert "can't be used" in found["broken"].problems[0]
