"""A search in a sentence: what stands above the list, in the page's title, and wherever a search is named."""

from django.http import QueryDict
from django.utils import timezone

from logviewer.query.histogram import Histogram
from logviewer.query.language import QueryError
from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.query.sentence import sentence_of
from logviewer.viewer.addresses import active
from logviewer.viewer.present import Summary

NOBODY = Reader(may_search=False)  # to name a search is not to ask it


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


def words_of(parameters: QueryDict) -> str:
    """The search that an address asks for, without its result; of one that cannot be read its query as it stands."""
    zone = timezone.get_current_timezone()
    try:
        search = Search.of(NOBODY, active(parameters), zone=zone)
        return sentence_of(search, zone=zone, now=timezone.now())
    except QueryError:
        return str(parameters.get("q", ""))
