"""What each node means, in plain Python. The SQL must agree: a property test compares the two on random events."""

import json
import operator
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from logviewer.query.language import values
from logviewer.query.language.nodes import (
    And,
    Compare,
    Equals,
    Everything,
    FieldNode,
    Has,
    Like,
    Node,
    Not,
    Or,
    Phrase,
    Word,
)
from logviewer.query.language.words import fold, word_is_in
from logviewer.store.event import Event

_COMPARE = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


def matches(node: Node, event: Event, now: datetime) -> bool:
    """Whether the query matches the event."""
    match node:
        case Everything():
            return True
        case Not(inner):
            return not matches(inner, event, now)
        case And(nodes):
            return all(matches(one, event, now) for one in nodes)
        case Or(nodes):
            return any(matches(one, event, now) for one in nodes)
        case Word():
            return any(word_is_in(text, node.runs) for text in _texts(event))
        case Phrase(phrase):
            return any(fold(phrase) in fold(text) for text in _texts(event))
    if node.field == values.LEVEL_FIELD:
        return _level_matches(node, event.level)
    if node.field in values.TIME_FIELDS:
        return _time_matches(node, event.time, now)
    return _value_matches(node, event)


def _texts(event: Event) -> Iterator[str]:
    """Where words and phrases are looked for: the promoted texts and every string value, no key."""
    for column in values.TEXT_FIELDS:
        yield getattr(event, column) or ""
    stack = [_data(event)]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            stack.extend(value.values() if isinstance(value, dict) else value)


def _level_matches(node: FieldNode, level: int) -> bool:
    match node:
        case Has():
            return True
        case Equals():
            return level == values.level_in(node)
        case Compare():
            return bool(_COMPARE[node.operator](level, values.level_in(node)))
    raise values.no_such_test(node, "level>=warning")


def _time_matches(node: FieldNode, time: datetime, now: datetime) -> bool:
    match node:
        case Has():
            return True
        case Compare():
            return bool(_COMPARE[node.operator](time, values.compared_time(node, now)))
    raise values.no_such_test(node, "time>=2026-11-23T10:00:00Z")


def _value_matches(node: FieldNode, event: Event) -> bool:
    found = list(_found(node, event))
    match node:
        case Has():
            return bool(found)
        case Equals(_, value):
            return any(_text(one) == value for one in _scalars(found))
        case Like(_, pattern):
            regex = ".*".join(map(re.escape, pattern.split("*")))
            return any(re.fullmatch(regex, _text(one), re.DOTALL) for one in _scalars(found))
        case Compare():
            number = values.compared_number(node)
            known = (_number(one) for one in _scalars(found))
            return any(one is not None and _COMPARE[node.operator](one, number) for one in known)


def _found(node: FieldNode, event: Event) -> Iterator[Any]:
    """The values at a field's path; arrays are not opened yet."""
    if node.field in values.TEXT_FIELDS:
        text = getattr(event, node.field)
        # Event name and logger are always stored: an empty one says that the sender gave none.
        return iter(() if text is None or (isinstance(node, Has) and not text) else (text,))
    return _at_path(_data(event), values.path_of(node))


def _at_path(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
        return
    for opened in _opened(value):
        if isinstance(opened, Mapping):
            for names in range(1, len(path) + 1):  # {"a": {"b": 1}} and {"a.b": 1} are both a.b
                key = ".".join(path[:names])
                if key in opened:
                    yield from _at_path(opened[key], path[names:])


def _opened(value: Any, levels: int = values.ARRAY_LEVELS) -> Iterator[Any]:
    if isinstance(value, list) and levels:
        for one in value:
            yield from _opened(one, levels - 1)
    else:
        yield value


def _scalars(found: list[Any]) -> Iterator[Any]:
    return (one for value in found for one in _opened(value) if not isinstance(one, dict | list))


def _text(value: Any) -> str:
    """The text form of a scalar, as Postgres prints it: JSON's, without quotes, numbers without exponent."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value if value else abs(value):f}"
    return json.dumps(value)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, str):
        return values.number_in(value)
    return value if isinstance(value, Decimal) else None


def _data(event: Event) -> Any:
    return json.loads(event.data, parse_int=Decimal, parse_float=Decimal)
