"""The fields that can be asked for: what completion offers and "did you mean" suggests, from the store's catalogue."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from logviewer.query.database import fetch
from logviewer.query.errors import SearchUnavailable, TimedOut
from logviewer.query.language import values
from logviewer.query.language.parser import storable
from logviewer.query.reader import Reader, visible_to
from logviewer.store.predicate import EVERYTHING

WITHIN_S = 2.0
COLUMNS = (*values.TEXT_FIELDS, values.LEVEL_FIELD, *values.TIME_FIELDS)
KINDS = ("string", "number", "boolean", "null", "object", "array")

NEAR_ENOUGH = 0.7  # of difflib's measure: one letter of six wrong is 0.83
LONGEST_NAME = 100  # characters of a name that is compared with others
MOST_COMPARED = 2000  # names, the most frequent ones


@dataclass(frozen=True, slots=True)
class KnownField:
    """A field of events' own keys. Counts are events; without `exact` they are about right."""

    path: str
    events: int
    types: Mapping[str, int]  # of KINDS, those that were seen
    exact: bool
    lowest: float | None  # of the numbers
    highest: float | None
    first_seen: datetime
    last_seen: datetime
    samples: Sequence[str]  # some distinct short values


def known_fields(
    reader: Reader,
    *,
    services: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    prefix: str = "",
    limit: int = 100,
) -> Sequence[KnownField]:
    """The fields whose paths begin with `prefix`, the most frequent first; of all services if none is named.

    The catalogue counts by whole days (UTC): those that `since` <= time < `until` touches. Only for readers who may
    see every event; others get none. Raises SearchUnavailable.
    """
    if visible_to(reader) != EVERYTHING:
        return []
    conditions, params = _days_and_services(services, since, until)
    rows = fetch_catalogue(
        f"""
        SELECT path, sum(events)::bigint, sum(strings)::bigint, sum(numbers)::bigint, sum(booleans)::bigint,
            sum(nulls)::bigint, sum(objects)::bigint, sum(arrays)::bigint, bool_and(exact), min(lowest), max(highest),
            min(first_seen), max(last_seen),
            (array_agg(to_jsonb(samples) ORDER BY cardinality(samples) DESC, day DESC))[1]
        FROM log_field WHERE {conditions} AND starts_with(path, %s) AND path <> ALL(%s)
        GROUP BY path ORDER BY sum(events) DESC, path LIMIT %s
        """,  # noqa: S608 -- our own names
        [*params, storable(prefix), list(COLUMNS), limit],
    )
    return [_known_field(row) for row in rows]


def near_names(reader: Reader, name: str, *, limit: int = 3) -> Sequence[str]:
    """The fields that someone may have meant who wrote `name`, the nearest first; never `name` itself.

    statusCode is near status_code, and code near error.code. Raises SearchUnavailable.
    """
    if len(name) > LONGEST_NAME or visible_to(reader) != EVERYTHING:
        return []
    rows = fetch_catalogue(
        "SELECT path FROM log_field WHERE length(path) <= %s GROUP BY path ORDER BY sum(events) DESC, path LIMIT %s",
        [LONGEST_NAME, MOST_COMPARED],
    )
    return _nearest(name, [*COLUMNS, *(path for (path,) in rows if path not in COLUMNS)])[:limit]


def _nearest(name: str, candidates: Sequence[str]) -> list[str]:
    plain = _plain(name)
    same = [one for one in candidates if _plain(one) == plain]
    ends = [one for one in candidates if _plain(one.rpartition(".")[2]) == plain]
    ids = [one for one in candidates if _plain(one) == f"{plain}id"]  # cohort:12 means no cohorts
    by_plain = {_plain(one): one for one in reversed(candidates)}
    close = [by_plain[one] for one in get_close_matches(plain, by_plain, n=10, cutoff=NEAR_ENOUGH)]
    return [one for one in dict.fromkeys([*same, *ends, *ids, *close]) if one != name]


def _plain(name: str) -> str:
    """What of a name people remember: the spellings of its words differ between programs."""
    return re.sub(r"[_\-\s]", "", name).lower()


def _days_and_services(
    services: Sequence[str], since: datetime | None, until: datetime | None
) -> tuple[str, list[object]]:
    conditions, params = ["TRUE"], list[object]()
    if since:
        conditions.append("day >= %s")
        params.append(since.astimezone(UTC).date())
    if until:
        conditions.append("day < %s::timestamptz AT TIME ZONE 'UTC'")
        params.append(until)
    if services:
        conditions.append("service = ANY(%s)")
        params.append([storable(one) for one in services])
    return " AND ".join(conditions), params


def _known_field(row: Sequence[Any]) -> KnownField:
    path, events, *counts, exact, lowest, highest, first_seen, last_seen, samples = row
    types = {kind: count for kind, count in zip(KINDS, counts, strict=True) if count}
    return KnownField(path, events, types, exact, lowest, highest, first_seen, last_seen, json.loads(samples))


def fetch_catalogue(sql: str, params: Iterable[object], *, within_s: float = WITHIN_S) -> list[tuple[Any, ...]]:
    """The rows of a SELECT on log_field. Raises SearchUnavailable, also where it takes longer than `within_s`."""
    try:
        return fetch(sql, list(params), within_s=within_s)
    except TimedOut as problem:
        raise SearchUnavailable("The catalogue of fields is slow.") from problem
