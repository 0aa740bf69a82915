"""The short cut for the common event: a few fields of plain types, and nothing in it to mask.

Gives the same bytes as logviewer_client.plain, or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from logviewer_client.redaction import Redaction

# Far within the bounds of logviewer_client.plain, so that they need not be looked at.
MAX_CHARACTERS = 8 * 1024
MAX_ITEMS = 400
MAX_DEPTH = 8
LARGEST_INTEGER = 1 << 1023
CHARACTERS_OF_A_NUMBER = 20

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")).encode


def ordinary_line(event: dict[str, Any], redaction: Redaction) -> bytes | None:
    """`event` as one line of UTF-8 JSON without a newline; None if it is not an ordinary one."""
    if len(event) > MAX_ITEMS or not redaction.keys_are_harmless(event):
        return None
    if _room_after(event.values(), MAX_CHARACTERS, MAX_DEPTH, redaction) < 0:
        return None
    try:
        return _encode(event).encode()
    except ValueError:  # not a number, infinity, or half a surrogate pair
        return None


def _room_after(values: Iterable[Any], room: int, depth: int, redaction: Redaction) -> int:
    """The characters left in `room` after `values`; below 0 if there are none, or if one is of no plain type."""
    for value in values:
        kind = type(value)
        if kind is str:
            room -= len(value)
            if room < 0 or not redaction.clears(value):
                return -1
        elif kind is int:
            if not -LARGEST_INTEGER < value < LARGEST_INTEGER:
                return -1
            room -= CHARACTERS_OF_A_NUMBER
        elif kind is dict or kind is list:
            if len(value) > MAX_ITEMS or depth == 0:
                return -1
            inner = value
            if kind is dict:
                if not redaction.keys_are_harmless(value):
                    return -1
                inner = value.values()
            room = _room_after(inner, room - CHARACTERS_OF_A_NUMBER, depth - 1, redaction)
        elif kind is float or kind is bool or value is None:
            room -= CHARACTERS_OF_A_NUMBER
        else:
            return -1
        if room < 0:
            return -1
    return room
