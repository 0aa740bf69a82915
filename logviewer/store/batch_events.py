"""The events of batches from the ledger: some of each large batch, evenly spaced, and all of a small one."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from logviewer.store.ledger import StoredBatch

log = logging.getLogger(__name__)

LONGEST_LOOK_S = 5.0
ROWS_AT_ONCE = 200  # an event has up to 256 KiB
NEAR = timedelta(seconds=10)  # batches no further apart are read together
# One batch that holds events of months makes Postgres walk through all of them; it shall not slow down the others.
WIDE = timedelta(days=1)


class BatchEvent(NamedTuple):
    """An event of a batch, and how many of the batch it stands for. `data` is JSON text."""

    stands_for: int
    time_us: int  # since 1970: to make a datetime takes longer than all else that is done with an event here
    service: str
    data: str


def look_at(batches: Iterable[StoredBatch], *, of_each: int, look: Callable[[BatchEvent], None]) -> None:
    """Calls `look` with at most `of_each` events of every batch. Events whose partition is gone are passed over.

    To be called in a transaction. What takes longer than LONGEST_LOOK_S is left, with a line in the log.
    """
    for stretch in _stretches(batches):
        try:
            # A savepoint: a statement that was ended would spoil the transaction.
            with transaction.atomic():
                _look_at(stretch, of_each, look)
        except OperationalError as problem:
            if not isinstance(problem.__cause__, QueryCanceled):
                raise
            _say_left(stretch)


def stride(batch: StoredBatch, of_each: int) -> int:
    """Every how many-th event of the batch is looked at."""
    return -(-batch.rows // of_each)


def looked_at(batch: StoredBatch, of_each: int) -> range:
    """The ids of the events of the batch that are looked at."""
    first, step = batch.ids[0], stride(batch, of_each)
    # Batches begin at different places, so that over many of them every event counts the same.
    return range(first + batch.position.batch % step, first + batch.rows, step)


def _look_at(stretch: Sequence[StoredBatch], of_each: int, look: Callable[[BatchEvent], None]) -> None:
    strides = {batch.position.batch: stride(batch, of_each) for batch in stretch}
    ids = [id_ for batch in stretch for id_ in looked_at(batch, of_each)]
    since, until = min(_times(batch)[0] for batch in stretch), max(_times(batch)[1] for batch in stretch)
    give_up = time.monotonic() + LONGEST_LOOK_S
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{LONGEST_LOOK_S:.0f}s"])
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            """
            SELECT id >> 20, (extract(epoch FROM time) * 1000000)::bigint, service, data::text FROM log_event
            WHERE time BETWEEN %s AND %s AND id = ANY(%s)
            """,
            [since, until, ids],
        )
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            if time.monotonic() > give_up:
                _say_left(stretch)
                break
            for batch, time_us, service, data in rows:
                look(BatchEvent(strides[batch], time_us, service, data))
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")


def _say_left(stretch: Sequence[StoredBatch]) -> None:
    log.warning("The events of %d batches take too long to look at: those that are left are passed over.", len(stretch))


def _stretches(batches: Iterable[StoredBatch]) -> Iterator[list[StoredBatch]]:
    """The batches that have events, as groups of those whose times lie near each other; wide ones are one group."""
    wide: list[StoredBatch] = []
    stretch: list[StoredBatch] = []
    reached = datetime.min.replace(tzinfo=UTC)
    for batch in sorted((batch for batch in batches if batch.rows), key=_times):
        start, end = _times(batch)
        if end - start > WIDE:
            wide.append(batch)
            continue
        if stretch and start - reached > NEAR:
            yield stretch
            stretch = []
        stretch.append(batch)
        reached = max(reached, end)
    yield from (group for group in (stretch, wide) if group)


def _times(batch: StoredBatch) -> tuple[datetime, datetime]:
    assert batch.time_min is not None  # it has rows
    assert batch.time_max is not None
    return batch.time_min, batch.time_max
