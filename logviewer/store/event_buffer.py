"""A batch's events between reading and writing: of a large batch most lie in a file. Knows no Django."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, overload
from weakref import finalize

import msgspec

from logviewer.store.event import Event

KEPT_BYTES = 2 * 1024 * 1024  # of events in memory; those after them go to the file
BYTES_OF_EVENT = 200  # what one takes beside its text

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Event]).decode


class EventBuffer(Sequence[Event]):
    """Events in the order in which they were added. The file has no name, and goes with the last reference."""

    def __init__(self) -> None:
        self._kept: list[Event] = []
        self._room = KEPT_BYTES
        self._file: IO[bytes] | None = None
        self._starts: list[int] = []  # the places of the first events of the portions in the file
        self._offsets = [0]  # where those portions begin, and the last one ends
        self._length = 0

    def add(self, events: Sequence[Event], size: int) -> None:
        """A further portion, which was read from `size` bytes. Raises OSError if the file's disk is full."""
        self._room -= size + BYTES_OF_EVENT * len(events)
        if self._room >= 0:
            self._kept += events
        elif events:
            self._append_to_file(events)
        self._length += len(events)

    def _append_to_file(self, events: Sequence[Event]) -> None:
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 -- closed when nobody holds the events any more
            finalize(self, self._file.close)
        packed = _encode(events)
        self._file.seek(self._offsets[-1])
        self._file.write(packed)
        self._starts.append(self._length)
        self._offsets.append(self._offsets[-1] + len(packed))

    def _portion(self, number: int) -> list[Event]:
        assert self._file is not None
        start, end = self._offsets[number : number + 2]
        self._file.seek(start)
        return _decode(self._file.read(end - start))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Event]:
        return chain(self._kept, chain.from_iterable(map(self._portion, range(len(self._starts)))))

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> list[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | list[Event]:
        """An event, or a list of those at the places of a slice: only they, and their portions, are in memory."""
        if isinstance(place, int):
            place = range(self._length)[place]
            return self[place : place + 1][0]
        start, end, step = place.indices(self._length)
        if step != 1:
            return [self[one] for one in range(start, end, step)]
        found = self._kept[start:end]
        number = max(0, bisect_right(self._starts, start) - 1)
        while number < len(self._starts) and self._starts[number] < end:
            first = self._starts[number]
            found += self._portion(number)[max(0, start - first) : end - first]
            number += 1
        return found
