"""The two middlewares of ours: the short path for machines, and the reader's time zone."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve
from django.utils import timezone

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
            timezone.activate(zoneinfo.ZoneInfo(user.time_zone))
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()
