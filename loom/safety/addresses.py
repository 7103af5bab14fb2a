"""Which addresses of the network a tool may reach: the public ones, and hosts that the agent file names."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from loom.errors import ToolExecutionError, ToolPermissionError

# Numbers that a system reads as an IPv4 address, though nobody writes one so: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMBERS = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*")

# Besides what ipaddress knows as private or reserved: shared by carriers, and forms that hold an IPv4 address in an
# IPv6 one (NAT64, 6to4, Teredo), which would lead to any address at all.
_MORE = tuple(
    ipaddress.ip_network(each) for each in ("100.64.0.0/10", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: scheme, host as it is looked up (lower case, international ones in their ASCII form), port."""

    scheme: str
    host: str
    port: int

    @property
    def place(self) -> str:
        """Host and port, as an agent file names them."""
        return f"{self.host}:{self.port}"


def read_url(url: str) -> Target:
    """Where `url` leads. Raises ToolExecutionError for what is no plain http or https address."""
    if len(url) > 4096 or any(char.isspace() or ord(char) < 32 for char in url):
        raise ToolExecutionError("The URL holds spaces or control characters, or is longer than 4,096 characters")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        name = host if ":" in host else host.encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError) as error:
        raise ToolExecutionError(f"{url!r} is no URL that can be fetched: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise ToolExecutionError(
            f"Only http and https URLs can be fetched, not {parts.scheme or 'one without a scheme'}"
        )
    if not name:
        raise ToolExecutionError(f"{url!r} names no host")
    if _NUMBERS.fullmatch(name) and not _is_address(name):
        raise ToolPermissionError(f"{name!r} is an address in a disguise; write it as four numbers", rule="web")
    if parts.username is not None or parts.password is not None:
        raise ToolPermissionError("A URL with a name or password in it is not fetched", rule="web")
    return Target(parts.scheme, name, port or (443 if parts.scheme == "https" else 80))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def check_address(text: str, target: Target, allowed: Sequence[str] = ()) -> str:
    """The address `text`, if it is public or `target` is one of the `allowed` places (`host` or `host:port`).

    Raises ToolPermissionError that says what the address is.
    """
    if target.host in allowed or target.place in allowed:
        return text
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not address.is_global or address.is_multicast or any(address in network for network in _MORE):
        raise ToolPermissionError(
            f"{target.host} is at {text}, an address inside this machine or network, which tools do not reach. "
            f'To allow it, name it in the agent file: [policy.extensions] web_hosts = ["{target.place}"]',
            rule="web",
        )
    return text
