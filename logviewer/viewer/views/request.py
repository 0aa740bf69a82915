"""All events of one request, in the order they happened."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from logviewer.accounts.permissions import reads_logs
from logviewer.query.reader import Reader
from logviewer.query.story import read_request
from logviewer.viewer.addresses import with_value
from logviewer.viewer.away import says_when_search_is_away
from logviewer.viewer.http import LogviewerRequest
from logviewer.viewer.present import call_of, story_rows
from logviewer.viewer.zones import offset_text


@require_safe
@reads_logs
@never_cache
@says_when_search_is_away
def request_story(request: LogviewerRequest, request_id: str) -> HttpResponse:
    story = read_request(Reader.of(request.user), request_id)
    context = {
        "request_id": request_id,
        "search_address": with_value(QueryDict(), "request_id", request_id),
        "story": story,
        "call": call_of(story),
        "rows": story_rows(story),
        "zone": offset_text(timezone.now()),
    }
    return render(request, "viewer/request.html", context, status=200 if story.events else 404)
