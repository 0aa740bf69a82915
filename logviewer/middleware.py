"""The middlewares of ours: the short path for machines, the reader's time zone, and whom searches are for."""

import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import resolve
from django.utils import timezone

from logviewer.query.client import Client, served, serving
from logviewer.query.errors import ClientLeft

GetResponse = Callable[[HttpRequest], HttpResponseBase]

MACHINE_DOORS = ("/ingest/", "/healthz", "/readyz")


class MachineDoors:
    """Answers senders and probes before anything made for people: any Host, no redirect, no session, no cookie."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(MACHINE_DOORS):
            return self.get_response(request)
        match = resolve(request.path_info)
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response


class UserTimeZone:
    """Shows times in the zone the reader chose."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            with suppress(zoneinfo.ZoneInfoNotFoundError):  # chosen on a machine that knows more zones
                timezone.activate(zoneinfo.ZoneInfo(user.time_zone))
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()


class SearchClient:
    """Lets searches end when who asked has left. The innermost one: only views search."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        client = self._client(request)
        with serving(client):
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            client.look()  # its connection cannot be told from others once something was sent
            response.streaming_content = served(cast(Iterator[bytes], response.streaming_content), client)
        return response

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if not isinstance(problem, ClientLeft):
            return None
        return HttpResponse(status=499, reason="Client Closed Request")  # nginx' name for it; it is logged

    @staticmethod
    def _client(request: HttpRequest) -> Client:
        if request.META.get("SERVER_SOFTWARE") != "Granian":
            return Client()  # by no connection of this process, or by one that is not closed when the client leaves
        return Client(request.META["REMOTE_ADDR"], int(request.META["SERVER_PORT"]))
