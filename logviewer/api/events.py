"""GET /api/v1/events: what the page shows, for scripts. JSON by pages, or the whole result as NDJSON."""

import msgspec
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.vary import vary_on_headers

from logviewer.api.asking import DEFAULT_LIMIT, MOST, number_of, reads_logs
from logviewer.api.errors import ApiError
from logviewer.api.whole_result import NDJSON, WholeResult
from logviewer.query.event_json import event_as_json
from logviewer.query.events import read_page
from logviewer.query.order import Order
from logviewer.query.search import Search


@vary_on_headers("Accept")
@reads_logs("sort", "limit", "cursor")
def events(request: HttpRequest, search: Search) -> HttpResponseBase:
    """Events that match, by (time, id) in the order that `sort` names. Parameters and answer: docs/api.md."""
    order = Order.parse(request.GET.get("sort", ""))
    if NDJSON in request.headers.get("Accept", ""):
        return WholeResult(search, order)
    return _page(search, order, request)


@csrf_exempt
@login_not_required
def not_found(request: HttpRequest) -> HttpResponse:
    """404 in the API's own shape: a script does not read HTML."""
    return ApiError(404, f"There is nothing at {request.path[:200]}.", f"Try {reverse('api_events')}.").response()


def _page(search: Search, order: Order, request: HttpRequest) -> HttpResponse:
    limit = number_of(request, "limit", DEFAULT_LIMIT, most=MOST)
    page = read_page(search, limit=limit, cursor=request.GET.get("cursor", ""), order=order)
    is_oldest_first = order is Order.OLDEST_FIRST
    answer = {
        "events": [event_as_json(event) for event in page.events],
        "older": None if is_oldest_first else page.older,
        "newer": page.newer if is_oldest_first else None,
        "timed_out": page.timed_out,
    }
    return HttpResponse(msgspec.json.encode(answer), content_type="application/json")
