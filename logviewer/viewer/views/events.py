"""The log page: a search, its histogram, the first events of its list, and the others by and by."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from logviewer.accounts.permissions import reads_logs
from logviewer.query.events import EventPage
from logviewer.query.language import QueryError
from logviewer.query.search import Search
from logviewer.viewer.addresses import PATIENT, address_of, patient_address, search_address, shown
from logviewer.viewer.away import says_when_search_is_away
from logviewer.viewer.chart import Drawn, chart_context, read_chart
from logviewer.viewer.event_list import list_context, read_asked_page, summary_context
from logviewer.viewer.filters import EventFilters
from logviewer.viewer.headline import headline_of
from logviewer.viewer.http import LogviewerRequest, wants_partial
from logviewer.viewer.nothing import excluded_by_unknown, meanings
from logviewer.viewer.parts import parts_of
from logviewer.viewer.present import summary_of
from logviewer.viewer.problems import problem_of
from logviewer.viewer.ranges import quick_choices, range_words, wider_choices
from logviewer.viewer.recent_searches import note_search
from logviewer.viewer.zones import offset_text


@require_safe
@reads_logs
@never_cache
@vary_on_headers("HX-Request")
@says_when_search_is_away
def events(request: LogviewerRequest) -> HttpResponse:
    filters = EventFilters(request)
    changed = filters.address_to_share()
    if changed and not wants_partial(request):
        return HttpResponseRedirect(search_address(request.GET, **changed))
    if changed:
        request.GET = QueryDict(urlencode(request.GET.dict() | changed))
        filters = EventFilters(request)
    try:
        search = filters.search()
        page = read_asked_page(search, request.GET, at_once=_comes_at_once(request.GET))
        drawn = None if wants_partial(request) and _is_continued(request.GET) else read_chart(search, request.GET, page)
    except QueryError as problem:
        return _refused(request, filters, problem)
    if drawn is None:
        return render(request, "viewer/_event_rows.html", list_context(request.GET, page, is_part=True))
    response = _answered(request, filters, search, page, drawn)
    if changed:
        response["HX-Push-Url"] = search_address(request.GET)
    return response


def _answered(
    request: LogviewerRequest, filters: EventFilters, search: Search, page: EventPage, drawn: Drawn
) -> HttpResponse:
    continued = _is_continued(request.GET)
    if not continued:
        note_search(request.user, request.GET)
    summary = summary_of(page, drawn.histogram, continued=continued)
    return render(
        request,
        _template(request),
        {
            **_form(request, filters),
            **list_context(request.GET, page),
            **chart_context(drawn, request.GET),
            **summary_context(summary, request.GET),
            "title": headline_of(search, summary, drawn.histogram),
            "meanings": meanings(search.reader, request.GET, found=bool(page.events)),
            "alternatives_address": "" if page.events else address_of("alternatives", request.GET),
            "patient_address": patient_address(request.GET) if page.timed_out and _comes_at_once(request.GET) else "",
            "unknown": excluded_by_unknown(search.reader, request.GET, search.node) if page.events else [],
            "newest_time": max(one.time for one in page.events) if page.begins_newest and not continued else None,
            "url": settings.LOGVIEWER.public_url,
            "first_event": not page.events and not drawn.histogram.total and not request.GET,
        },
    )


def _is_continued(parameters: QueryDict) -> bool:
    """Whether the list begins at a cursor."""
    return bool(parameters.get("before") or parameters.get("after"))


def _comes_at_once(parameters: QueryDict) -> bool:
    """Whether the page comes with what was found by then, and asks for the rest by itself."""
    return PATIENT not in parameters and not _is_continued(parameters)


def _refused(request: LogviewerRequest, filters: EventFilters, problem: QueryError) -> HttpResponse:
    """The page with what was typed, and what is wrong with it. 400 for a part and for the page alike."""
    context = {
        **_form(request, filters),
        "problem": problem_of(request.GET, problem),
        "title": gettext("A search that cannot be read"),
    }
    return render(request, _template(request), context, status=400)


def _template(request: LogviewerRequest) -> str:
    return "viewer/_search.html" if wants_partial(request) else "viewer/events.html"


def _form(request: LogviewerRequest, filters: EventFilters) -> dict[str, object]:
    return {
        "form": filters.form,
        "shown_parameters": shown(request.GET),
        "is_part": wants_partial(request),
        "parts": parts_of(request.GET),
        "ranges": quick_choices(request.GET),
        "wider_ranges": wider_choices(request.GET),
        "range_words": range_words(request.GET),
        "zone": offset_text(timezone.now()),
    }
