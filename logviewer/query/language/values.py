"""What names and values in a query mean, for the SQL and the reference alike."""

import re
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches

from logviewer.query.language.errors import Fix, QueryError, gettext_noop
from logviewer.query.language.nodes import Compare, Equals, FieldNode
from logviewer.query.times import parse_time
from logviewer.store.event import LEVEL_NAMES, Level, level_from

# Fields with a column of their own. Every other name is a path into the event's own keys.
TEXT_FIELDS = ("event", "logger", "service", "request_id", "cohort_id")
TIME_FIELDS = ("time", "timestamp")  # senders call it timestamp
LEVEL_FIELD = "level"

MOST_NAMES_IN_PATH = 8
ARRAY_LEVELS = 3  # arrays directly inside arrays that a path looks through

# What counts as a number in a text value. Bounded, so that Postgres can always convert it.
NUMBER = r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?"
MOST_DIGITS = 400

_NUMBER = re.compile(NUMBER)


def is_own_key(field: str) -> bool:
    """Whether a query asks an event's own keys under this name: it means no column, and is not too long a path."""
    return field not in (*TEXT_FIELDS, *TIME_FIELDS, LEVEL_FIELD) and field.count(".") < MOST_NAMES_IN_PATH


def path_of(node: FieldNode) -> tuple[str, ...]:
    """The names in a dotted field name. Raises QueryError if there are too many."""
    names = tuple(node.field.split("."))
    if len(names) > MOST_NAMES_IN_PATH:
        raise QueryError(
            gettext_noop("a field has at most %(most)s names joined by dots"),
            column=node.column or None,
            hint=gettext_noop('Look for the value itself: "value"'),
            most=MOST_NAMES_IN_PATH,
        )
    return names


def number_in(text: str) -> Decimal | None:
    """The number that a text value stands for, if it does."""
    return Decimal(text) if len(text) <= MOST_DIGITS and _NUMBER.fullmatch(text) else None


def compared_number(node: Compare) -> Decimal:
    number = number_in(node.value)
    if number is None:
        raise QueryError(
            gettext_noop("'%(operator)s' compares numbers, and the field time"),
            column=node.column or None,
            hint=gettext_noop("Try %(example)s, or put text in quotes to look for it."),
            operator=node.operator,
            example=f"{node.field}{node.operator}499",
        )
    return number


def compared_time(node: Compare, now: datetime) -> datetime:
    try:
        return parse_time(node.value, now)
    except QueryError as problem:
        problem.column = node.column or None
        raise


def level_in(node: Equals | Compare) -> Level:
    level, understood = level_from(node.value)
    if not understood:
        near = get_close_matches(node.value.lower(), LEVEL_NAMES.values(), n=1)
        raise QueryError(
            gettext_noop("there is no level %(level)s"),
            column=node.column or None,
            hint=gettext_noop("Levels are %(levels)s; level>=warning finds that and above."),
            fix=Fix(max(node.column - 1, 0), node.value, near[0]) if near else None,
            level=repr(node.value[:40]),
            levels=", ".join(LEVEL_NAMES.values()),
        )
    return level


def no_such_test(node: FieldNode, example: str) -> QueryError:
    """The error for a field that cannot be asked this way."""
    return QueryError(
        gettext_noop("%(field)s cannot be asked like this"),
        column=node.column or None,
        hint=gettext_noop("Try %(example)s"),
        field=node.field,
        example=example,
    )
