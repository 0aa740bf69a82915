"""How many events there are of each service and level in each minute and hour: what a histogram reads instead of rows.

Exact at every moment: a batch adds its counts in its own transaction (`note`), the worker moves them to the tables of
minutes and hours (`compact`), and a dropped slice takes its counts along (`forget`). Whoever adds all three tables
up in one statement sees each event once.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from logviewer.store.columns import MINUTE_CHARACTERS, Columns
from logviewer.store.partitions import Partition

COMPACT_AT_ONCE = 200_000  # rows of event_count_new in one transaction
ONE_COMPACTOR = 0x6C6F67_03  # advisory lock

_HOUR = timedelta(hours=1)


def tally(portions: Iterable[Columns]) -> Counter[tuple[datetime, str, int]]:
    """(minute, service, level) to events."""
    found: Counter[tuple[str, str, int]] = Counter()
    for portion in portions:
        minutes = [time[:MINUTE_CHARACTERS] for time in portion.times]
        found.update(zip(minutes, portion.services, portion.levels, strict=True))
    return Counter(
        {(datetime.fromisoformat(f"{text}Z"), service, level): times for (text, service, level), times in found.items()}
    )


def note(cursor: CursorWrapper, found: Counter[tuple[datetime, str, int]]) -> None:
    """Adds the counts of events that the cursor's transaction stores."""
    if found:
        # As one JSON text: psycopg takes 1 us for each element of an array.
        rows = msgspec.json.encode([(*counted, number) for counted, number in found.items()])
        cursor.execute(
            "INSERT INTO event_count_new (minute, service, level, events)"
            " SELECT (row->>0)::timestamptz, row->>1, (row->>2)::smallint, (row->>3)::bigint"
            " FROM jsonb_array_elements(%s::jsonb) AS row",
            [rows.decode()],
        )


def compact() -> int:
    """Moves new counts to the tables of minutes and hours. Returns how many rows went; 0 when another one does it."""
    moved = COMPACT_AT_ONCE
    total = 0
    while moved == COMPACT_AT_ONCE:
        moved = _compact_some()
        total += moved
    return total


def _compact_some() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        # Two would wait for each other's rows, in whatever order they come to them.
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_COMPACTOR])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            """
            WITH moved AS (
                DELETE FROM event_count_new
                WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_count_new LIMIT %s))
                RETURNING *
            ), minutes AS (
                INSERT INTO event_count_minute AS known (minute, service, level, events)
                SELECT minute, service, level, sum(events) FROM moved GROUP BY 1, 2, 3
                ON CONFLICT (minute, service, level) DO UPDATE SET events = known.events + EXCLUDED.events
            ), hours AS (
                INSERT INTO event_count_hour AS known (hour, service, level, events)
                SELECT date_trunc('hour', minute, 'UTC'), service, level, sum(events) FROM moved GROUP BY 1, 2, 3
                ON CONFLICT (hour, service, level) DO UPDATE SET events = known.events + EXCLUDED.events
            )
            SELECT count(*) FROM moved
            """,
            [COMPACT_AT_ONCE],
        )
        moved: int = cursor.fetchone()[0]
        return moved


def forget(cursor: CursorWrapper, table: str, attached: Sequence[Partition]) -> None:
    """Takes away the counts of the events in `table`, a detached partition that is about to be dropped.

    `attached` are the partitions there are; the caller sees to it that nobody makes one meanwhile.
    """
    name = sql.Identifier(table)
    cursor.execute(
        sql.SQL("SELECT date_trunc('hour', min(time), 'UTC'), date_trunc('hour', max(time), 'UTC') FROM {}").format(
            name
        )
    )
    first, last = cursor.fetchone()
    if first is None:
        return
    if any(one.start < last + _HOUR and first < one.end for one in attached):
        # Made anew for late events, or a neighbour in the same hour: their counts stay.
        cursor.execute(sql.SQL(_SUBTRACT).format(name))
        return
    for counts, column in (("new", "minute"), ("minute", "minute"), ("hour", "hour")):
        cursor.execute(
            sql.SQL("DELETE FROM {} WHERE {column} >= %s AND {column} < %s").format(
                sql.Identifier(f"event_count_{counts}"), column=sql.Identifier(column)
            ),
            [first, last + _HOUR],
        )


_SUBTRACT = """
    INSERT INTO event_count_new (minute, service, level, events)
    SELECT date_trunc('minute', time), service, level, -count(*) FROM {} GROUP BY 1, 2, 3
"""
