"""The fields that an event's own keys make, by dotted path, as the query language reads them. Knows no Django.

{"a": {"b": 1}} and {"a.b": 1} both have a.b, and arrays are looked through. All is bounded: an event may have thousands
of keys.
"""

import json
from collections import deque
from collections.abc import Mapping
from typing import Any

MOST_NAMES = 8  # in a path: no query can ask for more
ARRAY_LEVELS = 3  # arrays directly inside arrays that are opened
MOST_ITEMS = 20  # of one array
MOST_VALUES = 500  # of one event, those nearest to its root


class Number(str):
    """A JSON number as it is written: 12 and 12.0 are different texts, and a long one is exact."""

    __slots__ = ()


_HOLDERS = (dict, list)
_decode = json.JSONDecoder(parse_int=Number, parse_float=Number).decode


def fields_in(data: str) -> dict[str, list[Any]]:
    """For each path in the JSON object `data` the values found there, arrays opened.

    A value is a str, a Number, a bool, None or a dict; a list only if it is empty or too deep inside others.
    """
    found: dict[str, list[Any]] = {}
    pending: deque[tuple[str, int, Mapping[str, Any]]] = deque([("", MOST_NAMES, _decode(data))])
    room = MOST_VALUES
    while pending:
        prefix, names_left, holder = pending.popleft()
        for key, value in holder.items():
            names = key.count(".") + 1 if "." in key else 1
            if names > names_left:
                continue
            path = prefix + key
            values = _opened(value, ARRAY_LEVELS) if type(value) is list else [value]
            if path in found:
                found[path] += values
            else:
                found[path] = values
            if type(value) in _HOLDERS:
                inside = f"{path}.", names_left - names
                pending.extend((*inside, one) for one in values if type(one) is dict)
            room -= len(values)
            if room <= 0:
                return found
    return found


def _opened(array: list[Any], levels: int) -> list[Any]:
    if not levels or not array:
        return [array]
    opened: list[Any] = []
    for one in array[:MOST_ITEMS]:
        if type(one) is list:
            opened += _opened(one, levels - 1)
        else:
            opened.append(one)
        if len(opened) >= MOST_ITEMS:
            break
    return opened
