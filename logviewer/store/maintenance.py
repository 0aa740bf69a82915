"""What keeps the store in order by itself: slices ahead, expired ones dropped, ended ones sealed, the ledger pruned."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from psycopg import sql
from psycopg.errors import LockNotAvailable

from logviewer.store import catalogue, counts, partitions, positions, rollups, sealing, state
from logviewer.store.partitions import Partition
from logviewer.store.plan import Plan, plan, retention_clock

log = logging.getLogger(__name__)

# A client keeps an unsent batch 7 days at most; the ledger remembers twice as long.
REMEMBER_BATCHES_FOR = timedelta(days=14)
FAR_BEHIND = timedelta(days=1)  # of retention's clock: more than a restart or a night without the product
ONE_MAINTAINER = 0x6C6F67_02  # advisory locks
ONE_SEALER = 0x6C6F67_04


@dataclass(frozen=True, slots=True)
class Maintained:
    """What one run did. `skipped`: another run was under way, nothing was done. `postponed`: expired events are left
    for the next run, because something reads them."""

    created: int = 0
    dropped: int = 0
    pruned_batches: int = 0
    skipped: bool = False
    postponed: bool = False


def maintain(now: datetime | None = None) -> Maintained:
    """Does what is due, except for sealing. May be called at any time, by many at once, and killed at any step."""
    now = now or timezone.now()
    with _only_one(ONE_MAINTAINER) as is_the_one:
        return _maintain(now) if is_the_one else Maintained(skipped=True)


def seal_ended(now: datetime | None = None) -> int | None:
    """Seals the slices that have ended, newest first, adds up what is sealed, and gives it the indexes that it lacks;
    returns how many it sealed, None if another run does it."""
    now = now or timezone.now()
    with _only_one(ONE_SEALER) as is_the_one:
        if not is_the_one:
            return None
        sealed = 0
        # Asked anew each time: the last one took a while.
        while ended := _plan(now, _clock(now)).seal:
            sealing.seal(ended[0])
            sealed += 1
        for partition in sealing.without_cohort_levels(partitions.existing()):
            sealing.index_cohort_levels(partition)
        for partition in rollups.due(partitions.existing(), now):
            rollups.build(partition, now)
        return sealed


@contextmanager
def _only_one(lock: int) -> Iterator[bool]:
    """Whether nobody else holds `lock`. It ends with the connection, so that a killed holder frees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        is_the_one: bool = cursor.fetchone()[0]
    try:
        yield is_the_one
    finally:
        if is_the_one:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [lock])


def _plan(now: datetime, clock: datetime) -> Plan:
    chosen = settings.LOGVIEWER
    return plan(
        now,
        partitions.existing(sizes=chosen.retention_bytes is not None),
        keep_since=min(now, clock) - chosen.retention,
        most_bytes=chosen.retention_bytes,
        events_a_day=_events_a_day(now),
    )


def _clock(now: datetime) -> datetime:
    return retention_clock(now, state.last_retention_clock())


def _events_a_day(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(rows), 0) FROM ingest_batch WHERE received > %s", [now - timedelta(days=1)])
        events: int = cursor.fetchone()[0]
        return events


def _maintain(now: datetime) -> Maintained:
    clock = _clock(now)
    if now - clock > FAR_BEHIND:
        log.warning(
            "The clock is %d hours ahead of the time by which events expire, which follows by one hour a maintenance."
            " If the clock is wrong, set it right: what is not dropped yet stays.",
            (now - clock) // timedelta(hours=1),
        )
    due = _plan(now, clock)
    expires_by = min(now, clock)
    oldest_day = (expires_by - settings.LOGVIEWER.retention).date()
    created = partitions.make(due.create)
    with connection.cursor() as cursor:
        pruned = _prune_ledger(cursor, expires_by - REMEMBER_BATCHES_FOR)
        cursor.execute("DELETE FROM log_service WHERE last_seen < %s", [oldest_day])
    catalogue.forget_before(oldest_day)
    dropped, postponed = _drop(due.drop)
    state.maintained(now, clock)
    return Maintained(created, dropped, pruned, postponed=postponed)


def _prune_ledger(cursor: CursorWrapper, received_before: datetime) -> int:
    """Forgets old batches, but for those that somebody who follows the ledger has not seen yet. Returns how many."""
    seen_by_all = positions.oldest()
    if seen_by_all is None:
        cursor.execute("DELETE FROM ingest_batch WHERE received < %s", [received_before])
    else:
        cursor.execute(
            "DELETE FROM ingest_batch WHERE received < %s AND (xid, batch) <= (%s::text::xid8, %s)",
            [received_before, str(seen_by_all.xid), seen_by_all.batch],
        )
    pruned: int = cursor.rowcount
    return pruned


def _drop(expired: Sequence[Partition]) -> tuple[int, bool]:
    """Drops what is due and returns how many partitions went, and whether a reader is in the way of the others."""
    dropped = 0
    try:
        partitions.finish_interrupted_detaches()
        dropped += _drop_detached()
        for partition in expired:
            partitions.detach(partition)
            dropped += _drop_detached()
    except OperationalError as problem:
        if not isinstance(problem.__cause__, LockNotAvailable):
            raise
        log.warning("Something reads expired events, such as a backup: they are dropped by a later run.")
        return dropped, True
    return dropped, False


def _drop_detached() -> int:
    """Drops the tables that were partitions, each together with what was counted of its events."""
    with partitions.only_maker() as cursor:
        names = partitions.detached()
        for name in names:
            counts.forget(cursor, name, partitions.existing())
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
        if names:
            rollups.forget(cursor, partitions.existing())
    return len(names)
