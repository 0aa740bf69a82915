"""Counts what each address sent and what became of it. There is no other receipt."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

MAX_ADDRESSES = 1000
OTHERS = "others"


@dataclass(slots=True)
class Counts:
    """Of one address, since the start."""

    connections: int = 0
    lines: int = 0
    bytes: int = 0
    stored: int = 0
    half: int = 0  # lines whose connection ended within them
    long: int = 0  # lines of which only the beginning was kept
    closed: int = 0  # connections that we closed: idle, or too many
    refused: int = 0  # connections and datagrams of an address that may not send, or of too many connections

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, one.name):,} {one.name}" for one in fields(self) if getattr(self, one.name))


class Tally:
    """The counts of all addresses, in bounded memory."""

    def __init__(self) -> None:
        self._counts: dict[str, Counts] = {}
        self._told: dict[str, str] = {}

    def of(self, address: str) -> Counts:
        if address not in self._counts and len(self._counts) >= MAX_ADDRESSES:
            address = OTHERS
        return self._counts.setdefault(address, Counts())

    def stored(self, addresses: Mapping[str, int], events: int) -> None:
        """`events` of the lines that these addresses sent are stored: all of them, but for errors of ours."""
        for address, lines in addresses.items():
            count = min(lines, events)
            self.of(address).stored += count
            events -= count

    def news(self) -> list[str]:
        """A line for each address of which something changed since the last time."""
        found = [f"{address}: {counts}" for address, counts in self._counts.items()]
        changed = [line for line in found if self._told.get(line.partition(": ")[0]) != line]
        self._told = {line.partition(": ")[0]: line for line in found}
        return changed
