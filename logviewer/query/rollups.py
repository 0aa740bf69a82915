"""Counts of events from the rollups of sealed slices: what a search for fields with few values needs no rows for."""

from collections.abc import Sequence
from datetime import timedelta

from logviewer.query.counts import EPOCH, HOUR, LevelCount, full_units
from logviewer.query.database import Rows, fetch
from logviewer.query.errors import TimedOut
from logviewer.query.pace import ALL_OF_TIME, Window
from logviewer.query.search import Search
from logviewer.query.stretches import known_slices
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
    if width % HOUR:
        return []
    rows = _ask(
        search,
        """
        SELECT since, until, date_bin(%s, hour, %s), level, sum(events)::bigint
        FROM known LEFT JOIN event_rollup AS added
            ON added.slice = known.slice AND hour >= since AND hour < until AND {condition}
        GROUP BY 1, 2, 3, 4 ORDER BY 1
        """,
        [width, EPOCH],
    )
    found: dict[Window, list[LevelCount]] = {}
    for since, until, start, level, events in rows:
        counts = found.setdefault(Window(since, until), [])
        if start is not None:
            counts.append((start, level, events))
    return list(found.items())


def _ask(search: Search, question: str, params: Sequence[object] = ()) -> Rows:
    """The answer to `question` of `known`, the true rollups; none if there is no time for it."""
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
            ) {question.format(condition=asked.condition.sql)}
            """,  # noqa: S608 -- our own text
            [
                list(windows),
                [one.since for one in windows.values()],
                [one.until for one in windows.values()],
                sorted(asked.fields),
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
        if one.sealed and one.start < until and since < one.end
    }
    return {name: window for name, window in windows.items() if window.since < window.until}
