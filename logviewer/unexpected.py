"""The answer to an error that no view caught: 400 for a request that cannot be read or is for another host, 503 while
the database is away, 500 for a mistake of ours.

Sessions and accounts are in the database too, so its loss can show in a middleware, before any view is asked.
"""

import logging
import sys

from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.defaults import bad_request as unreadable
from django.views.defaults import server_error as mistake
from django_htmx.middleware import HtmxDetails

from logviewer.api.errors import unavailable
from logviewer.query.errors import SearchUnavailable
from logviewer.viewer.away import away
from logviewer.viewer.http import is_for_a_part

log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400. Of a host that nobody named it says so, for the reader's link is not what is wrong."""
    if not isinstance(exception, DisallowedHost):
        return unreadable(request, exception)
    host = request.META.get("HTTP_HOST", "")[:200]
    log.warning("Refused a page for the host %r, which is not in LOGVIEWER_ALLOWED_HOSTS.", host)
    return HttpResponseBadRequest(render_to_string("400_host.html", {"host": host}))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: called while the error is being handled."""
    problem = sys.exc_info()[1]
    if isinstance(problem, MultiPartParserError | SuspiciousOperation):  # by the page for another error, of the body
        return bad_request(request, problem)
    if not isinstance(problem, OperationalError | InterfaceError):
        return mistake(request)
    if request.path_info.startswith(reverse("api_not_found")):  # its shortest address
        return unavailable(SearchUnavailable("The database does not answer.")).response()
    return away(is_part=is_for_a_part(HtmxDetails(request)))
