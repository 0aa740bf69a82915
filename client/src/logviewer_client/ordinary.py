"""The short cut for the common event: a few fields of plain types, whose names and most of whose texts came before.

Gives the same bytes as logviewer_client.plain, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

from logviewer_client.redaction import HEX, HEX_LENGTH, Redaction

# Far within the bounds of logviewer_client.plain, so that they need not be looked at.
MAX_CHARACTERS = 8 * 1024
MAX_ITEMS = 400  # in all
MAX_DEPTH = 8
LARGEST_INTEGER = 1 << 1023
SMALLEST_INTEGER = -LARGEST_INTEGER

CONSTANTS = {None: "null", True: "true", False: "false"}
TEXTS: dict[type, Callable[[Any], str]] = {UUID: str, Decimal: str, datetime: datetime.isoformat}


class _Extraordinary(Exception):
    """Something that wants a closer look."""


def ordinary_line(event: Mapping[str, Any], redaction: Redaction) -> bytes | None:
    """`event` as one line of UTF-8 JSON without a newline; None if it is not an ordinary one."""
    try:
        line = _Encoder(redaction).mapping(event, MAX_DEPTH).encode()
    except Exception:  # noqa: BLE001 -- ours, half a surrogate pair, or a time zone that fails
        return None
    return line if len(line) <= MAX_CHARACTERS else None


class _Encoder:
    """JSON of one event."""

    __slots__ = ("_characters", "_items", "_redaction")

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._items, self._characters = MAX_ITEMS, MAX_CHARACTERS

    def mapping(self, fields: Mapping[Any, Any], depth: int) -> str:
        self._enter(len(fields), depth)
        name_of, text_of = self._redaction.names.get, self._redaction.texts.get
        parts = []
        for key, value in fields.items():
            name = name_of(key) or self._name(key)
            kind = type(value)
            if kind is str:
                parts.append(name + (text_of(value) or self._text(value)))
            elif kind is int and SMALLEST_INTEGER < value < LARGEST_INTEGER:
                parts.append(name + str(value))
            else:
                parts.append(name + self._value(value, depth))
        return "{" + ",".join(parts) + "}"

    def _value(self, value: Any, depth: int) -> str:
        kind = type(value)
        if kind is str:
            return self._redaction.texts.get(value) or self._text(value)
        if kind is float and isfinite(value):
            return repr(value)
        if value is None or kind is bool:
            return CONSTANTS[value]
        if kind is int and SMALLEST_INTEGER < value < LARGEST_INTEGER:
            return str(value)
        if kind is dict:
            return self.mapping(value, depth - 1)
        if kind is list or kind is tuple:
            self._enter(len(value), depth - 1)
            return "[" + ",".join([self._value(item, depth - 1) for item in value]) + "]"
        if kind in TEXTS:
            return self._text(TEXTS[kind](value))
        raise _Extraordinary

    def _name(self, key: Any) -> str:
        name = self._redaction.name(key)
        if name is None:
            raise _Extraordinary
        return name

    def _text(self, text: str) -> str:
        self._characters -= len(text)
        if self._characters < 0 or (len(text) >= HEX_LENGTH and HEX.search(text)):  # which an id may be
            raise _Extraordinary
        return self._redaction.quoted(text)

    def _enter(self, items: int, depth: int) -> None:
        self._items -= items
        if self._items < 0 or depth < 0:
            raise _Extraordinary
