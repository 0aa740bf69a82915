"""Who may send: networks with the service of each, or the name in a certificate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from ingest.models import SERVICE_NAME

MAX_REMEMBERED = 4096  # addresses


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose lines these are. `origin`: the network of the list that lets it in, or "certificate"."""

    service: str
    origin: str


class Senders:
    """The list of those who may send."""

    def __init__(self, networks: Iterable[tuple[str, str]]) -> None:
        found = [(ip_network(network), Sender(service, network)) for network, service in networks]
        self._networks = sorted(
            found, key=lambda one: one[0].prefixlen, reverse=True
        )  # the narrowest one says who it is
        self._known: dict[str, Sender | None] = {}

    def at(self, address: str) -> Sender | None:
        """Who sends from `address`; None: nobody who may."""
        if address not in self._known:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[address] = self._look_up(_plain(address))
        return self._known[address]

    def _look_up(self, address: IPv4Address | IPv6Address | None) -> Sender | None:
        if address is None:
            return None
        return next((sender for network, sender in self._networks if address in network), None)


def in_certificate(certificate: Mapping[str, Any] | None) -> Sender | None:
    """Who shows `certificate` (ssl's dict of one that was verified): its common name is the service. None: nobody."""
    names: Sequence[str] = [
        value for part in (certificate or {}).get("subject", ()) for name, value in part if name == "commonName"
    ]
    return Sender(names[0], "certificate") if names and SERVICE_NAME.fullmatch(names[0]) else None


def _plain(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
