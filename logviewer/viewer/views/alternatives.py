"""Why a search finds nothing: what each of its parts keeps out, names near to unknown ones, the next event outside."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from logviewer.accounts.permissions import reads_logs
from logviewer.query.alternatives import count_each_alone, count_without_each, look_outside
from logviewer.query.language import QueryError
from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.query.unknown_fields import unknown_fields
from logviewer.viewer.addresses import active, search_address
from logviewer.viewer.away import says_when_search_is_away
from logviewer.viewer.http import LogviewerRequest, wants_partial
from logviewer.viewer.nothing import any_time, did_you_mean, newest_of, ways_alone, ways_without
from logviewer.viewer.problems import problem_of


@require_safe
@reads_logs
@never_cache
@vary_on_headers("HX-Request")
@says_when_search_is_away
def alternatives(request: LogviewerRequest) -> HttpResponse:
    """Takes the parameters of the search. A part for the page that found nothing; a page of its own without scripts."""
    is_part = wants_partial(request)
    try:
        context = _alternatives(request)
    except QueryError as problem:
        return render(request, _template(is_part=is_part), {"problem": problem_of(request.GET, problem)}, status=400)
    return render(request, _template(is_part=is_part), context)


def _alternatives(request: LogviewerRequest) -> dict[str, object]:
    reader, parameters = Reader.of(request.user), request.GET
    search = _search(reader, parameters)
    timeless = any_time(parameters)
    without = ways_without(parameters, count_without_each(search))
    is_hopeless = all(way.is_certainly_none for way in without)
    return {
        "without": [] if is_hopeless else without,
        "alone": ways_alone(parameters, count_each_alone(search)) if is_hopeless and len(without) > 1 else [],
        "unknown": did_you_mean(parameters, unknown_fields(reader, search.node)),
        "newest": None if timeless is None else newest_of(look_outside(_search(reader, timeless))),
        "timeless_address": search_address(parameters if timeless is None else timeless),
        "search_address": search_address(parameters),
    }


def _search(reader: Reader, parameters: QueryDict) -> Search:
    return Search.of(reader, active(parameters), zone=timezone.get_current_timezone())


def _template(*, is_part: bool) -> str:
    return "viewer/_alternatives.html" if is_part else "viewer/alternatives.html"
