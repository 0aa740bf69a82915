"""What a reader sees while searching is not possible: a 503 that says so and when to try again."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpResponse
from django.shortcuts import render

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
            template = "viewer/_away.html" if wants_partial(request) else "503.html"
            response = render(request, template, {"retry_after_s": RETRY_AFTER_S}, status=503)
            response["Retry-After"] = str(RETRY_AFTER_S)
            return response

    return answered
