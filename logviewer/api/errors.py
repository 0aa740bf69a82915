"""The API's answers: JSON. Errors have one shape, {"error": {"message", "column", "hint"}}, and a status that fits."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from logviewer.query.errors import SearchUnavailable
from logviewer.query.language import QueryError

RETRY_AFTER_S = 5


class ApiError(Exception):
    """An answer other than 200."""

    def __init__(
        self,
        status: int,
        message: str,
        hint: str,
        *,
        column: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.hint, self.column = status, message, hint, column
        self.headers = headers or {}

    def response(self) -> HttpResponse:
        body = {"error": {"message": self.message, "column": self.column, "hint": self.hint}}
        return json_response(body, status=self.status, headers=self.headers)


def bad_query(problem: QueryError) -> ApiError:
    """400: the query or a parameter cannot be read; the column points into `q`."""
    return ApiError(400, problem.message, problem.hint, column=problem.column)


def unavailable(problem: SearchUnavailable) -> ApiError:
    """503: the database cannot answer now."""
    return ApiError(503, str(problem), "Try again in some seconds.", headers={"Retry-After": str(RETRY_AFTER_S)})


def json_response(
    body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    text = json.dumps(body, ensure_ascii=False)
    return HttpResponse(text, status=status, headers=headers, content_type="application/json")
