"""What `/readyz` adds for admins: whether the worker keeps up, what holds the insertion cursor, what room is left."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models import Max, Q
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from logviewer.store import disk, horizon, partitions, state
from logviewer.store.partitions import Partition

MAINTENANCE_LATE_AFTER = timedelta(minutes=25)  # it is due every ten minutes: two were missed
HEARTBEAT_LATE_AFTER = timedelta(seconds=30)  # one is due every ten; procrastinate gives a worker up then, too


def detail() -> dict[str, Any]:
    """For JSON; docs/health.md explains each entry. Raises DatabaseError and InterfaceError."""
    now = timezone.now()
    lag = horizon.read_horizon()
    share = disk.free_share()
    return {
        "worker": _worker(now),
        "cursor": {"lag_s": round(lag.lag_s, 3), "batches_behind": lag.batches_behind, "held_by": lag.held_by},
        "partitions": {"until": ahead_until(now, partitions.existing())},
        "disk": {
            "free_percent": None if share is None else round(100 * share, 1),
            "floor_percent": settings.LOGVIEWER.disk_floor_percent,
        },
        "database": {"bytes": _database_bytes()},
    }


def ahead_until(now: datetime, existing: Iterable[Partition]) -> datetime | None:
    """Until when every event has a partition that is made already; None if one of now has none."""
    until = now
    for partition in sorted(existing):
        if partition.start <= until < partition.end:
            until = partition.end
    return None if until == now else until


def _worker(now: datetime) -> dict[str, Any]:
    maintained, clock = state.last_maintained(), state.last_retention_clock()
    heartbeat = ProcrastinateWorker.objects.aggregate(last=Max("last_heartbeat"))["last"]
    due = Q(status="todo") & (Q(scheduled_at=None) | Q(scheduled_at__lte=now))
    return {
        "maintained": maintained,
        "retention_behind_s": None if clock is None else round(max((now - clock).total_seconds(), 0)),
        "maintenance_late": maintained is None or now - maintained > MAINTENANCE_LATE_AFTER,
        "heartbeat": heartbeat,
        "alive": heartbeat is not None and now - heartbeat <= HEARTBEAT_LATE_AFTER,
        "jobs_waiting": ProcrastinateJob.objects.filter(due).count(),
        "jobs_failed": ProcrastinateJob.objects.filter(status="failed").count(),
    }


def _database_bytes() -> int:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
