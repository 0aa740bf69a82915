"""The values of a field as SQL expressions over log_event, with the meaning that `field:value` has in a query.

Most fields are one plain value at the top of the event: `text` and `number` read it cheaply. Where an event `has_more`
(an array or object), or the name has dots, `texts` and `numbers` open arrays and follow every way to read the name.
"""

from dataclasses import dataclass

from logviewer.query import jsonpath
from logviewer.query.fields import TEXT_COLUMNS
from logviewer.query.language import QueryError, values
from logviewer.query.language.errors import gettext_noop
from logviewer.query.language.nodes import Has
from logviewer.query.language.parser import storable
from logviewer.query.sql import Sql

LONGEST_NAME = 4096
_OPENING = (ord("["), ord("{"))


@dataclass(frozen=True, slots=True)
class FieldValues:
    """`text` is NULL for events without the field. It is None where only `texts` tells the values."""

    name: str
    present: Sql  # boolean: the event has the field
    text: Sql | None  # of the one plain value
    has_more: Sql  # boolean: `text` is that of an array or object
    number: Sql  # numeric: what `text` stands for, NULL if it is no number
    texts: Sql  # text[]: the different plain values, arrays opened
    numbers: Sql  # numeric[]: all numbers, arrays opened


def values_of(name: str, *, parameter: str) -> FieldValues:
    """Raises QueryError, which names the parameter, for a field whose values cannot be asked for."""
    name = storable(name)
    if not name:
        raise QueryError(
            gettext_noop("%(name)s is missing"),
            hint=gettext_noop("Try %(name)s=service or a key of your events."),
            parameter=parameter,
            name=parameter,
        )
    if len(name) > LONGEST_NAME:
        raise QueryError(
            gettext_noop("%(name)s is too long"),
            hint=gettext_noop("At most %(most)s characters."),
            parameter=parameter,
            name=parameter,
            most=LONGEST_NAME,
        )
    if name in values.TIME_FIELDS:
        raise QueryError(
            gettext_noop("every time is another"),
            hint=gettext_noop("Ask the histogram how many events there are when."),
            parameter=parameter,
        )
    if name == values.LEVEL_FIELD:
        return _column(name, Sql("level::text"))
    if name in TEXT_COLUMNS:
        # An empty event name or logger says that the sender gave none.
        return _column(name, Sql(f"nullif({name}, '')"))
    try:
        return _own_key(name, values.path_of(Has(name)))
    except QueryError as too_long:
        too_long.parameter = parameter
        raise


def _column(name: str, text: Sql) -> FieldValues:
    number = _number_in(text, Sql("FALSE"))
    return FieldValues(
        name=name,
        present=Sql(f"({text.text} IS NOT NULL)"),
        text=text,
        has_more=Sql("FALSE"),
        number=number,
        texts=Sql(f"array_remove(ARRAY[{text.text}], NULL)"),
        numbers=Sql(f"array_remove(ARRAY[{number.text}], NULL)", number.params),
    )


def _own_key(name: str, path: tuple[str, ...]) -> FieldValues:
    plain = Sql("(data ->> %s)", (name,))
    # The text of JSON's null is SQL's NULL.
    text = Sql("coalesce(data ->> %s, CASE WHEN data ? %s THEN 'null' END)", (name, name))
    source = jsonpath.values_source(path)
    value = Sql("coalesce(value #>> '{}', 'null')")
    number = _number_in(value, Sql("jsonb_typeof(value) = 'number'"))
    plain_values = f"FROM {source.text} WHERE {jsonpath.IS_PLAIN}"
    texts = f"ARRAY(SELECT DISTINCT {value.text} {plain_values})"
    numbers = f"ARRAY(SELECT {number.text} {plain_values})"
    return FieldValues(
        name=name,
        present=Sql("(data -> %s IS NOT NULL)", (name,)) if len(path) == 1 else _present(path),
        text=text if len(path) == 1 else None,
        # ascii() is far cheaper than the type, and nearly always says no.
        has_more=Sql(
            f"(CASE WHEN ascii({plain.text}) IN {_OPENING} THEN jsonb_typeof(data -> %s) IN ('array', 'object')"
            " ELSE FALSE END)",
            (name, name),
        ),
        number=_number_in(plain, Sql("jsonb_typeof(data -> %s) = 'number'", (name,))),
        texts=_guarded(path, Sql(texts, source.params), "'{}'::text[]"),
        numbers=_guarded(
            path, Sql(f"array_remove({numbers}, NULL)", (*number.params, *source.params)), "'{}'::numeric[]"
        ),
    )


def _present(path: tuple[str, ...]) -> Sql:
    return _guarded(path, Sql("data @? %s::jsonpath", (jsonpath.present(path),)), "FALSE")


def _guarded(path: tuple[str, ...], sql: Sql, otherwise: str) -> Sql:
    """`sql` for events that have a key with which the path can begin; most have not, and it is dear."""
    return Sql(f"(CASE WHEN data ?| %s THEN {sql.text} ELSE {otherwise} END)", (jsonpath.beginnings(path), *sql.params))


def _number_in(text: Sql, is_number: Sql) -> Sql:
    """The number that a text stands for, by the rule of the language's comparisons; else NULL."""
    return Sql(
        f"(CASE WHEN {is_number.text} OR ({text.text} ~ %s AND length({text.text}) <= %s)"
        f" THEN ({text.text})::numeric END)",
        (*is_number.params, *text.params, f"^{values.NUMBER}$", *text.params, values.MOST_DIGITS, *text.params),
    )
