"""The answer to an error that no view caught: 503 while the database is away, 500 for a mistake of ours, and 400 for a
body that only the page for another error tried to read.

Sessions and accounts are in the database too, so its loss can show in a middleware, before any view is asked.
"""

import sys

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from django.views.defaults import bad_request
from django.views.defaults import server_error as mistake
from django_htmx.middleware import HtmxDetails

from logviewer.api.errors import unavailable
from logviewer.query.errors import SearchUnavailable
from logviewer.viewer.away import away
from logviewer.viewer.http import is_for_a_part


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: called while the error is being handled."""
    problem = sys.exc_info()[1]
    if isinstance(problem, MultiPartParserError | SuspiciousOperation):
        return bad_request(request, problem)
    if not isinstance(problem, OperationalError | InterfaceError):
        return mistake(request)
    if request.path_info.startswith(reverse("api_not_found")):  # its shortest address
        return unavailable(SearchUnavailable("The database does not answer.")).response()
    return away(is_part=is_for_a_part(HtmxDetails(request)))
