"""What keeps the store in order by itself: partitions ahead, expired ones dropped, old ledger rows pruned."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connections
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from logviewer.store import partitions
from logviewer.store.partitions import Partition

log = logging.getLogger(__name__)

# A client keeps an unsent batch 7 days at most; the ledger remembers twice as long.
REMEMBER_BATCHES_FOR = timedelta(days=14)
ONE_MAINTAINER = 0x6C6F67_02  # advisory lock


@dataclass(frozen=True, slots=True)
class Maintained:
    """What one run did. `skipped`: another run was under way, nothing was done. `postponed`: expired events are left
    for the next run, because something reads them."""

    created: int = 0
    dropped: int = 0
    pruned_batches: int = 0
    skipped: bool = False
    postponed: bool = False


def maintain(now: datetime | None = None, alias: str = "default") -> Maintained:
    """Does what is due. May be called at any time, by many at once, and killed at any step."""
    now = now or timezone.now()
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE_MAINTAINER])
        if not cursor.fetchone()[0]:
            return Maintained(skipped=True)
    try:
        return _maintain(now, alias)
    finally:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_MAINTAINER])


def _maintain(now: datetime, alias: str) -> Maintained:
    plan = partitions.plan(now, partitions.existing(alias), retention=settings.LOGVIEWER.retention)
    partitions.ensure([one.start.date() for one in plan.create], alias)
    with connections[alias].cursor() as cursor:
        cursor.execute("DELETE FROM ingest_batch WHERE received < %s", [now - REMEMBER_BATCHES_FOR])
        pruned = cursor.rowcount
        cursor.execute("DELETE FROM log_service WHERE last_seen < %s", [(now - settings.LOGVIEWER.retention).date()])
    dropped, postponed = _drop(plan.drop, alias)
    return Maintained(len(plan.create), dropped, pruned, postponed=postponed)


def _drop(expired: Sequence[Partition], alias: str) -> tuple[int, bool]:
    """Drops what is due and returns how many partitions went, and whether a reader is in the way of the others."""
    dropped = 0
    try:
        dropped += partitions.finish_interrupted_drops(alias)
        for partition in expired:
            partitions.drop(partition, alias)
            dropped += 1
    except OperationalError as problem:
        if not isinstance(problem.__cause__, LockNotAvailable):
            raise
        log.warning("Something reads expired events, such as a backup: they are dropped by a later run.")
        return dropped, True
    return dropped, False
