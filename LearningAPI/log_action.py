"""One decorator for the start and the end of an action, so that views log only what happens in between."""

from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import Any, TypeVar, cast

import structlog
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response

log = structlog.get_logger(__name__)

Action = TypeVar("Action", bound=Callable[..., Response])


def log_action(name: str) -> Callable[[Action], Action]:
    """Logs `<name>_started`, then `<name>_completed` or `<name>_failed` with outcome, status and duration.

    What the client did wrong is a warning, what failed here an error. Exceptions pass on to those who answer
    them, and who log their traceback once.
    Goes below `@action`, which marks the function it is given.
    """

    def decorate(method: Action) -> Action:
        @wraps(method)
        def logged(*args: Any, **kwargs: Any) -> Response:
            log.info(f"{name}_started")
            started = perf_counter()
            try:
                response = method(*args, **kwargs)
            except Exception as problem:
                _log_end(name, _status_of(problem), started, problem)
                raise
            _log_end(name, response.status_code, started)
            return response

        return cast("Action", logged)

    return decorate


def _log_end(name: str, status_code: int, started: float, problem: Exception | None = None) -> None:
    facts = {"status_code": status_code, "duration_ms": round((perf_counter() - started) * 1000, 3)}
    if status_code >= status.HTTP_500_INTERNAL_SERVER_ERROR:
        log.error(f"{name}_failed", outcome="failed", error_type=type(problem).__name__, **facts)
    elif status_code >= status.HTTP_400_BAD_REQUEST:
        log.warning(f"{name}_failed", outcome="refused", reason=_code_of(problem), **facts)
    else:
        log.info(f"{name}_completed", outcome="succeeded", **facts)


def _status_of(problem: Exception) -> int:
    """The status the client will get: an exception that REST framework does not know becomes a 500."""
    return problem.status_code if isinstance(problem, APIException) else status.HTTP_500_INTERNAL_SERVER_ERROR


def _code_of(problem: Exception | None) -> object:
    """REST framework's short words for what was refused: `invalid`, or `{"person_id": ["required"]}`."""
    return problem.get_codes() if isinstance(problem, APIException) else None
