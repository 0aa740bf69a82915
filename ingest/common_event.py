"""The quick way from texts to columns, for the common event: one that is stored as it was sent.

What is not surely so is left to the careful way (validation, repair, redaction), which makes the same of the events
that are taken here, in three times the time. A portion's events are worked on together, one column after the other:
what costs is Python's own work for each event, so that there is as little of it as possible (decisions/0014).
"""

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec

from ingest import limits
from ingest.moment import moment_of
from ingest.redaction import is_harmless_key
from ingest.screen import suspects
from ingest.validation import LEVELS_AS_WRITTEN, Policy, Validator, number_as_sent
from logviewer.store.columns import Columns, time_text

CANONICAL = "2026-11-23T10:02:03.123456Z"  # what structlog writes, and Postgres reads as we do
CANONICAL_SIGNS = ((4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "."), (26, "Z"))
MAX_REMEMBERED_KEYS = 20_000
MAX_INTEGER = 10**limits.MAX_NUMBER_CHARACTERS

TEXT: Collection[type] = {str}
TEXT_OR_NOTHING: Collection[type] = {str, type(None)}
TEXT_NUMBER_OR_NOTHING: Collection[type] = {str, int, type(None)}


def _number(text: str) -> float | msgspec.Raw:
    """A number as it was sent: msgspec writes a float as Python does, but for very large and very small ones."""
    number = float(text)
    return number if repr(number) == text and "e" not in text else number_as_sent(text)


_decoder = msgspec.json.Decoder(float_hook=_number)
_encode_lines = msgspec.json.Encoder().encode_lines
_plain_keys: set[str] = set()  # keys seen that are short and harmless: one set operation instead of a loop


@dataclass(frozen=True, slots=True)
class CommonEvents:
    """What became of some texts. Those at the `odd` places need care: what stands there in `columns` is void."""

    columns: Columns
    odd: Collection[int]


def common_events(validator: Validator, texts: Sequence[bytes | memoryview]) -> CommonEvents:
    """Reads those of `texts` that need no care."""
    if not _may_be_common(validator.policy) or not texts or max(map(len, texts)) > limits.MAX_EVENT_BYTES:
        return none_in_common(texts)
    return _Portion(validator, cast(Sequence[bytes], texts)).read()  # only what is too large is a view


def none_in_common(texts: Sequence[bytes | memoryview]) -> CommonEvents:
    """For texts that all need care."""
    return CommonEvents(Columns.void(len(texts)), range(len(texts)))


def _may_be_common(policy: Policy) -> bool:
    return policy.shift is None and not _holds_container(policy.properties)


class _Portion:
    """The events of some texts. Those that turn out to need care are `odd`, and what stands in their places is void."""

    def __init__(self, validator: Validator, texts: Sequence[bytes]) -> None:
        self._validator = validator
        self._texts = texts
        self._odd: set[int] = set()
        self._fields: list[dict[str, Any]] = _decoded(texts)
        if set(map(type, self._fields)) != {dict}:
            self._leave_out(place for place, value in enumerate(self._fields) if type(value) is not dict)

    def read(self) -> CommonEvents:
        """Takes the columns out of the fields, and what is left becomes the events' data."""
        self._leave_out_odd_objects()
        self._add_properties()
        self._leave_out_odd_keys()
        levels, services = self._levels(), self._services()
        names, loggers = self._names(), self._column("logger", "", TEXT)
        request_ids = self._ids("request_id", TEXT_OR_NOTHING)
        cohort_ids = self._ids("cohort_id", TEXT_NUMBER_OR_NOTHING)
        times = self._times()
        self._leave_out_odd_values(services, names, loggers, request_ids, cohort_ids)
        data = _encode_lines(self._fields).decode().split("\n")[:-1]
        metas: list[str | None] = [None] * len(data)
        columns = Columns(times, levels, services, names, loggers, request_ids, cohort_ids, data, metas)
        return CommonEvents(columns, sorted(self._odd))

    def _leave_out_odd_objects(self) -> None:
        """Those with a key that stands twice, or in an object inside of them, and those with too many keys."""
        lengths, keys = list(map(len, self._fields)), [text.count(b'":') for text in self._texts]
        if lengths != keys or max(lengths) > limits.MAX_KEYS:
            self._leave_out(
                place
                for place, (length, count) in enumerate(zip(lengths, keys, strict=True))
                if length != count or length > limits.MAX_KEYS
            )

    def _add_properties(self) -> None:
        if properties := self._validator.policy.properties:
            for fields in self._fields:
                fields.update({**properties, **fields})

    def _leave_out_odd_keys(self) -> None:
        unknown = set[str]().union(*self._fields) - _plain_keys
        if unknown and (odd := unknown - _remembered(filter(_is_plain, unknown))):
            self._leave_out(place for place, fields in enumerate(self._fields) if not odd.isdisjoint(fields))

    def _leave_out_odd_values(self, *columns: Sequence[str | None]) -> None:
        """Those that hold objects, lists, what is to be masked, and what Postgres cannot store."""
        rows: list[Collection[Any]] = list(map(dict.values, self._fields))
        try:
            values = set[Any]().union(*rows)
        except TypeError:
            rows = [self._hashable(place) for place in range(len(rows))]
            values = set().union(*rows)
        values.update(*columns)
        odd: set[Any] = suspects([value for value in values if type(value) is str])
        odd.update([value for value in values if type(value) is int and not -MAX_INTEGER < value < MAX_INTEGER])
        if odd:
            for group in (rows, zip(*columns, strict=True)):
                self._leave_out(place for place, clear in enumerate(map(odd.isdisjoint, group)) if not clear)

    def _hashable(self, place: int) -> Collection[Any]:
        """The values of the fields at `place` that a set takes."""
        values = [value for value in self._fields[place].values() if type(value) is not msgspec.Raw]
        if not any(type(value) is dict or type(value) is list for value in values):
            return values
        self._leave_out([place])
        return ()

    def _leave_out(self, places: Iterable[int]) -> None:
        for place in places:
            self._odd.add(place)
            self._fields[place] = {}

    def _column(self, name: str, default: Any, kinds: Collection[type]) -> list[Any]:
        """What stands under `name`, of these kinds; `default` where there is nothing."""
        column = [fields.pop(name, default) for fields in self._fields]
        if not set(map(type, column)).issubset(kinds):
            for place, value in enumerate(column):
                if type(value) not in kinds:
                    self._odd.add(place)
                    column[place] = default
        return column

    def _levels(self) -> list[int]:
        levels: list[Any] = list(map(LEVELS_AS_WRITTEN.get, self._column("level", "info", TEXT)))
        self._leave_out_nothing(levels)
        return levels

    def _services(self) -> list[str]:
        words = self._column("service", "", TEXT)
        stored = {word: self._validator.plain_service(word) for word in set(words)}
        services: list[Any] = list(map(stored.get, words))
        self._leave_out_nothing(services)
        return services

    def _leave_out_nothing(self, column: Sequence[Any]) -> None:
        if None in column:
            self._leave_out(place for place, value in enumerate(column) if value is None)

    def _names(self) -> list[str]:
        names = self._column("event", None, TEXT_OR_NOTHING)
        if None in names:
            for place, name in enumerate(names):
                if name is None:
                    names[place] = self._message(place)
        return names

    def _message(self, place: int) -> str:
        """What others call an event's name."""
        fields = self._fields[place]
        message = fields.pop("message", None)
        if message is None:
            message = fields.pop("msg", "")
        if type(message) is str:
            return message
        self._odd.add(place)
        return ""

    def _ids(self, name: str, kinds: Collection[type]) -> list[str | None]:
        ids = [str(one) if type(one) is int else one or None for one in self._column(name, None, kinds)]
        if max(map(len, filter(None, ids)), default=0) > limits.MAX_ID_CHARACTERS:
            self._leave_out(place for place, one in enumerate(ids) if one and len(one) > limits.MAX_ID_CHARACTERS)
        return ids

    def _times(self) -> list[str]:
        stamps = self._column("timestamp", None, TEXT_OR_NOTHING)
        earliest, latest = self._validator.earliest, self._validator.latest
        times = _canonical_times(stamps)
        if times and earliest <= min(times) and max(times) <= latest:
            return stamps
        received = self._validator.received
        moments = [received if stamp is None else moment_of(stamp) for stamp in stamps]
        self._leave_out(
            place for place, moment in enumerate(moments) if moment is None or not earliest <= moment <= latest
        )
        return [time_text(moment or received) for moment in moments]


def _decoded(texts: Sequence[bytes]) -> list[Any]:
    """The texts' values; None where one cannot be read strictly."""
    # What begins with { is one value, or more: as many values as texts are one of each.
    if {text[:1] for text in texts} == {b"{"}:
        with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError):
            values = _decoder.decode_lines(b"\n".join(texts))
            if len(values) == len(texts):
                return values
    return [_decoded_alone(text) for text in texts]


def _decoded_alone(text: bytes) -> Any:
    with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError):
        return _decoder.decode(text)
    return None


def _canonical_times(stamps: Sequence[Any]) -> list[datetime]:
    """The moments that `stamps` mean if all of them are canonical; else nothing."""
    with contextlib.suppress(TypeError, ValueError):
        if set(map(len, stamps)) == {len(CANONICAL)}:
            together = "".join(stamps)
            if all(together[at :: len(CANONICAL)] == sign * len(stamps) for at, sign in CANONICAL_SIGNS):
                return list(map(datetime.fromisoformat, stamps))
    return []


def _holds_container(fields: Mapping[str, Any]) -> bool:
    return any(type(value) is dict or type(value) is list for value in fields.values())


def _is_plain(key: str) -> bool:
    return len(key) <= limits.MAX_KEY_CHARACTERS and "\0" not in key and is_harmless_key(key)


def _remembered(plain: Iterable[str]) -> set[str]:
    """`plain` keys, which need not be looked at again."""
    keys = set(plain)
    if len(_plain_keys) > MAX_REMEMBERED_KEYS:
        _plain_keys.clear()
    _plain_keys.update(keys)
    return keys
