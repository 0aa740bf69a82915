"""Addresses that people choose with a form: what happened around an event, and the list from another time on."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from logviewer.accounts.permissions import reads_logs
from logviewer.query.language import QueryError
from logviewer.query.times import parse_time
from logviewer.viewer.addresses import around_address, exactly, search_address, shown
from logviewer.viewer.http import LogviewerRequest, moment_in
from logviewer.viewer.list_order import address_from, order_of
from logviewer.viewer.problems import problem_of

SPANS = {"5s": 5, "30s": 30, "5m": 300, "1h": 3600}  # seconds
USUAL_SPAN = "30s"
KEPT = ("service", "request_id", "cohort_id")


@require_safe
@reads_logs
def around(request: LogviewerRequest, time: str, event_id: int) -> HttpResponse:
    """To the events around one, of the same service, request or cohort if the form says so, in a list that is shown as
    the one before; that one is marked."""
    span = timedelta(seconds=SPANS.get(request.GET.get("span", ""), SPANS[USUAL_SPAN]))
    kept = {**exactly({name: value for name in KEPT if (value := request.GET.get(name, ""))}), **shown(request.GET)}
    return HttpResponseRedirect(around_address(kept, moment_in(time), span, event_id=event_id))


@require_safe
@reads_logs
def jump(request: LogviewerRequest) -> HttpResponse:
    """To the page of the list that begins at a time, which may be outside of the range in view."""
    try:
        moment = parse_time(request.GET.get("at", ""), timezone.localtime())
        order = order_of(request.GET)
        return HttpResponseRedirect(address_from(request.GET, moment, order))
    except QueryError as problem:
        messages.error(request, problem_of(request.GET, problem).words)
        return HttpResponseRedirect(search_address(request.GET))
    except OverflowError:  # the calendar's last moment
        return HttpResponseRedirect(search_address(request.GET))
