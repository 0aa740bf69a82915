"""Optional, for Django: one request id for every event of a request, and two events that frame it.

Put it first in MIDDLEWARE. Settings, all optional:

LOGVIEWER_TRUSTED_PROXIES   addresses and networks whose X-Request-ID is taken, "unix" for a Unix socket (default none)
LOGVIEWER_SKIP_PATHS        path prefixes whose good requests are not logged (default ("/static/",)); errors always are
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.signals import got_request_exception, request_finished
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import LazyObject, empty

from logviewer_client.diagnostics import tell
from logviewer_client.handler import REPORTED_FAILURE
from logviewer_client.proxies import TrustedProxies

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
LOGGER = "request"


class RequestContextMiddleware:
    """Binds request_id, method and path; logs request_started, then request_finished, _failed or _cancelled.

    Failed is a request with an exception that nothing handled, in the view or in another middleware.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.proxies = TrustedProxies(getattr(settings, "LOGVIEWER_TRUSTED_PROXIES", ()))
        skipped = getattr(settings, "LOGVIEWER_SKIP_PATHS", ("/static/",))
        self.skipped = (skipped,) if isinstance(skipped, str) else tuple(skipped)
        # Django logs its own lines about a 4xx or 5xx after the middleware: the context must last until then.
        request_finished.connect(_forget_context, dispatch_uid="logviewer_client.middleware.context")
        got_request_exception.connect(_keep_failure, dispatch_uid="logviewer_client.middleware.failure")
        self.is_asynchronous = iscoroutinefunction(get_response)
        if self.is_asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_asynchronous:
            return self._asynchronous(request)
        begun = self._begin(request)
        try:
            response: HttpResponseBase = self.get_response(request)
        except BaseException as failure:  # also SystemExit, by which servers end what takes too long
            self._fail(request, begun, failure)
            raise
        return self._end(request, begun, response)

    async def _asynchronous(self, request: HttpRequest) -> HttpResponseBase:
        begun = self._begin(request)
        try:
            response: HttpResponseBase = await self.get_response(request)
        except (asyncio.CancelledError, GeneratorExit):  # the client has left
            self._bind(begun.context, keep=True)
            self._tell(request, "warning", "request_cancelled", **_facts_at_end(request, begun))
            raise
        except BaseException as failure:
            self._fail(request, begun, failure)
            raise
        return self._end(request, begun, response)

    def _begin(self, request: HttpRequest) -> _Begun:
        context = {"request_id": self._request_id(request), "method": request.method, "path": request.path}
        self._bind(context)
        if not self._is_skipped(request):
            self._tell(request, "info", "request_started", query_keys=_query_keys(request))
        return _Begun(context, time.perf_counter())

    def _end(self, request: HttpRequest, begun: _Begun, response: HttpResponseBase) -> HttpResponseBase:
        response.headers["X-Request-ID"] = begun.context["request_id"]
        failure = getattr(request, REPORTED_FAILURE, None)
        status = response.status_code
        if failure is not None and status >= 500:
            self._fail(request, begun, failure, status)
            return response
        self._bind(begun.context, keep=True)
        if status >= 400 or not self._is_skipped(request):
            self._tell(request, _level(status), "request_finished", **_facts_at_end(request, begun, status))
        return response

    def _fail(self, request: HttpRequest, begun: _Begun, failure: BaseException, status: int = 500) -> None:
        self._bind(begun.context, keep=True)
        self._tell(request, "error", "request_failed", failure=failure, **_facts_at_end(request, begun, status))

    def log(
        self, request: HttpRequest, level: str, event: str, *, failure: BaseException | None = None, **facts: Any
    ) -> None:
        """Logs one of the middleware's own events. A subclass may take another logger, or add facts to it."""
        _log(level, event, failure=failure, **facts)

    def _tell(self, request: HttpRequest, level: str, event: str, **facts: Any) -> None:
        """The service's own processors and handlers may fail; the request does not."""
        try:
            self.log(request, level, event, **facts)
        except Exception as problem:  # noqa: BLE001
            tell(f"{event} could not be logged: {type(problem).__name__}: {problem}")

    def _bind(self, context: dict[str, Any], *, keep: bool = False) -> None:
        """Binds what a request begins with; at its end again, because a view may have cleared or changed it."""
        if not keep:
            structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**context)

    def _is_skipped(self, request: HttpRequest) -> bool:
        return request.path.startswith(self.skipped)

    def _request_id(self, request: HttpRequest) -> str:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        if REQUEST_ID.fullmatch(given) and request.META.get("REMOTE_ADDR", "") in self.proxies:
            return str(given)
        return str(uuid.uuid4())


class _Begun(NamedTuple):
    """What is known from the start."""

    context: dict[str, Any]
    at: float


def _log(level: str, event: str, *, failure: BaseException | None = None, **facts: Any) -> None:
    """Through structlog, or through logging in a service that has not configured structlog."""
    if structlog.is_configured():
        raised = {} if failure is None else {"exc_info": failure}
        getattr(structlog.get_logger(LOGGER), level)(event, **facts, **raised)
    else:
        logging.getLogger(LOGGER).log(getattr(logging, level.upper()), event, exc_info=failure, extra=facts)


def _facts_at_end(request: HttpRequest, begun: _Begun, status: int | None = None) -> dict[str, Any]:
    facts = {
        **begun.context,
        "status_code": status,
        "duration_ms": round((time.perf_counter() - begun.at) * 1000, 3),
        "actor_id": _actor_id(request),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _query_keys(request: HttpRequest) -> list[str] | None:
    """The names of the parameters only: values may be secrets."""
    try:
        return sorted(request.GET)
    except Exception:  # noqa: BLE001 -- Django refuses absurd queries, but only where somebody reads them
        return None


def _level(status: int) -> str:
    return "error" if status >= 500 else "warning" if status >= 400 else "info"


def _actor_id(request: HttpRequest) -> Any:
    """Who was found to be asking. A lazy user that nobody looked at stays unread: reading it would open the session."""
    for name in ("user", "_cached_user", "_acached_user"):
        user = request.__dict__.get(name)
        if user is None or (issubclass(type(user), LazyObject) and user.__dict__.get("_wrapped") is empty):
            continue
        try:
            return user.pk
        except Exception:  # noqa: BLE001 -- a user may be anything
            return None
    return None


def _keep_failure(*, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Keeps the exception that Django is about to answer with 500, for the one event that tells of it."""
    if request is not None:
        setattr(request, REPORTED_FAILURE, sys.exc_info()[1])


def _forget_context(**kwargs: Any) -> None:
    structlog.contextvars.clear_contextvars()
