"""Any value as plain JSON types, in bounded size, depth and time, whatever its methods do when they are called.

Values keep their JSON type where they have one; everything else becomes text. What does not fit is cut, and says so.
"""

import dataclasses
import json
from collections import deque
from collections.abc import Callable, Iterable, KeysView, Mapping, Sized, ValuesView
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import islice
from math import isfinite
from numbers import Integral, Real
from typing import Any
from uuid import UUID

MAX_EVENT_BYTES = 256 * 1024
MAX_FIELD_BYTES = 64 * 1024
MAX_DEPTH = 32  # the event itself is the first level
MAX_KEYS = 500  # a level
MAX_KEY_CHARACTERS = 256
MAX_INTEGER_BITS = 1024  # above, Python takes long to write the digits, or refuses

# Escapes can make JSON six times as long as its text, so an event that came out too long is rendered with less room.
ROOMS = tuple(MAX_EVENT_BYTES >> halvings for halvings in range(5))
MORE = "…"


def bounded_line(event: Mapping[str, object]) -> bytes:
    """`event` as one line of UTF-8 JSON without a newline, at most 256 KiB. Its first fields survive cuts longest."""
    for room in ROOMS:
        line = _encode(_Plain(room).event(event))
        if len(line) <= MAX_EVENT_BYTES:
            break
    return line


def _encode(event: dict[str, object]) -> bytes:
    try:
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(event, separators=(",", ":")).encode()


class _Plain:
    """Makes what json.dumps takes, out of anything, until the room of one event is used up."""

    def __init__(self, room: int) -> None:
        self._rest = room  # bytes left for the fields to come
        self._room = room  # bytes left for the present field
        self._above: set[int] = set()  # ids of the containers around the present value

    def event(self, event: Mapping[str, object]) -> dict[str, object]:
        fields: dict[str, object] = {}
        for key, value in islice(event.items(), MAX_KEYS):
            if self._rest <= 0:
                break
            self._room = granted = min(MAX_FIELD_BYTES, self._rest)
            name = self._key(key, fields, 1)
            fields[name] = self.value(value, 1)
            self._rest -= granted - self._room
        _say_what_is_missing(fields, len(event))
        return fields

    def value(self, value: object, depth: int) -> Any:
        """`value`, which stands in a container at `depth`, as plain JSON types."""
        if value is None or value is True or value is False:
            self._room -= 6
            return value
        kind = type(value)
        try:
            if kind is str:
                return self.text(value)  # type: ignore[arg-type]
            for known, convert in CONVERSIONS:
                # Not isinstance, which asks value.__class__: a lazy object would go and fetch itself.
                if issubclass(kind, known):
                    return convert(self, value, depth)
            if dataclasses.is_dataclass(kind):
                return self._container(value, depth, _Plain._dataclass)
            return self.text(repr(value))
        except Exception as problem:  # noqa: BLE001 -- a value may do anything when it is looked at
            return self.text(f"<{kind.__name__} without a repr: {type(problem).__name__}>")

    def text(self, text: str) -> str:
        kept = _cut(str.__str__(text), max(self._room, 0))
        self._room -= _size(kept) + 3
        return kept

    def number(self, number: int) -> int | str:
        exact = int.__int__(number)
        if exact.bit_length() > MAX_INTEGER_BITS:
            return self.text(hex(exact))
        self._room -= exact.bit_length() // 3 + 2
        return exact

    def real(self, number: float) -> float | str:
        exact = float.__float__(number)
        if not isfinite(exact):
            return self.text(repr(exact))
        self._room -= 20
        return exact

    def octets(self, octets: bytes | bytearray | memoryview) -> str:
        """As UTF-8."""
        view = memoryview(octets).cast("B")
        note = f"{MORE} [{len(view)} bytes in all]" if len(view) > MAX_FIELD_BYTES else ""
        return self.text(bytes(view[:MAX_FIELD_BYTES]).decode(errors="replace") + note)

    def mapping(self, mapping: Mapping[object, object], depth: int) -> Any:
        return self._container(mapping, depth, _Plain._pairs)

    def items(self, items: Iterable[object], depth: int) -> Any:
        return self._container(items, depth, _Plain._list)

    def _container(self, value: Any, depth: int, convert: Callable[["_Plain", Any, int], Any]) -> Any:
        if depth >= MAX_DEPTH:
            return self.text(f"[{type(value).__name__} below {MAX_DEPTH} levels]")
        if id(value) in self._above:
            return self.text(f"[{type(value).__name__} that holds itself]")
        self._above.add(id(value))
        self._room -= 3
        try:
            return convert(self, value, depth + 1)
        finally:
            self._above.discard(id(value))

    def _pairs(self, mapping: Mapping[object, object], depth: int) -> dict[str, object]:
        pairs: dict[str, object] = {}
        # At once, because another thread may change the mapping meanwhile.
        for key, value in list(islice(mapping.items(), MAX_KEYS)):
            if self._room <= 0:
                break
            name = self._key(key, pairs, depth)
            pairs[name] = self.value(value, depth)
        _say_what_is_missing(pairs, len(mapping))
        return pairs

    def _list(self, items: Iterable[object], depth: int) -> list[object]:
        plain: list[object] = []
        # Each element takes two bytes at least.
        for item in list(islice(items, max(self._room // 2, 1))):
            if self._room <= 0:
                break
            plain.append(self.value(item, depth))
        missing = len(items) - len(plain) if isinstance(items, Sized) else 0
        return [*plain, f"{MORE} {missing} more"] if missing else plain

    def _dataclass(self, value: Any, depth: int) -> dict[str, object]:
        return self._pairs({field.name: getattr(value, field.name) for field in dataclasses.fields(value)}, depth)

    def _key(self, key: object, taken: Mapping[str, object], depth: int) -> str:
        text = str(self.value(key, depth))
        if len(text) > MAX_KEY_CHARACTERS:
            text = text[: MAX_KEY_CHARACTERS - 1] + MORE
        while text in taken:  # 1 and "1" are two keys in Python
            text += "'"
        return text


def _say_what_is_missing(fields: dict[str, object], all_of_them: int) -> None:
    missing = all_of_them - len(fields)
    if missing > 0:
        fields[MORE] = f"{missing} more keys"


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _cut(text: str, most: int) -> str:
    """`text` in at most `most` bytes of UTF-8: its middle gives way, since errors are told at both ends of a text."""
    if len(text) <= most and _size(text) <= most:
        return text
    note = f" {MORE} [{len(text)} characters in all] {MORE} "
    for_both_ends = max(most - _size(note), 0)
    for_end = for_both_ends // 4
    head = text[: for_both_ends - for_end].encode("utf-8", "replace")[: for_both_ends - for_end]
    end = text[-for_end:].encode("utf-8", "replace")[-for_end:] if for_end else b""
    return head.decode(errors="ignore") + note + end.decode(errors="ignore")


def _own_text(plain: _Plain, value: object, depth: int) -> str:
    return plain.text(str(value))


def _moment(plain: _Plain, value: date | time, depth: int) -> str:
    return plain.text(value.isoformat())


def _error(plain: _Plain, value: BaseException, depth: int) -> str:
    return plain.text(f"{type(value).__name__}: {value}")


# The first kind that fits. An enumeration of integers or texts is one of those, others are shown by their value.
CONVERSIONS: tuple[tuple[Any, Callable[[_Plain, Any, int], Any]], ...] = (
    (int, lambda plain, value, depth: plain.number(value)),
    (float, lambda plain, value, depth: plain.real(value)),
    (Mapping, _Plain.mapping),
    ((list, tuple, set, frozenset, deque, KeysView, ValuesView), _Plain.items),
    ((datetime, date, time), _moment),
    ((UUID, Decimal, Fraction), _own_text),
    (timedelta, lambda plain, value, depth: plain.real(value.total_seconds())),
    ((bytes, bytearray, memoryview), lambda plain, value, depth: plain.octets(value)),
    (str, lambda plain, value, depth: plain.text(value)),
    (Enum, lambda plain, value, depth: plain.value(value.value, depth)),
    (BaseException, _error),
    (Integral, lambda plain, value, depth: plain.number(int(value))),
    (Real, lambda plain, value, depth: plain.real(float(value))),
)
