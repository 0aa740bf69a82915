"""Events by bucket of time and by value of a field: how many rows of the store, or of a sample of it, are in each.

Which values become series is known only when all has been counted, some of it perhaps from sums. So a count keeps apart
the values that may become one: the most frequent ones among its rows, and those that the caller names.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from logviewer.query.counts import EPOCH
from logviewer.query.database import fetch
from logviewer.query.field_values import FieldValues
from logviewer.query.pace import Window
from logviewer.query.sql import Sql
from logviewer.store.predicate import EVERYTHING, Predicate, all_of

# Those values of an event that are kept apart, sorted; () if it has none at all, None if it has only others.
Values = tuple[str, ...] | None
Cells = Counter[tuple[datetime, Values]]  # (start of a bucket, values) to events

_COLUMNS = "time, level, service, event, logger, request_id, cohort_id, data"


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of `source` (for FROM) within `window` for which `condition` holds."""

    source: str
    condition: Predicate
    window: Window


@dataclass(frozen=True, slots=True)
class SeriesCount:
    """What matches, and by bucket how many of the rows that were read do not."""

    cells: Cells = field(default_factory=Counter)
    others: Counter[datetime] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        return self.cells.total()


def value_and_more(known: FieldValues) -> Sql:
    """Two columns of a row: the value of the field, and instead of it, where that is an array or object, all values
    within. To open those is dear, so a plain value is taken as it is."""
    if known.text is None:
        return Sql(f"NULL::text, {known.texts.text}", known.texts.params)
    text, more, texts = known.text, known.has_more, known.texts
    return Sql(
        f"CASE WHEN {more.text} THEN NULL ELSE {text.text} END, CASE WHEN {more.text} THEN {texts.text} END",
        (*more.params, *text.params, *more.params, *texts.params),
    )


def values_from(value: str | None, more: Sequence[str] | None) -> Values:
    """Of the two columns: all that the event has."""
    return tuple(sorted(more)) if more is not None else () if value is None else (value,)


def count_series(
    known: FieldValues,
    parts: Sequence[Part],
    width: timedelta,
    *,
    matches: Predicate = EVERYTHING,
    most: int,
    named: Sequence[str] = (),
    within_s: float,
) -> SeriesCount:
    """Counts the rows of `parts` in buckets of `width` aligned to 1970, those apart that do not match. The values that
    are kept apart are the `most` frequent ones and `named`. Raises TimedOut and SearchUnavailable."""
    rows, columns = _rows(parts, matches), value_and_more(known)
    found = fetch(
        f"""
        WITH counted (start, matches, value, more, events) AS MATERIALIZED (
            SELECT start, matches, CASE WHEN matches THEN value END, CASE WHEN matches THEN more END, count(*)
            FROM (
                SELECT date_bin(%s, time, %s), matches, {columns.text} FROM ({rows.text}) AS log_event
            ) AS looked (start, matches, value, more)
            GROUP BY 1, 2, 3, 4
        ),
        each (value, events) AS (
            SELECT value, events FROM counted WHERE value IS NOT NULL
            UNION ALL
            SELECT one, events FROM counted, unnest(more) AS one
        ),
        kept (value) AS (
            (SELECT value FROM each GROUP BY 1 ORDER BY sum(events) DESC, value COLLATE "C" LIMIT %s)
            UNION
            SELECT unnest(%s::text[])
        )
        SELECT start, matches, kept.value,
               CASE WHEN more IS NOT NULL THEN ARRAY(SELECT unnest(more) INTERSECT SELECT value FROM kept) END,
               counted.value IS NOT NULL OR coalesce(cardinality(more), 0) > 0,
               sum(events)::bigint
        FROM counted LEFT JOIN kept USING (value)
        GROUP BY 1, 2, 3, 4, 5
        """,  # noqa: S608 -- our own names
        [width, EPOCH, *columns.params, *rows.params, most, list(named)],
        within_s=within_s,
    )
    count = SeriesCount()
    for start, is_match, value, more, has_values, events in found:
        if is_match:
            kept = values_from(value, more)
            count.cells[start.astimezone(UTC), kept or (None if has_values else ())] += events
        else:
            count.others[start.astimezone(UTC)] += events
    return count


def _rows(parts: Sequence[Part], matches: Predicate) -> Sql:
    # OFFSET 0: whether a row matches is asked once. Without that question Postgres may read with several processes.
    once = "" if matches == EVERYTHING else "OFFSET 0"
    selects, params = [], list[object]()
    for part in parts:
        bounds = Predicate("time >= %s AND time < %s", (part.window.since, part.window.until))
        where = all_of([part.condition, bounds])
        selects.append(f"(SELECT {_COLUMNS}, {matches.sql} AS matches FROM {part.source} WHERE {where.sql} {once})")  # noqa: S608 -- our own names
        params += [*matches.params, *where.params]
    return Sql(" UNION ALL ".join(selects), tuple(params))
