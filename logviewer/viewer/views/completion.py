"""What can stand at the cursor of the search box: a list of choices for static/js/completion.js."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from logviewer.accounts.permissions import reads_logs
from logviewer.query.completion import Suggestion, complete
from logviewer.query.reader import Reader
from logviewer.viewer.away import says_when_search_is_away
from logviewer.viewer.http import LogviewerRequest

KINDS = {
    "field": gettext_lazy("field"),
    "operator": gettext_lazy("operator"),
    "keyword": gettext_lazy("operator"),
    "level": gettext_lazy("level"),
    "time": gettext_lazy("time"),
    "value": gettext_lazy("value"),
}


@require_safe
@reads_logs
@never_cache
@says_when_search_is_away
def completion(request: LogviewerRequest) -> HttpResponse:
    """`q` is the text and `at` the cursor in it, counted in code points. 204 if nothing is known to fit."""
    text, at = request.GET.get("q", ""), request.GET.get("at", "")
    cursor = int(at) if at.isascii() and at.isdigit() and len(at) < 6 else len(text)
    found = complete(Reader.of(request.user), text, cursor)
    if not found.suggestions:
        return HttpResponse(status=204)
    choices = [(one, _note(one)) for one in found.suggestions]
    return render(request, "viewer/_completions.html", {"completion": found, "choices": choices})


def _note(suggestion: Suggestion) -> str:
    """What is known of a choice: how many events have it, else what it is."""
    if suggestion.events is None:
        return str(KINDS[suggestion.kind])
    number = f"{suggestion.events:,}"
    if suggestion.kind == "value":
        return gettext("in %(number)s of the newest events") % {"number": number}
    return ngettext("%(number)s event", "%(number)s events", suggestion.events) % {"number": number}
