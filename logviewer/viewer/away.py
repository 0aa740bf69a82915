"""What a reader sees while searching is not possible: a 503 that says so and when to try again."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from logviewer.query.errors import SearchUnavailable
from logviewer.viewer.http import LogviewerRequest, wants_partial

RETRY_AFTER_S = 5
Rest = ParamSpec("Rest")
View = Callable[Concatenate[LogviewerRequest, Rest], HttpResponse]


def says_when_search_is_away(view: View[Rest]) -> View[Rest]:
    @wraps(view)
    def answered(request: LogviewerRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except SearchUnavailable:
            return away(request, is_part=wants_partial(request))

    return answered


def away(request: HttpRequest | None = None, *, is_part: bool) -> HttpResponse:
    """The 503. Without a request it is the page of nobody in particular, which asks no database."""
    template = "viewer/_away.html" if is_part else "503.html"
    page = render_to_string(template, {"retry_after_s": RETRY_AFTER_S}, request)
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
