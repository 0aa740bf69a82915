"""The search in a sentence, with how many events it found: what stands above the list and in the page's title."""

from django.utils import timezone

from logviewer.query.histogram import Histogram
from logviewer.query.search import Search
from logviewer.query.sentence import sentence_of
from logviewer.viewer.present import Summary


def headline_of(search: Search, summary: Summary, histogram: Histogram) -> str:
    """Names the number of events where it is known, or how many there are at least."""
    counted = histogram.total if summary.total is None else summary.total
    return sentence_of(
        search,
        zone=timezone.get_current_timezone(),
        now=timezone.now(),
        events=counted if counted or summary.total is not None else None,
        at_least=summary.total is None and counted > 0,
    )
