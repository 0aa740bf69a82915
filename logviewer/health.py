"""Two questions a supervisor asks: does the process live, and can it serve?"""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from logviewer.accounts.models import User
from logviewer.health_detail import detail
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
    """200 if events can be stored and pages shown; 503 with the names of the checks that fail.

    An admin who is logged in also gets `detail`, for as long as the database answers.
    """
    more = {}
    checks = {"database": False, "migrations": False, "partition": False, "disk": disk.shortage() is None}
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
        checks["database"] = True
        checks["migrations"] = _migrated()
        checks["partition"] = checks["migrations"] and _partition_for_now()
        if checks["migrations"] and _is_for_an_admin(request):
            more = {"detail": detail()}
    except (DatabaseError, InterfaceError):
        pass  # what was not reached stays False
    ready = all(checks.values())
    answer = {"status": "ready" if ready else "not ready", "checks": checks, **more}
    return JsonResponse(answer, status=200 if ready else 503)


def _is_for_an_admin(request: HttpRequest) -> bool:
    """Probes come past the middleware of sessions, so that they cost nothing: the cookie is read here."""
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not cookie:
        return False
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(cookie)
    user = get_user(request)
    return isinstance(user, User) and user.is_active and user.may_manage_accounts


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
