"""Optional, for Django: one request id for every event of a request, and two events that frame it.

Put it first in MIDDLEWARE. Settings, all optional:

LOGVIEWER_TRUST_REQUEST_ID  take X-Request-ID from the caller: only behind a proxy that sets it (default False)
LOGVIEWER_SKIP_PATHS        path prefixes whose good requests are not logged (default ("/static/",)); errors always are
"""

import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import LazyObject, empty

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
log = structlog.get_logger("request")


class RequestContextMiddleware:
    """Binds request_id, method and path; logs request_started, then request_finished or request_failed."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.trusts_caller = getattr(settings, "LOGVIEWER_TRUST_REQUEST_ID", False)
        self.skipped = tuple(getattr(settings, "LOGVIEWER_SKIP_PATHS", ("/static/",)))
        # Django logs its own lines about a 4xx or 5xx after the middleware: the context must last until then.
        request_finished.connect(_forget_context, dispatch_uid="logviewer_client.middleware")
        self.is_asynchronous = iscoroutinefunction(get_response)
        if self.is_asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_asynchronous:
            return self._asynchronous(request)
        started = self._begin(request)
        response: HttpResponseBase = self.get_response(request)
        return self._end(request, response, started)

    async def _asynchronous(self, request: HttpRequest) -> HttpResponseBase:
        started = self._begin(request)
        response: HttpResponseBase = await self.get_response(request)
        return self._end(request, response, started)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Keeps an unhandled exception for the one event that tells of it."""
        request.META["logviewer.exception"] = exception

    def _begin(self, request: HttpRequest) -> float:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            request_id=self._request_id(request), method=request.method, path=request.path
        )
        if not request.path.startswith(self.skipped):
            # The names of the parameters only: values may be secrets.
            log.info("request_started", query_keys=sorted(request.GET))
        return time.perf_counter()

    def _end(self, request: HttpRequest, response: HttpResponseBase, started: float) -> HttpResponseBase:
        bound = structlog.contextvars.get_contextvars()
        response["X-Request-ID"] = bound.get("request_id", "")
        facts: dict[str, Any] = {
            "status_code": response.status_code,
            "duration_ms": round((time.perf_counter() - started) * 1000, 3),
        }
        actor_id = _actor_id(request)
        if actor_id is not None:
            facts["actor_id"] = actor_id
        exception = request.META.pop("logviewer.exception", None)
        if exception is not None and response.status_code >= 500:
            log.error("request_failed", exc_info=exception, **facts)
        elif response.status_code >= 400 or not request.path.startswith(self.skipped):
            log.log(_level(response.status_code), "request_finished", **facts)
        return response

    def _request_id(self, request: HttpRequest) -> str:
        given = request.headers.get("X-Request-ID", "") if self.trusts_caller else ""
        return given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def _level(status: int) -> int:
    return 40 if status >= 500 else 30 if status >= 400 else 20


def _actor_id(request: HttpRequest) -> Any:
    """Who was found to be asking. A lazy user that nobody looked at stays unread: reading it would open the session."""
    user = request.__dict__.get("user")
    if user is None or (isinstance(user, LazyObject) and user.__dict__.get("_wrapped") is empty):
        return None
    return getattr(user, "pk", None)


def _forget_context(**kwargs: Any) -> None:
    structlog.contextvars.clear_contextvars()
