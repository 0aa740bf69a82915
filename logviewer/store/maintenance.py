"""What keeps the store in order by itself: partitions ahead, expired ones dropped, old ledger rows pruned."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connections
from django.utils import timezone

from logviewer.store import partitions

# A client keeps an unsent batch 7 days at most; the ledger remembers twice as long.
REMEMBER_BATCHES_FOR = timedelta(days=14)
ONE_MAINTAINER = 0x6C6F67_02  # advisory lock


@dataclass(frozen=True, slots=True)
class Maintained:
    """What one run did. `skipped`: another run was under way, nothing was done."""

    created: int = 0
    dropped: int = 0
    pruned_batches: int = 0
    skipped: bool = False


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
    finished = partitions.finish_interrupted_drops(alias)
    plan = partitions.plan(now, partitions.existing(alias), retention=settings.LOGVIEWER.retention)
    partitions.ensure([one.start.date() for one in plan.create], alias)
    for partition in plan.drop:
        partitions.drop(partition, alias)
    with connections[alias].cursor() as cursor:
        cursor.execute("DELETE FROM ingest_batch WHERE received < %s", [now - REMEMBER_BATCHES_FOR])
        pruned = cursor.rowcount
    return Maintained(len(plan.create), finished + len(plan.drop), pruned)
