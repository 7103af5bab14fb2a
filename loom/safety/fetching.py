"""Fetching a page of the web. Every address is checked after its look-up, and connected to as checked."""

from __future__ import annotations

import asyncio
import codecs
import ipaddress
import re
import socket
from collections.abc import Callable, Container, Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from loom.errors import ToolExecutionError, ToolPermissionError
from loom.safety.addresses import Target, check_address, read_url
from loom.threads import in_thread

if TYPE_CHECKING:
    import httpx2

Resolve = Callable[[str, int], Coroutine[Any, Any, list[str]]]
"""The addresses of a host, as texts."""

REDIRECTS = 5
TOTAL_LIMIT_S = 30.0
BODY_LIMIT_BYTES = 5 * 2**20
DOCUMENT_LIMIT_BYTES = 20 * 2**20
BEGINNING_BYTES = 2048
"""In so much of a page stands which encoding it has, if it says so."""
TEXT_KINDS = ("text/", "application/json", "application/xml", "application/xhtml", "application/javascript")
_NAMED_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?([A-Za-z][\w.:-]*)""", re.IGNORECASE)
_AGENT = "Mozilla/5.0 (compatible; loom)"


@dataclass(frozen=True, slots=True)
class Page:
    """What was fetched from `url`, where redirects led; the body is cut at 5 MB."""

    url: str
    status: int
    kind: str
    body: bytes
    charset: str
    is_cut: bool


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system. Raises ToolExecutionError where there are none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ToolExecutionError(f"There is no host {host!r}: {error}") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def fetch_page(
    url: str, allowed: Sequence[str] = (), resolve: Resolve = look_up, documents: Container[str] = ()
) -> Page:
    """The page or file at an address. `allowed` are places (`host` or `host:port`) that may be private.

    What is no text is refused, but for the kinds in `documents`. Raises ToolPermissionError for an address that is not
    to be reached, and ToolExecutionError where nothing is had within 30 s.
    """
    try:
        async with asyncio.timeout(TOTAL_LIMIT_S):
            return await _fetch(url, allowed, resolve, documents)
    except TimeoutError:
        raise ToolExecutionError(f"{url} did not answer whole within {TOTAL_LIMIT_S:g} s") from None


def page_text(page: Page) -> str:
    """The text of a page, HTML as Markdown. Takes long for long pages: call it off the event loop."""
    try:
        text = page.body.decode(page.charset, "replace")
    except LookupError:
        text = page.body.decode("utf-8", "replace")
    return html_text(text) if page.kind in ("text/html", "application/xhtml+xml") else text


def html_text(html: str) -> str:
    """HTML as Markdown, without what no reader sees."""
    import markdownify

    unread = ["script", "style", "noscript", "template", "svg", "iframe", "head"]
    soup = _without(html, unread)
    return "\n".join(line.rstrip() for line in _spaced(markdownify.markdownify(soup, heading_style="ATX")))


async def _fetch(url: str, allowed: Sequence[str], resolve: Resolve, documents: Container[str]) -> Page:
    """Follow redirects by hand: each address is checked like the first."""
    was_safe = False
    async with await in_thread(_make_client) as client:
        for _ in range(REDIRECTS + 1):
            target = read_url(url)
            if was_safe and target.scheme != "https":
                raise ToolPermissionError(f"{url} was redirected to from https, but is not secure itself", rule="web")
            was_safe = target.scheme == "https"
            address = await _checked(target, allowed, resolve)
            try:
                async with client.stream(
                    "GET",
                    _pinned(url, target, address),
                    headers={"Host": _host_header(target), "User-Agent": _AGENT, "Accept": "text/*, application/json"},
                    extensions={"sni_hostname": target.host},
                ) as response:
                    following = response.headers.get("location") if response.is_redirect else None
                    if following is None:
                        return await _read(url, response, documents)
            except _faults() as error:
                raise ToolExecutionError(f"{url} can't be fetched: {str(error) or type(error).__name__}") from None
            url = urljoin(url, following)
    raise ToolExecutionError(f"More than {REDIRECTS} redirects; the last one leads to {url}")


def _make_client() -> httpx2.AsyncClient:
    """A client of its own, made off the loop: reading the certificates takes long.

    No proxy and no cookies of the environment: a proxy would look the host up again, past the check.
    """
    import httpx2

    return httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=10.0)


def _faults() -> tuple[type[Exception], ...]:
    import httpx2

    return (httpx2.HTTPError, httpx2.InvalidURL)


async def _checked(target: Target, allowed: Sequence[str], resolve: Resolve) -> str:
    """The address to connect to, once. Every one that the host has must be fit to be reached."""
    try:
        addresses = [str(ipaddress.ip_address(target.host))]
    except ValueError:
        addresses = await resolve(target.host, target.port)
    if not addresses:
        raise ToolExecutionError(f"There is no host {target.host!r}")
    checked = [check_address(address, target, allowed) for address in addresses]
    return checked[0]


def _pinned(url: str, target: Target, address: str) -> str:
    """The URL with the checked address in the host's place, so that nothing is looked up again."""
    parts = urlsplit(url)
    host = f"[{address}]" if ":" in address else address
    return parts._replace(netloc=f"{host}:{target.port}", fragment="").geturl()


def _host_header(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = {"https": 443, "http": 80}[target.scheme]
    return host if target.port == usual else f"{host}:{target.port}"


async def _read(url: str, response: httpx2.Response, documents: Container[str]) -> Page:
    kind = response.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
    if kind not in documents and not kind.startswith(TEXT_KINDS) and not kind.endswith(("+json", "+xml")):
        size = response.headers.get("content-length", "an unknown number of")
        raise ToolExecutionError(f"{url} is {kind} ({size} bytes), which is not text")
    limit = DOCUMENT_LIMIT_BYTES if kind in documents else BODY_LIMIT_BYTES
    body = bytearray()
    async for chunk in response.aiter_bytes(65_536):
        body += chunk
        if len(body) > limit:
            break
    is_cut = len(body) > limit
    if is_cut and kind in documents:
        raise ToolExecutionError(f"{url} has more than {limit // 2**20} MB, the most that is read of a document")
    charset = response.charset_encoding or _charset_in(bytes(body[:BEGINNING_BYTES]), kind)
    return Page(url, response.status_code, kind, bytes(body[:limit]), charset, is_cut)


def _charset_in(beginning: bytes, kind: str) -> str:
    """The encoding that a page itself names, where its server does not: UTF-8 if neither says."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if beginning.startswith(mark):
            return encoding
    found = _NAMED_CHARSET.search(beginning) if "html" in kind or kind.endswith("xml") else None
    return found[1].decode("ascii") if found is not None else "utf-8"


def _without(html: str, tags: Sequence[str]) -> str:
    """HTML without the elements that no reader sees."""
    import bs4

    soup = bs4.BeautifulSoup(html, "html.parser")
    for element in soup(list(tags)):
        element.decompose()
    return str(soup)


def _spaced(text: str) -> list[str]:
    """The lines, with at most one empty line between paragraphs."""
    lines: list[str] = []
    for line in text.strip().split("\n"):
        if line.strip() or (lines and lines[-1].strip()):
            lines.append(line)
    return lines
