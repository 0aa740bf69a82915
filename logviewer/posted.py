"""Reads what people post before anything else asks for it: in time, and few at once.

Nobody has to log in to begin a form and never end it, and a thread that waits for the rest can answer nobody else: as
many such forms as threads would keep senders and probes out, too.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import UnreadablePostError
from django.template.loader import render_to_string

from ingest.admission import Admission
from ingest.credentials import client_address
from ingest.deadline import reading_ends_in_time
from ingest.outcome import Refusal

MOST_AT_ONCE = 16  # of a web process; a form that comes whole takes no time at all
MOST_OF_AN_ADDRESS = 8


class ReadInTime:
    """Middleware: 400 for a form that ends early or takes too long, 429 or 503 while too many are under way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._places = Admission(wait_s=0, at_once=MOST_AT_ONCE, a_key=MOST_OF_AN_ADDRESS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method == "POST":
            try:
                with self._places.place(client_address(request.META, settings.LOGVIEWER.trusted_proxy_count)):
                    _read(request)
            except Refusal as refusal:
                return HttpResponse(render_to_string("429.html"), status=refusal.status, headers=refusal.headers)
        return self.get_response(request)


def _read(request: HttpRequest) -> None:
    """Django keeps the body. Raises BadRequest, and RequestDataTooBig before the first byte."""
    try:
        with reading_ends_in_time(request.META):
            is_whole = len(request.body) == int(request.META.get("CONTENT_LENGTH") or 0)
    except (UnreadablePostError, ValueError) as problem:
        raise BadRequest("What was posted cannot be read.") from problem
    if not is_whole:
        raise BadRequest("What was posted ends early.")
