"""Adds a sealed slice up by those of its fields that have few values together: what counts read instead of its events.

Which fields is found out from a sample. A rollup is true while the slice has as many events as went into it, and the
counts by hour, which are exact at every moment, say whether it has. So ingest need not know of rollups, and one that a
late event made untrue is built again by a later maintenance.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from logviewer.store.partitions import Partition

ALWAYS = ("level", "service")
SAMPLE = 10_000  # events
MOST_COMBINATIONS = 500  # of values in the sample
MOST_ROWS = 5_000  # of a rollup, besides those by hour: a search reads all of them
MOST_CANDIDATES = 20
MOST_VALUES = 50  # of one field
MOST_CHARACTERS = 100  # of one value
LEAST_SHARE = 0.01  # of the events, that a field is in
REBUILD_AFTER = timedelta(hours=1)  # more late events may follow

# For a statement with `one`, a row of event_rollup_slice or the like: how many events that slice has.
NEW_BY_HOUR = """
    new_by_hour AS MATERIALIZED (
        SELECT date_trunc('hour', minute, 'UTC') AS hour, sum(events) AS events FROM event_count_new GROUP BY 1
    )
"""
EVENTS_NOW = """
    (SELECT coalesce(sum(events), 0) FROM (
        SELECT hour, events FROM event_count_hour UNION ALL SELECT hour, events FROM new_by_hour
    ) AS counted WHERE hour >= one.starts AND hour < one.ends)
"""


def due(partitions: Sequence[Partition], now: datetime) -> list[Partition]:
    """The sealed ones of `partitions` without a rollup, or with an untrue one of REBUILD_AFTER ago; newest first."""
    sealed = {one.name: one for one in partitions if one.sealed and _is_of_full_hours(one)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {NEW_BY_HOUR}
            SELECT one.slice FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS one (slice, starts, ends)
            LEFT JOIN event_rollup_slice AS known ON known.slice = one.slice
            WHERE known.slice IS NULL OR (known.built < %s AND known.events <> {EVENTS_NOW})
            ORDER BY one.starts DESC
            """,  # noqa: S608 -- our own text
            [
                list(sealed),
                [one.start for one in sealed.values()],
                [one.end for one in sealed.values()],
                now - REBUILD_AFTER,
            ],
        )
        return [sealed[name] for (name,) in cursor.fetchall()]


def build(partition: Partition, now: datetime) -> None:
    """Puts the rollup of one partition in the place of the one it had. Reads all its events: some seconds a million.

    Nothing is written until all is read: who follows new events waits for the oldest transaction that has written.
    """
    with connection.cursor() as cursor:
        sample = _sample(cursor, partition)
        keys = _candidates(cursor, sample)
        fields = choose(["event", *keys], _sampled(cursor, sample, keys))
        if not _add_up(cursor, partition, fields, now, most=MOST_ROWS):  # the sample was not like the whole
            _add_up(cursor, partition, (), now)


def forget(cursor: CursorWrapper, attached: Sequence[Partition]) -> None:
    """Takes away the rollups of all slices but `attached`."""
    cursor.execute("DELETE FROM event_rollup_slice WHERE slice <> ALL (%s)", [[one.name for one in attached]])


def choose(candidates: Sequence[str], sample: Sequence[Sequence[str | None]]) -> list[str]:
    """Which of `candidates` to tell apart, besides ALWAYS: one after the other the one that adds the fewest
    combinations of values, up to MOST_COMBINATIONS.

    A row of `sample` is an event: its values of ALWAYS, then of each candidate (None: it has none).
    """
    chosen: list[str] = []
    combined: list[tuple[str | None, ...]] = [tuple(row[: len(ALWAYS)]) for row in sample]
    left = {name: [row[place] for row in sample] for place, name in enumerate(candidates, len(ALWAYS))}
    while left:
        combinations = {name: len(set(zip(combined, values, strict=True))) for name, values in left.items()}
        name = min(combinations, key=combinations.__getitem__)
        if combinations[name] > MOST_COMBINATIONS:
            break
        combined = [(*row, value) for row, value in zip(combined, left.pop(name), strict=True)]
        chosen.append(name)
    return chosen


def _is_of_full_hours(partition: Partition) -> bool:
    """As all that we make are: else the counts by hour could not tell how many events it has."""
    return not any(edge.minute or edge.second or edge.microsecond for edge in (partition.start, partition.end))


def _sample(cursor: CursorWrapper, partition: Partition) -> sql.Composed:
    """Some of its events, of whole pages: the same ones each time they are read."""
    cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [partition.name])
    [rows] = cursor.fetchone()
    percent = min(100.0, 100 * SAMPLE / max(rows, 1))
    return sql.SQL(
        "(SELECT level, service, event, data FROM {} TABLESAMPLE SYSTEM ({}) REPEATABLE (1) LIMIT {}) AS sampled"
    ).format(sql.Identifier(partition.name), sql.Literal(percent), sql.Literal(2 * SAMPLE))


def _candidates(cursor: CursorWrapper, sample: sql.Composed) -> list[str]:
    """The sampled events' own keys with few and short values, the most frequent first."""
    cursor.execute(
        sql.SQL("""
            SELECT key FROM {sample}, jsonb_each(data)
            GROUP BY key
            HAVING max(length(value::text)) <= %s AND count(DISTINCT left(value::text, %s)) <= %s
               AND count(*) >= %s * (SELECT count(*) FROM {sample})
            ORDER BY count(*) DESC, key LIMIT %s
        """).format(sample=sample),
        [MOST_CHARACTERS, MOST_CHARACTERS, MOST_VALUES, LEAST_SHARE, MOST_CANDIDATES],
    )
    return [key for (key,) in cursor.fetchall()]


def _sampled(cursor: CursorWrapper, sample: sql.Composed, keys: Sequence[str]) -> list[tuple[str | None, ...]]:
    columns = [sql.SQL("level::text"), sql.SQL("service"), sql.SQL("event"), *map(_json_text, keys)]
    cursor.execute(sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(columns), sample))
    return list(cursor.fetchall())


def _json_text(key: str) -> sql.Composed:
    # As text, because 12 and 12.0 are one number to Postgres and two values to a search.
    return sql.SQL("(data -> {})::text").format(sql.Literal(key))


def _add_up(
    cursor: CursorWrapper, partition: Partition, fields: Sequence[str], now: datetime, *, most: int | None = None
) -> bool:
    """False, and all is as before, if these fields make more than `most` rows besides those by hour."""
    keys = [name for name in fields if name != "event"]
    values = [sql.Identifier(f"value_{place}") for place in range(len(keys))]
    by_hour = range(1, len(keys) + 5)
    grouped = [
        sql.SQL("date_trunc('hour', time, 'UTC') AS hour, level, service, {} AS event").format(
            sql.SQL("event" if "event" in fields else "NULL::text")
        ),
        *(sql.SQL("{} AS {}").format(_json_text(key), value) for key, value in zip(keys, values, strict=True)),
    ]
    cursor.execute(
        sql.SQL("""
            WITH added AS MATERIALIZED (
                SELECT {grouped}, count(*) AS events FROM {partition}
                GROUP BY GROUPING SETS (({by_hour}), ({in_all}))
            ), fits AS MATERIALIZED (
                SELECT coalesce(sum(events), 0) AS events FROM added
                WHERE hour IS NULL HAVING {most} IS NULL OR count(*) <= {most}
            ), gone AS (
                DELETE FROM event_rollup USING fits WHERE slice = {slice}
            ), kept AS (
                INSERT INTO event_rollup (slice, hour, level, service, event, data, events)
                SELECT {slice}, hour, level, service, event,
                       (SELECT coalesce(jsonb_object_agg(key, value::jsonb), '{{}}')
                        FROM unnest({keys}::text[], ARRAY[{values}]::text[]) AS own (key, value)
                        WHERE value IS NOT NULL),
                       added.events
                FROM added, fits
            )
            INSERT INTO event_rollup_slice (slice, starts, ends, fields, events, built)
            SELECT {slice}, {starts}, {ends}, {fields}, events, {now} FROM fits
            ON CONFLICT (slice) DO UPDATE SET starts = EXCLUDED.starts, ends = EXCLUDED.ends,
                fields = EXCLUDED.fields, events = EXCLUDED.events, built = EXCLUDED.built
        """).format(
            grouped=sql.SQL(", ").join(grouped),
            partition=sql.Identifier(partition.name),
            by_hour=sql.SQL(", ").join(map(sql.Literal, by_hour)),
            in_all=sql.SQL(", ").join(map(sql.Literal, by_hour[1:])),
            keys=sql.Literal(keys),
            values=sql.SQL(", ").join(values),
            slice=sql.Literal(partition.name),
            starts=sql.Literal(partition.start),
            ends=sql.Literal(partition.end),
            fields=sql.Literal([*ALWAYS, *fields]),
            now=sql.Literal(now),
            most=sql.Literal(most),
        )
    )
    return bool(cursor.rowcount)
