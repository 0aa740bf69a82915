"""Whose word about a request is believed: addresses and networks of proxies."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Union

from logviewer_client.diagnostics import tell

UNIX_SOCKET = "unix"
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


class TrustedProxies:
    """`address in TrustedProxies(["10.0.0.0/8", "::1", "unix"])`. What is no address is told on stderr and left out.

    A peer without an address has come through a Unix socket. An IPv4 address in the form of IPv6 is what it stands for.
    """

    def __init__(self, given: str | Iterable[str]) -> None:
        names = [given] if isinstance(given, str) else list(given)
        self._unix_socket = UNIX_SOCKET in names
        self._networks = [network for name in names if name != UNIX_SOCKET for network in _network(name)]
        self._trusts = lru_cache(maxsize=1024)(self._looks_up)

    def __contains__(self, address: object) -> bool:
        if not address:
            return self._unix_socket
        return bool(self._networks) and self._trusts(str(address))

    def _looks_up(self, text: str) -> bool:
        try:
            address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(text)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)


def _network(name: str) -> list[Network]:
    try:
        return [ipaddress.ip_network(name, strict=False)]
    except ValueError:
        tell(f"LOGVIEWER_TRUSTED_PROXIES: {name!r} is neither an address nor a network; it is not trusted")
        return []
