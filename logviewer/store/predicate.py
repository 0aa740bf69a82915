"""A condition on events as SQL: what the query compiler makes and every reader of the store takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Expression
from django.db.models.sql.compiler import SQLCompiler


@dataclass(frozen=True, slots=True)
class Predicate:
    """A boolean SQL expression over the bare column names of log_event. Never NULL, so that NOT means "the others".

    `sql` is text of ours with %s places; all that a person typed is in `params`.
    """

    sql: str
    params: tuple[object, ...] = ()


EVERYTHING = Predicate("TRUE")
NOTHING = Predicate("FALSE")


def all_of(predicates: Sequence[Predicate]) -> Predicate:
    """True where all are. Of none: EVERYTHING."""
    return _joined(" AND ", [one for one in predicates if one != EVERYTHING]) or EVERYTHING


def any_of(predicates: Sequence[Predicate]) -> Predicate:
    """True where at least one is. Of none: NOTHING."""
    return _joined(" OR ", [one for one in predicates if one != NOTHING]) or NOTHING


def negate(predicate: Predicate) -> Predicate:
    """True for exactly the events for which `predicate` is not."""
    return Predicate(f"(NOT {predicate.sql})", predicate.params)


def _joined(word: str, predicates: Sequence[Predicate]) -> Predicate | None:
    if len(predicates) < 2:
        return predicates[0] if predicates else None
    sql = word.join(f"({one.sql})" for one in predicates)
    return Predicate(f"({sql})", tuple(param for one in predicates for param in one.params))


class Condition(Expression):
    """A Predicate as an expression of Django's, so that a queryset (and django-filter) can carry it."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, predicate: Predicate) -> None:
        super().__init__(output_field=BooleanField())
        self.predicate = predicate

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        return f"({self.predicate.sql})", self.predicate.params
