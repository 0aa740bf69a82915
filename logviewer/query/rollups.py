"""Counts of events from the rollups of sealed slices: what a search for fields with few values needs no rows for."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, timedelta

from logviewer.query.counts import EPOCH, HOUR, LevelCount, full_units
from logviewer.query.database import Rows, fetch
from logviewer.query.errors import TimedOut
from logviewer.query.field_values import FieldValues, values_of
from logviewer.query.language.values import LEVEL_FIELD
from logviewer.query.pace import ALL_OF_TIME, Window
from logviewer.query.search import Search
from logviewer.query.series import Cells, value_and_more, values_from
from logviewer.query.stretches import known_slices
from logviewer.query.summed import may_be_summed
from logviewer.store.rollups import EVENTS_NOW, NEW_BY_HOUR

WITHIN_S = 1.0  # as a rule some milliseconds


def count_rolled_up(search: Search) -> list[tuple[Window, int]]:
    """The full hours of slices whose rollups tell what is asked and are true, oldest first, and how many events of
    each match. Raises SearchUnavailable."""
    rows = _ask(
        search,
        """
        SELECT since, until, coalesce(events, 0)::bigint FROM known, LATERAL (
            SELECT sum(events) AS events FROM (
                SELECT * FROM event_rollup WHERE is_whole AND slice = known.slice AND hour IS NULL
                UNION ALL
                SELECT * FROM event_rollup WHERE NOT is_whole AND slice = known.slice AND hour >= since AND hour < until
            ) AS added WHERE {condition}
        ) AS counted ORDER BY since
        """,
    )
    return [(Window(since, until), events) for since, until, events in rows]


def count_rolled_up_by_level(search: Search, width: timedelta) -> list[tuple[Window, Sequence[LevelCount]]]:
    """The same by level and in buckets of `width` aligned to 1970; of none if those are not of full hours."""
    by_level = count_rolled_up_by(search, values_of(LEVEL_FIELD, parameter="by"), width)
    return [
        (window, [(start, int(values[0]), events) for (start, values), events in cells.items() if values])
        for window, cells in by_level
    ]


def count_rolled_up_by(search: Search, field: FieldValues, width: timedelta) -> list[tuple[Window, Cells]]:
    """The same by the values of `field`; of none if the rollups do not tell them apart."""
    if width % HOUR or not may_be_summed(field.name):
        return []
    columns = value_and_more(field)
    rows = _ask(
        search,
        """
        SELECT since, until, date_bin(%s, hour, %s), {columns}, sum(events)::bigint
        FROM known LEFT JOIN event_rollup AS added
            ON added.slice = known.slice AND hour >= since AND hour < until AND {condition}
        GROUP BY 1, 2, 3, 4, 5 ORDER BY 1
        """,
        [width, EPOCH, *columns.params],
        also=field.name,
        columns=columns.text,
    )
    found: dict[Window, Cells] = {}
    for since, until, start, value, more, events in rows:
        cells = found.setdefault(Window(since, until), Counter())
        if start is not None:
            cells[start.astimezone(UTC), values_from(value, more)] += events
    return list(found.items())


def _ask(
    search: Search, question: str, params: Sequence[object] = (), *, also: str = LEVEL_FIELD, columns: str = ""
) -> Rows:
    """The answer to `question` of `known`, the true rollups that tell `also` apart; none if there is no time for it."""
    asked, windows = search.summed, _full_hours(search)
    if asked is None or not windows:
        return []
    try:
        return fetch(
            f"""
            WITH {NEW_BY_HOUR}, known AS (
                SELECT slice, since, until, since = starts AND until = ends AS is_whole
                FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS asked (slice, since, until)
                JOIN event_rollup_slice AS one USING (slice)
                WHERE fields @> %s AND events = {EVENTS_NOW}
            ) {question.format(condition=asked.condition.sql, columns=columns)}
            """,  # noqa: S608 -- our own text
            [
                list(windows),
                [one.since for one in windows.values()],
                [one.until for one in windows.values()],
                sorted({*asked.fields, also}),
                *params,
                *asked.condition.params,
            ],
            within_s=WITHIN_S,
        )
    except TimedOut:
        return []


def _full_hours(search: Search) -> dict[str, Window]:
    """Of each sealed slice the full hours that are searched, by the slice's name."""
    since, until = search.since or ALL_OF_TIME.since, search.until or ALL_OF_TIME.until
    windows = {
        one.name: full_units(Window(max(one.start, since), min(one.end, until)), HOUR)
        for one in known_slices()
        if one.sealed
    }
    return {name: window for name, window in windows.items() if window.since < window.until}
