"""What became certain behind a place in the ledger: new batches, then those of their events that a search finds.

Never by (time, id): events come late, and commit in another order than their times (docs/decisions/0017-tail.md).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from logviewer.query.database import ALIAS, fetch, problems_named
from logviewer.query.errors import SearchUnavailable, TimedOut
from logviewer.query.events import StoredEvent
from logviewer.query.language import QueryError
from logviewer.query.language.errors import gettext_noop
from logviewer.query.rows import Rows
from logviewer.query.search import Search
from logviewer.query.sql import Sql
from logviewer.query.walk import COLUMNS
from logviewer.store.ledger import PLACES_BITS, Position, StoredBatch, batches_after

LONGEST_S = 10.0  # a batch whose events are spread over months makes Postgres read all of that time's index
MOST_BATCHES = 500  # of one statement
NEAR = timedelta(minutes=10)  # batches whose times span no more are read together

_ALL_PLACES = (1 << PLACES_BITS) - 1
_CURSOR = re.compile(r"([0-9]{1,19})\.([0-9]{1,13})\.([0-9]{1,7})")


@dataclass(frozen=True, slots=True, order=True)
class TailCursor:
    """A place in the order in which events became certain: behind the event at `place` of a batch, by default its last.

    The start of everything is TailCursor().
    """

    xid: int = 0
    batch: int = 0
    place: int = _ALL_PLACES

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` gave. Raises QueryError."""
        found = _CURSOR.fullmatch(text)
        numbers = [int(number) for number in found.groups()] if found else []
        if not numbers or numbers[0] >= 2**63 or numbers[1] >= 2 ** (63 - PLACES_BITS) or numbers[2] > _ALL_PLACES:
            raise QueryError(
                gettext_noop("this cursor is none of ours"),
                hint=gettext_noop("Take it from the answer before."),
                parameter="cursor",
            )
        return cls(*numbers)

    def __str__(self) -> str:
        return f"{self.xid}.{self.batch}.{self.place}"

    @property
    def position(self) -> Position:
        """Behind it, the ledger has what is still to be read: the cursor's own batch too, if that is read in part."""
        return Position(self.xid, self.batch if self.place == _ALL_PLACES else self.batch - 1)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Events in the order in which they became certain, each with the cursor behind it.

    `end` is the cursor behind everything that was looked at; `more` says that there is something behind that.
    """

    events: Sequence[tuple[TailCursor, StoredEvent]]
    end: TailCursor
    more: bool


def newest_cursor() -> TailCursor:
    """Behind all that is certain now. A list that is read afterwards has all of that. Raises SearchUnavailable."""
    try:
        rows = fetch("""
            SELECT xid::text::bigint, batch FROM ingest_batch
            WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY ingest_batch.xid DESC, batch DESC LIMIT 1
        """)
    except TimedOut as problem:
        raise SearchUnavailable("The ledger of batches is slow.") from problem
    return TailCursor(*rows[0]) if rows else TailCursor()


def new_batches(cursor: TailCursor, *, limit: int = MOST_BATCHES) -> list[StoredBatch]:
    """The batches behind `cursor`, and its own if that is not read to its end. Raises SearchUnavailable."""
    try:
        with problems_named():
            return batches_after(cursor.position, limit=limit, alias=ALIAS)
    except TimedOut as problem:
        raise SearchUnavailable("The ledger of batches is slow.") from problem


def read_arrived(search: Search, cursor: TailCursor, batches: Sequence[StoredBatch], *, limit: int) -> Arrived:
    """At most `limit` events of `batches`, which are all that follow `cursor`, or the first of them.

    Raises SearchUnavailable; then nothing was taken in, and `cursor` is still the place to go on from.
    """
    events: list[tuple[TailCursor, StoredEvent]] = []
    for run in _runs(batches):
        found = _events_of(search, cursor, run, limit + 1 - len(events))
        events += found
        if len(events) > limit:
            return Arrived(events[:limit], events[limit - 1][0], more=True)
        cursor = TailCursor(run[-1].position.xid, run[-1].position.batch)
    return Arrived(events, cursor, more=False)


def _runs(batches: Sequence[StoredBatch]) -> Iterator[list[StoredBatch]]:
    """Neighbours in the ledger whose times lie together, so that one statement reads little beside their events."""
    run: list[StoredBatch] = []
    times: list[datetime] = []
    for batch in batches:
        own = _times([batch])
        if run and own and times and max(*times, *own) - min(*times, *own) > NEAR:
            yield run
            run, times = [], []
        run.append(batch)
        times = [min(*times, *own), max(*times, *own)] if times or own else []
    if run:
        yield run


def _events_of(
    search: Search, cursor: TailCursor, run: Sequence[StoredBatch], limit: int
) -> list[tuple[TailCursor, StoredEvent]]:
    times = _times(run)
    if not times:
        return []
    xids = {batch.position.batch: batch.position.xid for batch in run}
    statement = _statement(search, cursor, run, times, limit)
    try:
        rows = fetch(statement.text, statement.params, within_s=LONGEST_S, workers=False)
    except TimedOut as problem:
        raise SearchUnavailable("The newest events take too long to read.") from problem
    events = [StoredEvent.of_row(row) for row in rows]
    return [(_behind(event, xids), event) for event in events]


def _statement(
    search: Search, cursor: TailCursor, run: Sequence[StoredBatch], times: Sequence[datetime], limit: int
) -> Sql:
    """The matching events of `run` in its order. Bounds on time and id are what the index on both can use."""
    numbers = [batch.position.batch for batch in run]
    first = min(batch.ids[0] for batch in run)
    if numbers[0] == cursor.batch:
        read = (cursor.batch << PLACES_BITS) + cursor.place
        behind = Sql(" AND (id > %s OR id >> %s <> %s)", (read, PLACES_BITS, cursor.batch))
    else:
        behind = Sql("", ())
    rows = Rows.of(search).predicate
    return Sql(
        f"SELECT {COLUMNS} FROM log_event WHERE {rows.sql}"  # noqa: S608 -- our own names
        " AND time BETWEEN %s AND %s AND id >= %s AND id < %s AND id >> %s = ANY(%s)"
        f"{behind.text} ORDER BY array_position(%s, id >> %s), id LIMIT %s",
        (
            *rows.params,
            *(min(times), max(times), first, max(batch.ids[1] for batch in run), PLACES_BITS, numbers),
            *behind.params,
            *(numbers, PLACES_BITS, limit),
        ),
    )


def _behind(event: StoredEvent, xids: dict[int, int]) -> TailCursor:
    batch = event.id >> PLACES_BITS
    return TailCursor(xids[batch], batch, event.id & _ALL_PLACES)


def _times(batches: Sequence[StoredBatch]) -> list[datetime]:
    return [time for batch in batches for time in (batch.time_min, batch.time_max) if time is not None]
