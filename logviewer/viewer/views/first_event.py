"""Before the first event: a key to send it with, and the moment it has arrived."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ingest.keys import create_ingest_key
from logviewer.accounts.permissions import manages_keys, reads_logs
from logviewer.query.events import read_page
from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.viewer.away import says_when_search_is_away
from logviewer.viewer.http import LogviewerRequest


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def first_event(request: LogviewerRequest) -> HttpResponseBase:
    return _with_a_key(request) if request.method == "POST" else _arrived(request)


@manages_keys
def _with_a_key(request: LogviewerRequest) -> HttpResponse:
    """Makes a key for any service and shows it this once, inside the lines to copy."""
    key = create_ingest_key(service="*", label="first", created_by=request.user)
    return render(request, "viewer/first_event.html", {"secret": key.secret, "url": settings.LOGVIEWER.public_url})


@reads_logs
@says_when_search_is_away
def _arrived(request: LogviewerRequest) -> HttpResponse:
    """Sends a waiting page to the events once there are some; until then it stays as it is."""
    page = read_page(Search.parse(reader=Reader.of(request.user)), limit=1)
    if not page.events:
        return HttpResponse(status=204)
    return HttpResponse(status=204, headers={"HX-Redirect": resolve_url("events")})
