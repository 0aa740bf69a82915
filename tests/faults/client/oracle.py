"""What processes noted about their log calls: a line before each, and a line once it returned. Both outlive any kill.

The file is the only witness of what was logged: the client under test has no part in it.
"""

import os
from dataclasses import dataclass
from pathlib import Path


class Oracle:
    """Notes into `file`. Shared by threads and forked children: each note is one short append."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def begins(self, number: int) -> None:
        os.write(self._descriptor, b"begins %d\n" % number)

    def returned(self, number: int, took_us: int) -> None:
        os.write(self._descriptor, b"returned %d %d\n" % (number, took_us))


@dataclass(frozen=True)
class Notes:
    """The numbers of events by what their log call did. One that began and did not return may be stored or not."""

    begun: frozenset[int] = frozenset()
    returned: frozenset[int] = frozenset()
    repeated: tuple[int, ...] = ()  # numbers that were logged twice: a mistake of the rig's
    longest_us: int = 0


def read(file: Path) -> Notes:
    """The notes in `file`; none if nobody wrote any."""
    begun: list[int] = []
    returned: list[int] = []
    longest_us = 0
    for line in file.read_bytes().splitlines() if file.exists() else ():
        what, number, *took = line.split()
        if what == b"begins":
            begun.append(int(number))
        else:
            returned.append(int(number))
            longest_us = max(longest_us, int(took[0]))
    seen: set[int] = set()
    repeated = tuple(number for number in begun if number in seen or seen.add(number))
    return Notes(frozenset(begun), frozenset(returned), repeated, longest_us)


def count_returned(file: Path) -> int:
    return file.read_bytes().count(b"returned") if file.exists() else 0
