"""What is noted of the fields of some events before it goes to the catalogue. Knows no Django."""

import math
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from logviewer.store.event_fields import Number, fields_in

MOST_SAMPLES = 8
LONGEST_SAMPLE = 100  # characters
LONGEST_PATH_BYTES = 1200  # it stands in an index, whose entries are bounded

# One sender that invents names must not fill the table.
MOST_PATHS_OF_SERVICE = 2000  # a day
MOST_PATHS_OF_NAME = 500  # that begin with the same name: objects used as maps, {"scores": {"4711": 1}}
MOST_PATHS_OF_DAY = 20_000  # of all services

KINDS = ("strings", "numbers", "booleans", "nulls", "objects", "arrays")
_US_OF_DAY = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KIND_OF = {str: 0, Number: 1, bool: 2, type(None): 3, dict: 4, list: 5}


@dataclass(slots=True)
class FieldNote:
    """What was seen of a field. The counts are events: of `events` that have it, so many have a string there, ..."""

    first_us: int  # times of events, microseconds since 1970
    last_us: int
    events: int = 0
    kinds: list[int] = field(default_factory=lambda: [0] * len(KINDS))
    exact: bool = True
    lowest: float | None = None
    highest: float | None = None
    samples: dict[str, None] = field(default_factory=dict)  # in the order in which they came

    def add(self, values: list[Any], time_us: int, stands_for: int) -> None:
        """One more event that has the field, with these values."""
        self.events += stands_for
        if stands_for > 1:
            self.exact = False
        if time_us < self.first_us:
            self.first_us = time_us
        elif time_us > self.last_us:
            self.last_us = time_us
        for kind in {type(value) for value in values} if len(values) > 1 else (type(values[0]),):
            self.kinds[_KIND_OF[kind]] += stands_for
        for value in values:
            if type(value) is Number:
                self._widen(float(value))
            if len(self.samples) < MOST_SAMPLES:
                self._sample(value)

    def _widen(self, number: float) -> None:
        if not math.isfinite(number):
            return  # more digits than a float holds
        if self.lowest is None or self.highest is None:
            self.lowest = self.highest = number
        elif number < self.lowest:
            self.lowest = number
        elif number > self.highest:
            self.highest = number

    def _sample(self, value: Any) -> None:
        if isinstance(value, bool):
            value = "true" if value else "false"
        if isinstance(value, str) and 0 < len(value) <= LONGEST_SAMPLE:
            self.samples[str(value)] = None


class Day(NamedTuple):
    """The fields of one service and day (UTC) belong together."""

    number: int  # since 1970
    service: str

    @property
    def utc_date(self) -> date:
        return moment(self.number * _US_OF_DAY).date()

    @classmethod
    def of(cls, day: date, service: str) -> "Day":
        return cls((day - _EPOCH.date()).days, service)


Notes = dict[Day, dict[str, FieldNote]]


def moment(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


def note_event(notes: Notes, time_us: int, service: str, data: str, stands_for: int) -> None:
    """Adds the fields of an event that counts `stands_for` times."""
    day = Day(time_us // _US_OF_DAY, service)
    of_day = notes.get(day)
    if of_day is None:
        of_day = notes[day] = {}
    for path, values in fields_in(data).items():
        note = of_day.get(path)
        if note is None:
            if len(of_day) >= MOST_PATHS_OF_SERVICE or len(path.encode()) > LONGEST_PATH_BYTES:
                continue
            note = of_day[path] = FieldNote(time_us, time_us)
        note.add(values, time_us, stands_for)


@dataclass(frozen=True, slots=True)
class Taken:
    """What the catalogue holds of the days that a write concerns."""

    known: Set[tuple[Day, str]]  # those of the noted paths that it has
    paths: Mapping[tuple[Day, str], int]  # how many, by the name with which they begin


def admitted(notes: Notes, taken: Taken) -> Iterator[tuple[Day, str, FieldNote]]:
    """The notes that the caps let in: known paths, and new ones while there is room, the most frequent first."""
    of_name = dict(taken.paths)
    of_service: dict[Day, int] = {}
    of_day: dict[int, int] = {}
    for (day, _), count in of_name.items():
        of_service[day] = of_service.get(day, 0) + count
        of_day[day.number] = of_day.get(day.number, 0) + count
    each = [(day, path, note) for day, of_this in notes.items() for path, note in of_this.items()]
    for day, path, note in sorted(each, key=lambda one: (-one[2].events, one[1])):
        name = day, path.partition(".")[0]
        if (day, path) not in taken.known:
            if (
                of_name.get(name, 0) >= MOST_PATHS_OF_NAME
                or of_service.get(day, 0) >= MOST_PATHS_OF_SERVICE
                or of_day.get(day.number, 0) >= MOST_PATHS_OF_DAY
            ):
                continue
            of_name[name] = of_name.get(name, 0) + 1
            of_service[day] = of_service.get(day, 0) + 1
            of_day[day.number] = of_day.get(day.number, 0) + 1
        yield day, path, note
