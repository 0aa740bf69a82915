"""One event: opened below its row, or on its own page, which is its permanent address."""

from datetime import UTC, datetime

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from logviewer.accounts.permissions import reads_logs
from logviewer.query.events import read_event
from logviewer.query.reader import Reader
from logviewer.viewer.away import says_when_search_is_away
from logviewer.viewer.http import LogviewerRequest, search_in_view, wants_partial
from logviewer.viewer.present import detail_of


@require_safe
@reads_logs
@never_cache
@vary_on_headers("HX-Request")
@says_when_search_is_away
def event(request: LogviewerRequest, time: str, event_id: int) -> HttpResponse:
    found = read_event(Reader.of(request.user), _moment(time), event_id)
    if found is None:
        raise Http404("There is no such event. It may be older than events are kept.")
    detail = detail_of(found, search_in_view(request))
    template = "viewer/_event_opened.html" if wants_partial(request) else "viewer/event.html"
    return render(request, template, {"detail": detail})


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        # In UTC, because Postgres does not take every offset that Python reads.
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as problem:
        raise Http404("The address names no time.") from problem
