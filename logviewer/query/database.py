"""The door to the store for searches: read only, within a time limit, and one error for "not now"."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

from django.db import DataError, Error, IntegrityError, ProgrammingError, connections, transaction
from psycopg import errors

from logviewer.query.errors import SearchUnavailable, TimedOut
from logviewer.store.predicate import Predicate

ALIAS = "search"
LONGEST_STATEMENT_S = 15.0


def fetch(sql: str, params: Sequence[Any] = (), *, within_s: float = LONGEST_STATEMENT_S) -> list[tuple[Any, ...]]:
    """The rows of one SELECT. Raises TimedOut after `within_s` seconds, and SearchUnavailable."""
    with problems_named(), transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        # jit: compiling a statement takes longer than most searches.
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('jit', 'off', true)",
            [str(max(1, round(within_s * 1000)))],
        )
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def estimated_rows(table: LiteralString, where: Predicate) -> float:
    """How many rows of `table` Postgres' planner expects `where` to hold for. Asks no row."""
    [(plan,)] = fetch(f"EXPLAIN (FORMAT JSON) SELECT FROM {table} WHERE {where.sql}", where.params)
    [top] = json.loads(plan) if isinstance(plan, str) else plan
    return float(top["Plan"]["Plan Rows"])


@contextmanager
def problems_named() -> Iterator[None]:
    """Database errors inside of it become TimedOut or SearchUnavailable, but for faults in our SQL."""
    try:
        yield
    except (DataError, IntegrityError, ProgrammingError):
        raise  # a fault in our SQL
    except Error as problem:
        if isinstance(problem.__cause__, errors.QueryCanceled):
            raise TimedOut from problem
        raise SearchUnavailable("The database of events does not answer.") from problem
