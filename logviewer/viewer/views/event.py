"""One event: opened below its row, or on its own page, which is its permanent address."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from logviewer.accounts.permissions import reads_logs
from logviewer.query.arrivals import read_arrivals
from logviewer.query.events import read_event
from logviewer.query.reader import Reader
from logviewer.viewer.addresses import shown
from logviewer.viewer.away import says_when_search_is_away
from logviewer.viewer.event_detail import detail_of
from logviewer.viewer.event_list import cells_of
from logviewer.viewer.http import LogviewerRequest, moment_in, search_in_view, wants_partial


@require_safe
@reads_logs
@never_cache
@vary_on_headers("HX-Request")
@says_when_search_is_away
def event(request: LogviewerRequest, time: str, event_id: int) -> HttpResponse:
    found = read_event(Reader.of(request.user), moment_in(time), event_id)
    if found is None:
        raise Http404("There is no such event. It may be older than events are kept.")
    in_view = search_in_view(request)
    detail = detail_of(found, in_view, read_arrivals([found]).get(found.id))
    template = "viewer/_event_opened.html" if wants_partial(request) else "viewer/event.html"
    return render(request, template, {"detail": detail, "cells": cells_of(in_view), "kept": shown(in_view)})
