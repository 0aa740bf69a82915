"""The door to the store for searches: read only, within a time limit, few heavy ones at once, one error for "not now".

A statement that takes longer than LIGHT_S must hold one of HEAVY_AT_ONCE places, which all web processes share, and so
must every further one of a request whose statements took LIGHT_REQUEST_S without: a long search in short pieces is as
heavy. A place is an advisory lock of the statement's own transaction, so Postgres frees it with that, however it ends.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any, LiteralString

from django.db import DataError, Error, IntegrityError, ProgrammingError, connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors

from logviewer.query.client import Client, current_client
from logviewer.query.errors import SearchUnavailable, TimedOut
from logviewer.store.predicate import Predicate

ALIAS = "search"
LONGEST_STATEMENT_S = 15.0
LIGHT_S = 0.25
LIGHT_REQUEST_S = 0.5
HEAVY_AT_ONCE = 2
HEAVY_LOCK = 0x6C6F67_02  # with the number of the place
LOOK_FOR_PLACE_EVERY_S = 0.1

# CASE tries one place after the other, and takes no second one.
_TRY_PLACES = (
    "CASE "
    + " ".join(f"WHEN pg_try_advisory_xact_lock({HEAVY_LOCK}, {place}) THEN TRUE" for place in range(HEAVY_AT_ONCE))
    + " ELSE FALSE END"
)

Rows = list[tuple[Any, ...]]


def fetch(sql: str, params: Sequence[Any] = (), *, within_s: float = LONGEST_STATEMENT_S, workers: bool = True) -> Rows:
    """The rows of one SELECT. Without `workers` Postgres starts no parallel ones, which takes it 10 ms.

    Raises TimedOut after `within_s` seconds, waiting for a place included, ClientLeft once nobody waits for the answer,
    and SearchUnavailable.
    """
    until = monotonic() + within_s
    client = current_client()
    light_s = LIGHT_S if client.without_place_s < LIGHT_REQUEST_S else 0.0
    rows = _run(sql, params, until, client, light_s=light_s, workers=workers)
    while rows is None:
        if until - monotonic() <= LOOK_FOR_PLACE_EVERY_S:
            raise TimedOut
        give_back_connection()
        sleep(LOOK_FOR_PLACE_EVERY_S)
        rows = _run(sql, params, until, client, light_s=0.0, workers=workers)
    return rows


def _run(
    sql: str, params: Sequence[Any], until: float, client: Client, *, light_s: float, workers: bool
) -> Rows | None:
    """The rows; None if there was no place and `light_s` seconds without one did not suffice. Raises TimedOut and
    ClientLeft."""
    client.raise_if_left()
    left_s = max(until - monotonic(), 0.001)
    opening = _opening(left_s, light_s, workers=workers)
    with problems_named(), connections[ALIAS].cursor() as cursor:
        if light_s:
            return _run_at_once(cursor, f"{opening}; {sql}", params, client, may_return_none=left_s > light_s)
        with transaction.atomic(using=ALIAS):
            cursor.execute(opening)
            if not _has_place(cursor):
                return None
            with client.runs_on(cursor.connection):
                cursor.execute(sql, params)
            return list(cursor.fetchall())


def _run_at_once(
    cursor: CursorWrapper, statements: str, params: Sequence[Any], client: Client, *, may_return_none: bool
) -> Rows | None:
    """Sends the opening and the statement as one message: Postgres takes them for one transaction."""
    began, has_place = monotonic(), False
    try:
        with client.runs_on(cursor.connection):
            cursor.execute(statements, params)
        has_place = _has_place(cursor)
        cursor.nextset()
        return list(cursor.fetchall())
    except Error as problem:
        connections[ALIAS].close_if_unusable_or_obsolete()
        client.raise_if_left()
        if may_return_none and isinstance(problem.__cause__, errors.QueryCanceled):
            return None  # with a place its time is up now, and the caller sees that
        raise
    finally:
        if not has_place:
            client.without_place_s += monotonic() - began


def _opening(left_s: float, light_s: float, *, workers: bool) -> str:
    """A statement that says how long its transaction's next one may take, and tells whether that holds a place for
    heavy ones."""
    place = _TRY_PLACES if left_s > light_s else "FALSE"
    long = _milliseconds(left_s)
    # Where nothing is tried without a place, only the end of the transaction follows: that is not to be cut short.
    short = _milliseconds(min(light_s, left_s)) if light_s else long
    alone = "" if workers else ", set_config('max_parallel_workers_per_gather', '0', true)"
    # jit: compiling a statement takes longer than most searches.
    return f"""
        SELECT has_place, set_config('jit', 'off', true),
               set_config('statement_timeout', CASE WHEN has_place THEN '{long}' ELSE '{short}' END, true){alone}
        FROM (SELECT {place} AS has_place OFFSET 0) AS place
    """  # noqa: S608 -- our own text


def _has_place(cursor: CursorWrapper) -> bool:
    [(has_place, *_)] = cursor.fetchall()
    return bool(has_place)


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))


def give_back_connection() -> None:
    """To the pool: who waits, for a place or for who reads slowly, must not keep other searches from a connection."""
    if not connections[ALIAS].in_atomic_block:
        connections[ALIAS].close()


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
