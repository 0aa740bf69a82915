"""Every statement on its way to the database: counted for its request, and an event of its own when it is slow.

The count is an object that the request's context holds, so that it grows also where Django moves the work to another
thread.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from LearningAPI.utils.logging import get_logger

log = get_logger("database")

MAX_STATEMENT_CHARACTERS = 1000


@dataclass(slots=True)
class QueryCount:
    """What one request has asked of the database so far."""

    queries: int = 0
    milliseconds: float = 0.0


_of_this_request: ContextVar[QueryCount | None] = ContextVar("query_count", default=None)


def count_queries() -> QueryCount:
    """Begins to count for the request that is being served; returns what will have counted."""
    count = QueryCount()
    _of_this_request.set(count)
    return count


def watch_connections() -> None:
    """From now on every connection's statements are timed."""
    connection_created.connect(_watch, dispatch_uid="LearningAPI.utils.queries")


def _watch(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    # What is opened anew has it already.
    if _timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(_timed)


def _timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    began = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        milliseconds = (perf_counter() - began) * 1000
        if count := _of_this_request.get():
            count.queries += 1
            count.milliseconds += milliseconds
        if milliseconds >= settings.SLOW_QUERY_MS:
            # The statement with its placeholders: values may be anybody's.
            log.warning("slow_query", statement=str(sql)[:MAX_STATEMENT_CHARACTERS], duration_ms=round(milliseconds, 3))
