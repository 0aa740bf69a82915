"""Every refusal and failure as JSON with the request's id. What went wrong inside stays in the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, JsonResponse
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from LearningAPI.utils.logging import get_logger

logger = get_logger("errors")

RETRY_AFTER_S = 5


class Said(APIException):
    """An answer in a sentence of our own, under the `key` that clients know. `code` is its short word for the log."""

    def __init__(self, sentence: str, *, code: str, key: str = "message") -> None:
        super().__init__(sentence, code)
        self.key = key


class Refused(Said):
    """The request is understood and cannot be done as things stand."""

    status_code = status.HTTP_400_BAD_REQUEST


class Missing(Said):
    """What the request is about does not exist."""

    status_code = status.HTTP_404_NOT_FOUND


@contextmanager
def telling_of_the_unexpected(event: str) -> Iterator[None]:
    """Logs `event` in the cohort's story when something fails that is no refusal; the traceback ends the request."""
    try:
        yield
    except APIException:
        raise
    except Exception as problem:
        get_logger("cohort").error(event, error_type=type(problem).__name__)
        raise


def answer(problem: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler: its own answers keep their `detail`, ours say `message` or `reason`."""
    if isinstance(problem, OperationalError):
        return _database_unavailable(problem)
    if isinstance(problem, SuspiciousOperation):
        problem = ParseError("The request cannot be understood.")
    response = exception_handler(problem, context)
    if response is None:
        return None
    if isinstance(problem, Said):
        response.data = _body(str(problem.detail), key=problem.key)
    elif isinstance(problem, ValidationError):
        response.data = _body("The request has fields that cannot be used.") | {"errors": problem.detail}
    else:
        response.data = {**response.data, "request_id": current_request_id()}
    return response


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    return JsonResponse(_body("There is nothing at this address."), status=404)


def permission_denied(request: HttpRequest, exception: Exception) -> JsonResponse:
    return JsonResponse(_body("You may not do this."), status=403)


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    return JsonResponse(_body("The request cannot be understood."), status=400)


def server_error(request: HttpRequest) -> JsonResponse:
    return JsonResponse(_body("Something failed here. The log has the details under this request id."), status=500)


def current_request_id() -> str | None:
    return structlog.contextvars.get_contextvars().get("request_id")


def _database_unavailable(problem: OperationalError) -> Response:
    logger.error("database_unavailable", exc_info=problem)
    return Response(
        _body("The database does not answer in time. Try again shortly."),
        status=status.HTTP_503_SERVICE_UNAVAILABLE,
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _body(sentence: str, *, key: str = "message") -> dict[str, Any]:
    return {key: sentence, "request_id": current_request_id()}
