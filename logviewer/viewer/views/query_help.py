"""How to search: the language, with examples that are links to their results."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from logviewer.accounts.permissions import reads_logs
from logviewer.viewer.addresses import search_address
from logviewer.viewer.help_topics import TOPICS
from logviewer.viewer.http import LogviewerRequest


@require_safe
@reads_logs
@never_cache
def query_help(request: LogviewerRequest) -> HttpResponse:
    topics = [
        (topic, [(example, search_address(QueryDict(), q=example.query)) for example in topic.examples])
        for topic in TOPICS
    ]
    return render(request, "viewer/query_help.html", {"topics": topics})
