"""The log page: a search, its histogram, its newest events, and the older ones by and by."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from logviewer.accounts.permissions import reads_logs
from logviewer.query.events import EventPage, read_page
from logviewer.query.histogram import Histogram, read_histogram
from logviewer.query.language import QueryError
from logviewer.query.search import Search
from logviewer.viewer.addresses import older_address, search_address
from logviewer.viewer.away import says_when_search_is_away
from logviewer.viewer.colons import with_colons
from logviewer.viewer.filters import EventFilters
from logviewer.viewer.histogram_svg import Chart, chart_of
from logviewer.viewer.http import LogviewerRequest, wants_partial
from logviewer.viewer.legend import legends_of
from logviewer.viewer.present import parts_of, rows_of, summary_of, title_of
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
    try:
        search = filters.search()
        page = read_page(search, cursor=request.GET.get("before", ""))
    except QueryError as problem:
        return _refused(request, filters, problem)
    if wants_partial(request) and request.GET.get("before"):
        return render(request, "viewer/_event_rows.html", _rows(request, page))
    response = _answered(request, filters, search, page)
    if changed:
        response["HX-Push-Url"] = search_address(request.GET, **changed)
    return response


def _answered(request: LogviewerRequest, filters: EventFilters, search: Search, page: EventPage) -> HttpResponse:
    histogram = read_histogram(search)
    if not request.GET.get("before"):
        note_search(request.user, request.GET)
    summary = summary_of(page, histogram, continued=bool(request.GET.get("before")))
    chart = chart_of(histogram, request.GET)
    return render(
        request,
        _template(request),
        {
            **_form(request, filters),
            **_rows(request, page),
            **_numbers(histogram, chart),
            "chart": chart,
            "legends": legends_of(chart, request.GET),
            "summary": summary,
            "shown_text": f"{summary.shown:,}",
            "total_text": "" if summary.total is None else f"{summary.total:,}",
            "newest_address": search_address(request.GET),
            "meant": (meant := with_colons(request.GET.get("q", ""))),
            "meant_address": search_address(request.GET, q=meant),
            "url": settings.LOGVIEWER.public_url,
            "first_event": not page.events and not histogram.total and not request.GET,
        },
    )


def _refused(request: LogviewerRequest, filters: EventFilters, problem: QueryError) -> HttpResponse:
    """The page with what was typed, and what is wrong with it. 400 for a part and for the page alike."""
    context = {
        **_form(request, filters),
        "problem": problem,
        "problem_line": request.GET.get("q", ""),
        "problem_caret": " " * ((problem.column or 1) - 1) + "^",
    }
    return render(request, _template(request), context, status=400)


def _template(request: LogviewerRequest) -> str:
    return "viewer/_search.html" if wants_partial(request) else "viewer/events.html"


def _form(request: LogviewerRequest, filters: EventFilters) -> dict[str, object]:
    return {
        "form": filters.form,
        "is_part": wants_partial(request),
        "title": title_of(parts := parts_of(request.GET)),
        "parts": parts,
        "droppable": [part for part in parts if not part.is_time],
        "ranges": quick_choices(request.GET),
        "wider_ranges": wider_choices(request.GET),
        "range_words": range_words(request.GET),
        "zone": offset_text(timezone.now()),
    }


def _rows(request: LogviewerRequest, page: EventPage) -> dict[str, object]:
    return {
        "page": page,
        "rows": rows_of(page.events),
        "older_address": older_address(request.GET, page.older) if page.older else "",
    }


def _numbers(histogram: Histogram, chart: Chart) -> dict[str, object]:
    return {"most_text": f"{chart.most:,}", "is_counted": histogram.complete}
