"""Writes jsonpath expressions over an event's own keys.

a.b stands for {"a": {"b": 1}} and for {"a.b": 1}, and looks through arrays on the way. In this form (keys, [*], filters
with ==) the GIN index on data answers it.
"""

import json
from collections.abc import Iterator, Sequence

from logviewer.query.language.values import ARRAY_LEVELS
from logviewer.query.sql import Sql

# In lax mode a step by key opens one array by itself, and [*] takes what is no array as it is.
_BETWEEN = "[*]" * (ARRAY_LEVELS - 1)
_AT_END = "[*]" * ARRAY_LEVELS
# So does a filter, and a comparison in it once more. Every row that the index finds is compared again, and each step
# costs.
_BEFORE_COMPARISON = "[*]" * (ARRAY_LEVELS - 2)

IS_PLAIN = "jsonb_typeof(value) NOT IN ('object', 'array')"


def string(text: str) -> str:
    """A string of jsonpath: JSON's, but without its \\u pairs for characters outside of the first plane."""
    return json.dumps(text, ensure_ascii=False)


def has_string_like(regex: str) -> str:
    """Whether any string value, at any depth, matches: keys do not count."""
    return f'strict $.** ? (@ like_regex {string(regex)} flag "s")'


def values_at(path: Sequence[str]) -> list[str]:
    """The jsonpaths whose values, arrays opened, are those of the field."""
    return [f"$.{steps}{_AT_END}" for steps in _ways(path)]


def values_source(path: Sequence[str]) -> Sql:
    """What stands in FROM to get the field's values, arrays opened, as `value`; those that are not plain among them."""
    ways = values_at(path)
    if len(ways) == 1:
        return Sql("jsonb_path_query(data, %s::jsonpath) AS value", (ways[0],))
    return Sql("unnest(%s::jsonpath[]) AS way, jsonb_path_query(data, way) AS value", (ways,))


def beginnings(path: Sequence[str]) -> list[str]:
    """The keys of which an event that has the field has one: a.b begins with a or a.b."""
    return [".".join(path[:names]) for names in range(1, len(path) + 1)]


def equal_to_any(path: Sequence[str], literals: Sequence[str]) -> str:
    """Whether a value of the field equals one of these jsonpath literals."""
    test = " || ".join(f"@ == {literal}" for literal in literals)
    return _at_any_way([f"{steps}{_BEFORE_COMPARISON}" for steps in _ways(path)], f" ? ({test})")


def present(path: Sequence[str]) -> str:
    """Whether the field is there, whatever its value."""
    return _at_any_way(list(_ways(path)), "")


def _at_any_way(ways: Sequence[str], test: str) -> str:
    if len(ways) == 1:
        return f"$.{ways[0]}{test}"
    return f"$ ? ({' || '.join(f'exists(@.{way}{test})' for way in ways)})"


def _ways(path: Sequence[str]) -> Iterator[str]:
    """The ways to read a dotted name as keys: a.b as a, then b, and as the key "a.b"."""
    for names in range(1, len(path)):
        key = string(".".join(path[:names]))
        for rest in _ways(path[names:]):
            yield f"{key}{_BETWEEN}.{rest}"
    yield string(".".join(path))
