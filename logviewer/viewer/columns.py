"""The columns of the list: which fields each row shows, as the parameter `columns` of the address says.

Without the parameter a row shows its service, its event with the fields that tell most, and its request.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from logviewer.query.events import StoredEvent
from logviewer.query.language.values import ARRAY_LEVELS, LEVEL_FIELD, TEXT_FIELDS
from logviewer.viewer.addresses import search_address
from logviewer.viewer.event_fields import value_text

MOST_COLUMNS = 12
LONGEST_NAME = 200
LONGEST_CELL = 200  # characters shown of a value
USUAL = ("service", "event")  # what a first chosen column stands beside


@dataclass(frozen=True, slots=True)
class Column:
    """A chosen column with the searches that take it away or move it; "" where it cannot be moved."""

    name: str
    without: str
    left: str
    right: str


def chosen_columns(parameters: QueryDict) -> list[str]:
    """The names in `columns`, which are joined by commas; in quotes if they hold one. None are chosen: []."""
    return names_in(str(parameters.get("columns", "")))


def names_in(text: str) -> list[str]:
    """The first MOST_COLUMNS different names of a list with commas."""
    try:
        found = next(csv.reader(io.StringIO(text.replace("\0", " "), newline=""), skipinitialspace=True), [])
    except csv.Error:  # longer than a line of CSV may be
        return []
    names = (name.strip()[:LONGEST_NAME] for name in found)
    return list(dict.fromkeys(name for name in names if name))[:MOST_COLUMNS]


def written(names: Sequence[str]) -> str:
    """The names as `columns` holds them."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def columns_of(parameters: QueryDict) -> list[Column]:
    """The chosen columns with their links."""
    names = chosen_columns(parameters)
    return [
        Column(
            name,
            without=_address(parameters, [*names[:at], *names[at + 1 :]]),
            left=_address(parameters, _swapped(names, at - 1)) if at else "",
            right=_address(parameters, _swapped(names, at)) if at < len(names) - 1 else "",
        )
        for at, name in enumerate(names)
    ]


def with_column(parameters: QueryDict, name: str) -> str:
    """The search with one more column; "" if that one is shown already, or as many as there may be."""
    names = chosen_columns(parameters) or list(USUAL)
    if name in (*names, LEVEL_FIELD) or len(names) >= MOST_COLUMNS or len(name) > LONGEST_NAME or name != name.strip():
        return ""
    return _address(parameters, [*names, name])


def _address(parameters: QueryDict, names: Sequence[str]) -> str:
    return search_address(parameters, columns=written(names) if names else "")


def _swapped(names: Sequence[str], at: int) -> list[str]:
    return [*names[:at], names[at + 1], names[at], *names[at + 2 :]]


def cell_text(event: StoredEvent, name: str) -> str:
    """The event's values of a field, joined by commas; "" if it has none."""
    if name == LEVEL_FIELD:
        return event.level_name
    if name in TEXT_FIELDS:
        return getattr(event, name) or ""
    texts: list[str] = []
    for value in values_at(event.data, tuple(name.split("."))):
        texts.append(value_text(value))
        if sum(map(len, texts)) > LONGEST_CELL:
            break
    return ", ".join(texts)


def values_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """The values that a query's field name means: a.b is {"a": {"b": 1}} and {"a.b": 1}, arrays are opened."""
    for opened in _opened(value, ARRAY_LEVELS):
        if not path:
            yield opened
        elif isinstance(opened, Mapping):
            for names in range(1, len(path) + 1):
                key = ".".join(path[:names])
                if key in opened:
                    yield from values_at(opened[key], path[names:])


def _opened(value: Any, levels: int) -> Iterator[Any]:
    if isinstance(value, list) and levels:
        for one in value:
            yield from _opened(one, levels - 1)
    else:
        yield value
