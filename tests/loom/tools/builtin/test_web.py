"""fetch_url, over real servers on loopback: what is public is fetched, what is not is not reached."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from loom.config import AgentConfig, ModelRef, PolicyConfig
from loom.errors import ConfigError, ToolExecutionError, ToolPermissionError
from loom.safety.addresses import check_address, read_url
from loom.safety.fetching import BODY_LIMIT_BYTES
from loom.safety.permissions import Access, PermissionMode, Permissions, decide
from loom.tools.builtin.web import web_tools
from tests.support.agents import call, of_type, scripted_agent
from tests.support.wire_server import Reply, Request, WireServer


@pytest.fixture(autouse=True, scope="module")
def warm() -> None:
    """What the first tool of a process imports, off the loop."""
    web_tools()


def fetcher(server: WireServer, *hosts: str) -> Callable[..., Any]:
    """fetch_url, for which `hosts` lead to the server, and may."""
    port = server.url.rpartition(":")[2]

    async def resolve(host: str, _port: int) -> list[str]:
        return ["127.0.0.1"] if host in hosts else []

    return web_tools([f"{host}:{port}" for host in hosts], resolve)[0].handler.func  # pyright: ignore[reportOptionalMemberAccess]


def page(body: bytes, kind: str = "text/html; charset=utf-8", **headers: str) -> Reply:
    return Reply(200, {"content-type": kind, **headers}, [body])


async def test_html_comes_as_markdown_without_what_no_reader_sees() -> None:
    html = "<head><title>T</title></head><h1>Größe</h1><p>See <a href='/x'>this</a>.</p><script>steal()</script>"
    async with WireServer(page(html.encode())) as server:
        told = await fetcher(server, "docs.test")(f"http://docs.test:{server.url.rpartition(':')[2]}/a?b=1#part")
        assert "# Größe" in told
        assert "[this](/x)" in told
        assert "steal" not in told
        assert told.startswith("[http://docs.test:")
        assert "untrusted text follows]" in told
        request = server.requests[0]
        assert request.path == "/a?b=1"
        assert request.headers["host"].startswith("docs.test:")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "[::]",
     "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[fe80::1]", "[fd00::1]", "100.64.0.1", "224.0.0.1",
     "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "255.255.255.255"],
)  # fmt: skip
async def test_no_address_of_this_machine_or_network_is_reached(host: str) -> None:
    async with WireServer(page(b"secret"), loop=True) as server:
        port = server.url.rpartition(":")[2]
        with pytest.raises((ToolPermissionError, ToolExecutionError)):
            await web_tools()[0].handler.func(f"http://{host}:{port}/")  # pyright: ignore[reportOptionalMemberAccess]
        assert server.requests == []


async def test_a_host_with_one_private_address_is_not_reached() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "127.0.0.1"]

    with pytest.raises(ToolPermissionError, match=r"127\.0\.0\.1"):
        await web_tools((), resolve)[0].handler.func("http://rebind.test/")  # pyright: ignore[reportOptionalMemberAccess]


async def test_a_host_is_looked_up_once_and_connected_to_as_checked() -> None:
    asked: list[str] = []

    async with WireServer(page(b"first", "text/plain")) as server:
        port = server.url.rpartition(":")[2]

        async def resolve(host: str, _port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

        fetch = web_tools([f"swap.test:{port}"], resolve)[0].handler.func  # pyright: ignore[reportOptionalMemberAccess]
        assert (await fetch(f"http://swap.test:{port}/")).endswith("first")
    assert asked == ["swap.test"]


async def test_each_redirect_is_checked_like_the_first() -> None:
    def away(location: str) -> Reply:
        return Reply(302, {"location": location})

    async with WireServer(away("/next"), page(b"there", "text/plain"), away("http://169.254.169.254/")) as server:
        base = f"http://a.test:{server.url.rpartition(':')[2]}"
        fetch = fetcher(server, "a.test")
        assert (await fetch(f"{base}/")).endswith("there")
        with pytest.raises(ToolPermissionError, match=r"169\.254"):
            await fetch(f"{base}/again")
    async with WireServer(away("/round"), loop=True) as server:
        with pytest.raises(ToolExecutionError, match="redirects"):
            await fetcher(server, "a.test")(f"http://a.test:{server.url.rpartition(':')[2]}/")
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/passwd", "Only http"),
        ("ftp://a.test/", "Only http"),
        ("a.test", "Only http"),
        ("http://", "no host"),
        ("http://me:secret@a.test/", "name or password"),
        ("http://a.test:99999/", "no URL"),
        ("http://a b/", "spaces"),
        ("http://a.test/\nHost: b", "control"),
        ("http://a.test/" + "x" * 5000, "4,096"),
    ],
)
async def test_what_is_no_plain_address_is_refused_in_words(url: str, said: str) -> None:
    with pytest.raises((ToolExecutionError, ToolPermissionError), match=said):
        read_url(url)


def test_a_host_is_known_by_its_ascii_form() -> None:
    assert read_url("https://BÜCHER.example./x").host == "xn--bcher-kva.example"
    assert check_address("93.184.216.34", read_url("https://example.com"))


async def test_large_bodies_bombs_and_other_kinds_end_in_words() -> None:
    bomb = gzip.compress(bytes(60 * 2**20))

    def bombs(_request: Request) -> Reply:
        return page(bomb, "text/plain", **{"content-encoding": "gzip"})

    pixels = page(b"x", "image/png")
    async with WireServer(bombs, pixels, page(b"y" * 50_000, "text/plain"), Reply.of_json(404, {"no": 1})) as server:
        fetch = fetcher(server, "a.test")
        base = f"http://a.test:{server.url.rpartition(':')[2]}/"
        told = await fetch(base)
        assert "cut at 5 MB" in told
        assert f"{BODY_LIMIT_BYTES:,} characters" in told
        with pytest.raises(ToolExecutionError, match="image/png"):
            await fetch(base)
        assert "[49,900 more characters]" in await fetch(base, max_characters=100)
        assert " · 404 · application/json" in await fetch(base)


async def test_a_server_that_breaks_off_or_is_not_there_gets_a_sentence() -> None:
    async with WireServer(
        Reply(200, {"content-type": "text/plain", "content-length": "10"}, [b"x"], cut=True)
    ) as server:
        with pytest.raises(ToolExecutionError, match="can't be fetched"):
            await fetcher(server, "a.test")(f"http://a.test:{server.url.rpartition(':')[2]}/")
        with pytest.raises(ToolExecutionError, match="no host"):
            await fetcher(server, "a.test")("http://b.test:9/")


def test_fetching_asks_unless_something_allows_it() -> None:
    tool = web_tools()[0]
    decision = decide(tool, {"url": "https://a.test"}, Permissions(), PermissionMode.DEFAULT)
    assert decision.access is Access.ASK
    assert decide(tool, {}, Permissions(), PermissionMode.PLAN).access is Access.DENY


async def test_an_agent_file_names_the_private_hosts_that_it_may_reach() -> None:
    async with WireServer(page(b"hello", "text/plain"), loop=True) as server:
        place = server.url.removeprefix("http://")
        for hosts, fetched in (([place], 1), ([], 0)):
            agent = scripted_agent(
                call("fetch_url", url=server.url),
                "ok",
                capabilities=["web"],
                policy=PolicyConfig(extensions={"web_hosts": hosts}),
            )
            session = agent.session()
            session.mode = PermissionMode.AUTO
            result = await session.run("go")
            assert len(of_type(result, "tool.completed")) == fetched
    with pytest.raises(ConfigError, match="web_hosts"):
        scripted_agent("x", capabilities=["web"], policy=PolicyConfig(extensions={"web_hosts": "all"}))
    assert "web" in AgentConfig(ModelRef.scripted([]), capabilities=["web"]).capabilities
