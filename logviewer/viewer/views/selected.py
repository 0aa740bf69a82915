"""Several events as text to copy: what the list's selection leads to, with and without JavaScript."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from logviewer.accounts.permissions import reads_logs
from logviewer.query.events import read_events
from logviewer.query.reader import Reader
from logviewer.viewer.addresses import places_in
from logviewer.viewer.away import says_when_search_is_away
from logviewer.viewer.event_text import FORMATS
from logviewer.viewer.http import LogviewerRequest

MOST_SELECTED = 500  # what an address can name, with room to spare


@require_safe
@reads_logs
@never_cache
@says_when_search_is_away
def selected(request: LogviewerRequest) -> HttpResponse:
    """Plain text in the format `as`, oldest event first. 400 for a format or a number of events that there is not."""
    write = FORMATS.get(request.GET.get("as", ""))
    if write is None:
        return _text(_("There is no such format. Formats: %(names)s.") % {"names": ", ".join(FORMATS)}, status=400)
    keys = request.GET.getlist("e")
    places = places_in(keys[:MOST_SELECTED])
    if not places or len(keys) > MOST_SELECTED:
        message = _("Select at least one event and at most %(most)s of them.") % {"most": MOST_SELECTED}
        return _text(message, status=400)
    events = read_events(Reader.of(request.user), places)
    if not events:
        return _text(_("None of these events is stored any more."), status=404)
    return _text(write(events))


def _text(text: str, *, status: int = 200) -> HttpResponse:
    # A lone surrogate cannot be sent; data that came through ingest holds none.
    body = text.encode("utf-8", "replace")
    return HttpResponse(body, status=status, content_type="text/plain; charset=utf-8")
