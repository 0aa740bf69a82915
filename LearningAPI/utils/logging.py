"""How this service logs: loggers named LearningAPI.<module>, the ids of a request, and the frame of an action.

A request is told by three, each of which tells its part alone:

    request_started, request_finished          middleware/logging_middleware.py
    <action>_started, _completed, _failed      log_action, around a view
    what happened in between                   the view

A refusal is one warning: that of its action, or of request_finished where no action was reached.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from inspect import iscoroutinefunction
from time import perf_counter
from typing import Any, Protocol, TypeVar, cast

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from django.views import View
from rest_framework.exceptions import APIException
from structlog.stdlib import BoundLogger

SERVICE = "LearningAPI"
OF_THE_MIDDLEWARE = {"request_id", "method", "path"}
OUTCOME_IS_LOGGED = "outcome_is_logged"


class Person(Protocol):
    @property
    def full_name(self) -> str: ...


ViewFunction = TypeVar("ViewFunction", bound=Callable[..., Any])


def get_logger(module: str) -> BoundLogger:
    """The logger LearningAPI.<module>; `module` may have that prefix already, as `__name__` does."""
    logger: BoundLogger = structlog.stdlib.get_logger(f"{SERVICE}.{module.removeprefix(f'{SERVICE}.')}")
    return logger


def bind_request_context(**ids: object) -> None:
    """Adds ids to every further event of this request.

    `user_id` is the account that acts. Whom it acts upon has another name: `student_id`, `instructor_id`, `member_id`.
    Digits become a number, so that "12" of an address and 12 of a row are one cohort; None is left out. The request's
    own id is the middleware's: raises ValueError for what that binds.
    """
    if taken := OF_THE_MIDDLEWARE & ids.keys():
        raise ValueError(f"{', '.join(sorted(taken))}: bound by the middleware, once for a request")
    structlog.contextvars.bind_contextvars(**{name: number(id_) for name, id_ in ids.items() if id_ is not None})


def number(id_: object) -> object:
    """An id as it is in the database: digits as a number, anything else as it is."""
    return int(id_) if isinstance(id_, str) and id_.isascii() and id_.isdecimal() and len(id_) < 19 else id_


def student_name(person: Person) -> dict[str, str]:
    """`student`: who it is, where LOG_STUDENT_NAMES says that names may be logged; otherwise nothing.

    Under the name `student_name` it would always be masked, by the client and by logviewer.
    """
    return {"student": person.full_name} if settings.LOG_STUDENT_NAMES else {}


def log_action(action_type: str) -> Callable[[ViewFunction], ViewFunction]:
    """Logs `<action_type>_started`, then `_completed` or `_failed`, with `view`, `action` and `pk`.

    The end has `status_code`, `outcome` and `duration_ms` (float) as well: `_completed` is info; `_failed` is a warning
    from 400 on and an error from 500 on. What Django or REST framework answer with a 4xx is refused, not crashed: no
    exception is logged here, all are passed on, and the one that nobody answers is told by the middleware.
    Takes functions and methods of views, with and without asyncio. Goes below `@action`, which marks what it is given.
    """

    def decorate(view: ViewFunction) -> ViewFunction:
        if iscoroutinefunction(view):

            @wraps(view)
            async def logged_later(*args: Any, **kwargs: Any) -> Any:
                with _framed(action_type, view, args, kwargs) as frame:
                    response = await view(*args, **kwargs)
                    frame.status_code = response.status_code
                return response

            return cast("ViewFunction", logged_later)

        @wraps(view)
        def logged(*args: Any, **kwargs: Any) -> Any:
            with _framed(action_type, view, args, kwargs) as frame:
                response = view(*args, **kwargs)
                frame.status_code = response.status_code
            return response

        return cast("ViewFunction", logged)

    return decorate


@dataclass(slots=True)
class _Frame:
    """What is known of an action when it ends. Without a status nobody waits for its answer any more."""

    status_code: int | None = None
    reason: object = None


@contextmanager
def _framed(
    action_type: str, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Iterator[_Frame]:
    # views/cohort_view.py logs as LearningAPI.cohort, and so does what frames it.
    log = get_logger(view.__module__.rpartition(".")[2].removesuffix("_view"))
    facts = _facts_of(view, args, kwargs)
    log.info(f"{action_type}_started", **facts)
    frame, began = _Frame(), perf_counter()
    try:
        yield frame
    except Exception as problem:
        frame.status_code, frame.reason = status_of(problem), reason_of(problem)
        raise
    finally:
        level, event, outcome = _outcome_of(frame.status_code)
        ended = {"status_code": frame.status_code, "outcome": outcome, "reason": frame.reason}
        told = {name: value for name, value in ended.items() if value is not None}
        milliseconds = round((perf_counter() - began) * 1000, 3)
        getattr(log, level)(f"{action_type}_{event}", **facts, **told, duration_ms=milliseconds)
        setattr(_django_request(args), OUTCOME_IS_LOGGED, True)


def _facts_of(view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    owner = args[0]
    is_method = isinstance(owner, View)
    facts = {
        "view": type(owner).__name__ if is_method else view.__name__,
        "action": getattr(owner, "action", None) or view.__name__,
        "pk": number(kwargs.get("pk")),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _outcome_of(status_code: int | None) -> tuple[str, str, str]:
    """The level, how the event's name ends, and the outcome in a word."""
    if status_code is None:
        return "warning", "failed", "cancelled"
    if status_code >= 500:
        return "error", "failed", "failed"
    if status_code >= 400:
        return "warning", "failed", "refused"
    return "info", "completed", "succeeded"


def status_of(problem: Exception) -> int:
    """The status that the client will get for an exception."""
    if isinstance(problem, Http404):
        return 404
    if isinstance(problem, PermissionDenied):
        return 403
    if isinstance(problem, BadRequest | SuspiciousOperation):
        return 400
    if isinstance(problem, OperationalError):
        return 503  # errors.py answers so while the database is away
    return problem.status_code if isinstance(problem, APIException) else 500


def reason_of(problem: Exception) -> object:
    """Why, in short words that hold nothing of what was sent: `invalid`, or `{"person_id": ["required"]}`."""
    return problem.get_codes() if isinstance(problem, APIException) else type(problem).__name__


def _django_request(args: tuple[Any, ...]) -> Any:
    request = args[0].request if isinstance(args[0], View) else args[0]
    return getattr(request, "_request", request)  # REST framework wraps Django's
