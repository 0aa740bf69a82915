"""The first and the last event of every request, with what it cost. Goes first in MIDDLEWARE.

The client's middleware makes the request's id, leaves out the good requests of LOGVIEWER_SKIP_PATHS (never an error)
and finds out who asked; here its events get this service's names, and the count of the database's work.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import resolve

from LearningAPI.utils.logging import OUTCOME_IS_LOGGED, bind_request_context, get_logger
from LearningAPI.utils.queries import QueryCount, count_queries
from logviewer_client import RequestContextMiddleware

log = get_logger("http")

COUNT = "query_count"


class LoggingMiddleware(RequestContextMiddleware):
    """Logs request_started, request_finished, request_failed and request_cancelled as LearningAPI.http.

    The last event has `status_code`, `duration_ms`, `user_id`, `db_queries` and `db_ms`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        logging.getLogger("django.request").addFilter(_is_news)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        setattr(request, COUNT, count_queries())
        return super().__call__(request)

    def log(
        self, request: HttpRequest, level: str, event: str, *, failure: BaseException | None = None, **facts: Any
    ) -> None:
        if event == "request_started":
            bind_request_context(cohort_id=_cohort_of(request))
        else:
            facts |= _database_work(getattr(request, COUNT))
        if "actor_id" in facts:
            facts["user_id"] = facts.pop("actor_id")
        if level == "warning" and getattr(request, OUTCOME_IS_LOGGED, False):
            level = "info"  # a refusal is one warning
        raised = {} if failure is None else {"exc_info": failure}
        getattr(log, level)(event, **facts, **raised)


def _cohort_of(request: HttpRequest) -> object:
    """The cohort that the address names; None if it names none."""
    try:
        match = resolve(request.path_info)
    except Http404:
        return None
    return match.kwargs.get("pk") if (match.url_name or "").startswith("cohort-") else None


def _database_work(count: QueryCount) -> dict[str, Any]:
    return {"db_queries": count.queries, "db_ms": round(count.milliseconds, 3)}


def _is_news(record: logging.LogRecord) -> bool:
    """Django has a line as well for whatever ends with 400 or more; the last event of a request tells it all."""
    return not hasattr(getattr(record, "request", None), COUNT)
