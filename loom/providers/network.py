"""How providers are reached: over a proxy or not, and whose certificates are believed."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from loom.errors import ConfigError

if TYPE_CHECKING:
    import ssl

    import httpx2

SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Network:
    """A person's choice of how the network is reached.

    `proxy` is a URL, empty for none, or None for what the environment says (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY,
    NO_PROXY). `no_proxy` names hosts that are reached without it, each with its subdomains. This machine always is.
    `ca_file` is a PEM file with certificates to believe beside the system's own.
    """

    proxy: str | None = None
    no_proxy: tuple[str, ...] = ()
    ca_file: str = ""

    def proxy_for(self, scheme: str, host: str) -> str:
        """The proxy for a host; empty for none."""
        if is_this_machine(host):
            return ""
        if self.proxy is None:
            return _of_environment(scheme, host)
        return "" if any(_covers(each, host) for each in self.no_proxy) else self.proxy


def check_network(network: Network) -> None:
    """Raise ConfigError for a proxy that is no URL, and a file without certificates; blocks."""
    if network.proxy:
        try:
            parts = urlsplit(network.proxy)
            fits = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
        except ValueError:
            fits = False
        if not fits:
            raise ConfigError(
                f"{network.proxy!r} is no proxy's address; write it like http://proxy.example:3128, with one of "
                f"{', '.join(SCHEMES)}"
            )
        if urlsplit(network.proxy).scheme.startswith("socks"):
            _need_socks()
    ssl_context(network.ca_file)


def ssl_context(ca_file: str) -> ssl.SSLContext:
    """What checks servers' certificates: against the system's, and those in a file; blocks. Raises ConfigError."""
    import ssl

    import httpx2

    context = httpx2.create_ssl_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=str(Path(ca_file).expanduser()))
        except (OSError, ssl.SSLError) as error:
            text = f"The certificates in {ca_file} can't be used: {error.strerror or error}"
            raise ConfigError(text) from None
    return context


def transport_of(network: Network, proxy: str, limits: httpx2.Limits) -> httpx2.AsyncHTTPTransport:
    """The connections over a proxy, or without one where it is empty; blocks. Raises ConfigError."""
    import httpx2

    return httpx2.AsyncHTTPTransport(verify=ssl_context(network.ca_file), limits=limits, proxy=proxy or None)


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine itself, by its name or address."""
    name = host.strip("[]").casefold()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _of_environment(scheme: str, host: str) -> str:
    import urllib.request

    if urllib.request.proxy_bypass(host):
        return ""
    found = urllib.request.getproxies()
    proxy = found.get(scheme) or found.get("all") or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _covers(name: str, host: str) -> bool:
    bare = name.strip().casefold().removeprefix("*").removeprefix(".")
    return bool(bare) and (host.casefold() == bare or host.casefold().endswith(f".{bare}"))


def _need_socks() -> None:
    import importlib.util

    if importlib.util.find_spec("socksio") is None:
        raise ConfigError("A SOCKS proxy needs the package 'socksio': pip install socksio, then start again")
