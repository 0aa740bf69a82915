"""A batch's events between reading and writing: of a large batch most lie in a file. Knows no Django."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, overload
from weakref import finalize

import msgspec

from logviewer.store.columns import Columns
from logviewer.store.event import Event
from logviewer.store.portions import portions

KEPT_BYTES = 2 * 1024 * 1024  # of events in memory; those after them go to the file
BYTES_OF_EVENT = 200  # what one takes beside its text
PORTION_CHARACTERS = 1024 * 1024  # the rows of a portion stand several times in memory while they are made
EVENT_CHARACTERS = 256  # what an event takes beside its texts of any length

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Columns).decode


class EventBuffer(Sequence[Event]):
    """Events in the order in which they were added. The file has no name, and goes with the last reference."""

    def __init__(self) -> None:
        self._kept: list[Columns] = []  # the first portions; the others are in the file
        self._room = KEPT_BYTES
        self._file: IO[bytes] | None = None
        self._starts: list[int] = []  # the places of the first events of all portions
        self._offsets = [0]  # where the portions in the file begin, and the last one ends
        self._length = 0

    def add(self, portion: Columns, size: int) -> None:
        """A further portion, which was read from `size` bytes. Raises OSError if the file's disk is full."""
        self._room -= size + BYTES_OF_EVENT * len(portion)
        if not len(portion):
            return
        if self._room >= 0:
            self._kept.append(portion)
        else:
            self._append_to_file(portion)
        self._starts.append(self._length)
        self._length += len(portion)

    def _append_to_file(self, portion: Columns) -> None:
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 -- closed when nobody holds the events any more
            finalize(self, self._file.close)
        packed = _encode(portion)
        self._file.seek(self._offsets[-1])
        self._file.write(packed)
        self._offsets.append(self._offsets[-1] + len(packed))

    def _portion(self, number: int) -> Columns:
        if number < len(self._kept):
            return self._kept[number]
        assert self._file is not None
        start, end = self._offsets[number - len(self._kept) :][:2]
        self._file.seek(start)
        return _decode(self._file.read(end - start))

    def portions(self) -> Iterator[Columns]:
        """All events, as they were added."""
        return map(self._portion, range(len(self._starts)))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Event]:
        return chain.from_iterable(self.portions())

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
        found: list[Event] = []
        number = max(0, bisect_right(self._starts, start) - 1)
        while number < len(self._starts) and self._starts[number] < end:
            first = self._starts[number]
            found += self._portion(number).part(slice(max(0, start - first), end - first))
            number += 1
        return found


def in_columns(events: Sequence[Event]) -> Iterator[Columns]:
    """The events in portions that fit into memory."""
    if isinstance(events, EventBuffer):
        return events.portions()
    return (Columns.of(events[part]) for part in parts(events))


def parts(events: Sequence[Event]) -> Iterator[slice]:
    """Where events are that fit into memory together, or a single one."""
    return portions(
        (
            EVENT_CHARACTERS + len(event.data) + len(event.event) + len(event.logger) + len(event.meta or "")
            for event in events
        ),
        PORTION_CHARACTERS,
    )
