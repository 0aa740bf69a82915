"""Two questions a supervisor asks: does the process live, and can it serve?"""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from logviewer.store import disk, partitions


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers; asks nothing of the database."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if events can be stored and pages shown; 503 with the names of the checks that fail."""
    checks = {"database": False, "migrations": False, "partition": False, "disk": disk.shortage() is None}
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
        checks["database"] = True
        checks["migrations"] = _migrated()
        checks["partition"] = checks["migrations"] and _partition_for_now()
    except (DatabaseError, InterfaceError):
        pass  # what was not reached stays False
    ready = all(checks.values())
    return JsonResponse({"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


_known_migrated = False


def _migrated() -> bool:
    # Reading all migration files takes 100 ms; once done, a process needs no second look.
    global _known_migrated  # noqa: PLW0603
    if not _known_migrated:
        executor = MigrationExecutor(connections["default"])
        _known_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _known_migrated


def _partition_for_now() -> bool:
    now = timezone.now()
    return any(one.start <= now < one.end for one in partitions.existing())
