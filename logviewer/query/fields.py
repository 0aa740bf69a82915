"""What a field's name stands for in log_event, and the conditions that can be put on it."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import LiteralString

from logviewer.query import jsonpath
from logviewer.query.language import values
from logviewer.query.language.nodes import Compare, Equals, FieldNode, Has, Like, Operator
from logviewer.query.patterns import wildcard_like
from logviewer.store.predicate import EVERYTHING, Predicate, all_of

# Postgres' own texts of numbers: what is written otherwise can equal no number's text.
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_JSON_WORDS = ("true", "false", "null")
_SQL_OPERATORS: Mapping[Operator, LiteralString] = {">": ">", ">=": ">=", "<": "<", "<=": "<="}
_NUMBER = f"^{values.NUMBER}$"


def field_predicate(node: FieldNode, now: datetime) -> Predicate:
    """The condition that `node` puts on its field. `now` is what relative times count from.

    Raises QueryError, with the node's column, where the field cannot be asked this.
    """
    if node.field == values.LEVEL_FIELD:
        return _level(node)
    if node.field in values.TIME_FIELDS:
        return _time(node, now)
    if node.field in TEXT_COLUMNS:
        return TEXT_COLUMNS[node.field](node)
    return _own_key(node)


def _level(node: FieldNode) -> Predicate:
    match node:
        case Has():
            return EVERYTHING
        case Equals():
            return Predicate("(level = %s)", (int(values.level_in(node)),))
        case Compare():
            return Predicate(f"(level {_SQL_OPERATORS[node.operator]} %s)", (int(values.level_in(node)),))
    raise values.no_such_test(node, "level>=warning")


def _time(node: FieldNode, now: datetime) -> Predicate:
    match node:
        case Has():
            return EVERYTHING
        case Compare():
            return Predicate(f"(time {_SQL_OPERATORS[node.operator]} %s)", (values.compared_time(node, now),))
    raise values.no_such_test(node, "time>=2026-11-23T10:00:00Z")


def text_column(column: LiteralString) -> Callable[[FieldNode], Predicate]:
    """The conditions on a text column of log_event, null or not."""

    def predicate(node: FieldNode) -> Predicate:
        # IS NOT NULL first: never NULL itself, and the index on the column still answers.
        known = f"{column} IS NOT NULL AND {column}"
        match node:
            case Has():
                return Predicate(f"({known} <> '')")
            case Equals():
                return Predicate(f"({known} = %s)", (node.value,))
            case Like():
                return Predicate(f"({known} LIKE %s)", (wildcard_like(node.pattern),))
            case Compare():
                return Predicate(
                    f"(CASE WHEN {known} ~ %s AND length({column}) <= %s"
                    f" THEN {column}::numeric {_SQL_OPERATORS[node.operator]} %s ELSE FALSE END)",
                    (_NUMBER, values.MOST_DIGITS, values.compared_number(node)),
                )

    return predicate


TEXT_COLUMNS: Mapping[str, Callable[[FieldNode], Predicate]] = MappingProxyType(
    {
        "event": text_column("event"),
        "logger": text_column("logger"),
        "service": text_column("service"),
        "request_id": text_column("request_id"),
        "cohort_id": text_column("cohort_id"),
    }
)


def _own_key(node: FieldNode) -> Predicate:
    path = values.path_of(node)
    match node:
        case Has():
            if len(path) == 1:
                return Predicate("(data ? %s)", (path[0],))
            return _where_it_can_be(path, Predicate("data @? %s::jsonpath", (jsonpath.present(path),)))
        case Equals():
            return _equal(path, node.value)
        case Like():
            text = "coalesce(value #>> '{}', 'null')"  # the text of JSON's null is SQL's NULL
            return _some_value(path, f"{text} LIKE %s", (wildcard_like(node.pattern),))
        case Compare():
            return _some_value(
                path,
                "CASE WHEN jsonb_typeof(value) = 'number'"
                " OR (value #>> '{}' ~ %s AND length(value #>> '{}') <= %s)"
                f" THEN (value #>> '{{}}')::numeric {_SQL_OPERATORS[node.operator]} %s ELSE FALSE END",
                (_NUMBER, values.MOST_DIGITS, values.compared_number(node)),
            )


def _equal(path: tuple[str, ...], text: str) -> Predicate:
    is_number = _PLAIN_NUMBER.fullmatch(text) is not None
    # The likelier one first: what is true ends the comparison.
    literals = [text] if is_number or text in _JSON_WORDS else []
    literals.append(jsonpath.string(text))
    indexed = Predicate("(data @? %s::jsonpath)", (jsonpath.equal_to_any(path, literals),))
    if not is_number:
        return indexed
    # For jsonpath 12 and 12.0 are one number; they are not one text.
    opened = _some_value(path, "value #>> '{}' = %s", (text,))
    if len(path) > 1:
        return all_of([indexed, opened])
    written = Predicate(
        f"(CASE WHEN data ->> %s = %s THEN TRUE WHEN jsonb_typeof(data -> %s) = 'array' THEN {opened.sql}"
        " ELSE FALSE END)",
        (path[0], text, path[0], *opened.params),
    )
    return all_of([indexed, written])


def _some_value(path: tuple[str, ...], condition: str, params: tuple[object, ...]) -> Predicate:
    """Some plain value at the path, arrays opened, for which `condition` on `value` holds."""
    source = jsonpath.values_source(path)
    found = f"EXISTS (SELECT FROM {source.text} WHERE {jsonpath.IS_PLAIN} AND {condition})"
    return _where_it_can_be(path, Predicate(found, (*source.params, *params)))


def _where_it_can_be(path: tuple[str, ...], condition: Predicate) -> Predicate:
    """`condition` for events that have a key the path can begin with, which most have not.

    A long dotted name has many ways to be read, and without this every event would be asked for each of them.
    """
    return Predicate(
        f"(CASE WHEN data ?| %s THEN {condition.sql} ELSE FALSE END)",
        (jsonpath.beginnings(path), *condition.params),
    )
