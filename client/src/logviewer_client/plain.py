"""Any value as plain JSON types, in bounded size, depth and time, whatever its methods do when they are called.

Values keep their JSON type where they have one; everything else becomes text. What does not fit is cut, and says so.
Secrets are masked on the way. The common event takes the short cut of logviewer_client.ordinary.
"""

from __future__ import annotations

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
from time import monotonic
from typing import Any
from uuid import UUID

from logviewer_client import foreign, slow_kinds
from logviewer_client.cut import MORE, cut, size
from logviewer_client.redaction import Redaction, active, is_marked
from logviewer_client.slow_kinds import MAX_LOOKING_S

MAX_EVENT_BYTES = 256 * 1024
MAX_FIELD_BYTES = 64 * 1024
MAX_SHOWN_BYTES = 4096
MAX_DEPTH = 32  # the event itself is the first level
MAX_KEYS = 500  # a level
MAX_KEY_CHARACTERS = 256
MAX_INTEGER_BITS = 1024  # above, Python takes long to write the digits, or refuses
# Escapes can make JSON six times as long as its text, so an event that came out too long is rendered with less room.
ROOMS = tuple(MAX_EVENT_BYTES >> halvings for halvings in range(5))
IDS = frozenset({"request_id", "cohort_id"})

# A metaclass may give its classes a name that fails.
class_name: Callable[[type], str] = type.__dict__["__name__"].__get__


def bounded_line(event: Mapping[str, object], redaction: Redaction | None = None) -> bytes:
    """`event` as one line of UTF-8 JSON without a newline, at most 256 KiB. Its first fields survive cuts longest."""
    for room in ROOMS:
        line = _encode(_Plain(room, redaction or active()).event(event))
        if len(line) <= MAX_EVENT_BYTES:
            break
    return line


def shown(value: object) -> str:
    """Any value as a short text, without an exception."""
    return str(_Plain(MAX_SHOWN_BYTES, active()).value(value, 1))


def _encode(event: dict[str, object]) -> bytes:
    try:
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(event, separators=(",", ":")).encode()


class _Plain:
    """Makes what json.dumps takes, out of anything, until the room of one event is used up."""

    def __init__(self, room: int, redaction: Redaction) -> None:
        self._rest = room  # bytes left for the fields to come
        self._room = room  # bytes left for the present field
        self._above: set[int] = set()  # ids of the containers around the present value
        self._redaction = redaction
        self._clean = redaction.text
        self._looked_s = 0.0  # time that methods of values took

    def event(self, event: Mapping[str, object]) -> dict[str, object]:
        fields: dict[str, object] = {}
        seen = 0
        for key, value in islice(event.items(), MAX_KEYS):
            if self._rest <= 0:
                break
            seen += 1
            self._room = granted = min(MAX_FIELD_BYTES, self._rest)
            is_id = key in IDS and issubclass(type(value), str)
            self._clean = self._redaction.id_text if is_id else self._redaction.text
            self._field(key, value, fields, 1)
            self._rest -= granted - self._room
        _say_what_is_missing(fields, len(event) - seen)
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
            convert = _conversion(kind)
            if convert is not None:
                return convert(self, value, depth)
            return self.text(self.asked(value, repr))
        except Exception as problem:  # noqa: BLE001 -- a value may do anything when it is looked at
            return self.text(f"<{class_name(kind)} without a repr: {type(problem).__name__}>")

    def asked(self, value: object, question: Callable[[Any], Any]) -> Any:
        """What `question` finds out from a value that may take its time; a remark instead if there is none left."""
        kind = type(value)
        if kind in TRUSTED:
            return question(value)
        if self._looked_s > MAX_LOOKING_S or slow_kinds.leaves_alone(kind):
            return f"<{class_name(kind)}, not looked at: too slow>"
        begun = monotonic()
        try:
            return question(value)
        finally:
            took_s = monotonic() - begun
            self._looked_s += took_s
            slow_kinds.note(kind, took_s)

    def text(self, text: str) -> str:
        exact, room = str.__str__(text), max(self._room, 0)
        kept = cut(exact, room, self._clean)
        # Charged for what was read: masks may be much shorter than what they stand for.
        self._room -= max(size(kept), min(len(exact), room)) + 3
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

    def stand(self, value: object, depth: int) -> Any:
        """A value of another library, as what stands for it."""
        make = foreign.stand_for(type(value)) or repr
        return self._container(value, depth, lambda plain, value, below: plain.value(plain.asked(value, make), depth))

    def _container(self, value: Any, depth: int, convert: Callable[[_Plain, Any, int], Any]) -> Any:
        if depth >= MAX_DEPTH:
            return self.text(f"[{class_name(type(value))} below {MAX_DEPTH} levels]")
        if id(value) in self._above:
            return self.text(f"[{class_name(type(value))} that holds itself]")
        self._above.add(id(value))
        self._room -= 3
        try:
            return convert(self, value, depth + 1)
        finally:
            self._above.discard(id(value))

    def _pairs(self, mapping: Mapping[object, object], depth: int) -> Any:
        # At once, because another thread may change the mapping meanwhile.
        given = self.asked(mapping, lambda mapping: list(islice(mapping.items(), MAX_KEYS)))
        if isinstance(given, str):
            return self.text(given)
        pairs: dict[str, object] = {}
        seen = 0
        for key, value in given:
            if self._room <= 0:
                break
            seen += 1
            self._field(key, value, pairs, depth)
        _say_what_is_missing(pairs, len(mapping) - seen)
        return pairs

    def _list(self, items: Iterable[object], depth: int) -> Any:
        # Each element takes two bytes at least.
        given = self.asked(items, lambda items: list(islice(items, max(self._room // 2, 1))))
        if isinstance(given, str):
            return self.text(given)
        plain: list[object] = []
        for item in given:
            if self._room <= 0:
                break
            plain.append(self.value(item, depth))
        missing = len(items) - len(plain) if isinstance(items, Sized) else 0
        return [*plain, f"{MORE} {missing} more"] if missing > 0 else plain

    def _field(self, key: object, value: object, fields: dict[str, object], depth: int) -> None:
        """Adds one field, masked if its name says so."""
        if type(key) is str and key in self._redaction.names and key not in fields:  # harmless, and seen before
            self._room -= size(key) + 3
            fields[key] = self.value(value, depth)
            return
        shown = str(self.value(key, depth))
        name = str.__str__(key) if isinstance(key, str) else shown
        if not self._redaction.is_secret(name[:MAX_KEY_CHARACTERS]) or _needs_no_mask(value):
            fields[_unique(shown, fields)] = self.value(value, depth)
        elif self._redaction.mode != "drop":
            fields[_unique(shown, fields)] = self._mark_of(value, depth)

    def _mark_of(self, value: object, depth: int) -> str:
        """What stands in the place of a secret value, which is looked at only where its hash is wanted."""
        secret = ""
        if type(value) is str:
            secret = value[:MAX_FIELD_BYTES]
        elif self._redaction.mode == "hash":
            secret = json.dumps(self.value(value, depth))
        mark = self._redaction.mark(secret)
        self._room -= len(mark) + 3
        return mark


def _needs_no_mask(value: object) -> bool:
    return value is None or value is True or value is False or (type(value) is str and (not value or is_marked(value)))


def _unique(key: str, taken: Mapping[str, object]) -> str:
    if len(key) > MAX_KEY_CHARACTERS:
        key = key[: MAX_KEY_CHARACTERS - 1] + MORE
    while key in taken:  # 1 and "1" are two keys in Python
        key += "'"
    return key


def _say_what_is_missing(fields: dict[str, object], missing: int) -> None:
    if missing > 0:
        fields[MORE] = f"{missing} more keys"


def _own_text(plain: _Plain, value: Any, depth: int) -> Any:
    return plain.text(plain.asked(value, str))


def _moment(plain: _Plain, value: Any, depth: int) -> Any:
    return plain.text(plain.asked(value, lambda value: value.isoformat()))


def _error(plain: _Plain, value: Any, depth: int) -> Any:
    return plain.text(f"{class_name(type(value))}: {plain.asked(value, str)}")


def _conversion(kind: type) -> Callable[[_Plain, Any, int], Any] | None:
    exact = EXACT.get(kind)
    if exact is not None:
        return exact
    for known, convert in CONVERSIONS:
        # Not isinstance, which asks value.__class__: a lazy object would go and fetch itself.
        if issubclass(kind, known):
            return convert
    return _Plain.stand if foreign.stand_for(kind) is not None else None


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
    (Integral, lambda plain, value, depth: plain.number(plain.asked(value, int))),
    (Real, lambda plain, value, depth: plain.real(plain.asked(value, float))),
)
# Their methods are Python's own.
TRUSTED = frozenset({dict, list, tuple, set, frozenset, deque, datetime, date, time, UUID, Decimal, Fraction})
EXACT = {int: CONVERSIONS[0][1], float: CONVERSIONS[1][1], dict: _Plain.mapping, list: _Plain.items}
