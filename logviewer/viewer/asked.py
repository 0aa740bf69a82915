"""The search that an address asks for, on pages beside the log page: what cannot be asked is a 400 that says why."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from logviewer.accounts.permissions import reads_logs
from logviewer.query.language import QueryError
from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.viewer.addresses import active, search_address
from logviewer.viewer.away import says_when_search_is_away
from logviewer.viewer.http import LogviewerRequest, wants_partial
from logviewer.viewer.problems import problem_of

Rest = ParamSpec("Rest")
View = Callable[Concatenate[LogviewerRequest, Rest], HttpResponse]


def search_of(request: LogviewerRequest) -> Search:
    """Raises QueryError."""
    return Search.of(Reader.of(request.user), active(request.GET), zone=timezone.get_current_timezone())


def answers_a_search(view: Callable[[LogviewerRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponseBase]:
    """A page, or a part of one, that answers the search in its address to people who may search: always anew, with 400
    for what cannot be asked and 503 while nothing can."""
    explained = says_when_search_is_away(says_what_cannot_be_asked(view))
    return require_safe(reads_logs(never_cache(vary_on_headers("HX-Request")(explained))))


def says_what_cannot_be_asked(view: View[Rest]) -> View[Rest]:
    @wraps(view)
    def answered(request: LogviewerRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except QueryError as problem:
            template = "viewer/_not_asked.html" if wants_partial(request) else "viewer/not_asked.html"
            context = {"problem": problem_of(request.GET, problem), "back_address": search_address(request.GET)}
            return render(request, template, context, status=400)

    return answered
