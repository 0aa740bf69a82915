"""A search in a sentence: what stands above the list, in the page's title, and wherever a search is named."""

from django.http import QueryDict
from django.utils import timezone

from logviewer.query.histogram import Histogram
from logviewer.query.language import QueryError
from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.query.sentence import Quality, sentence_of
from logviewer.viewer.addresses import active
from logviewer.viewer.present import Summary

NOBODY = Reader(may_search=False)  # to name a search is not to ask it


def headline_of(search: Search, summary: Summary, histogram: Histogram) -> str:
    """Names the number of events where it is known, or about how many there are, or at least."""
    number, quality = summary.total, Quality.EXACT
    if number is None and summary.estimated is not None:
        number, quality = summary.estimated, Quality.ABOUT
    elif number is None:
        counted = summary.shown if histogram.estimate is not None else histogram.total
        number, quality = counted or None, Quality.AT_LEAST
    return sentence_of(search, zone=timezone.get_current_timezone(), now=timezone.now(), events=number, quality=quality)


def words_of(parameters: QueryDict) -> str:
    """The search that an address asks for, without its result; of one that cannot be read its query as it stands."""
    zone = timezone.get_current_timezone()
    try:
        search = Search.of(NOBODY, active(parameters), zone=zone)
        return sentence_of(search, zone=zone, now=timezone.now())
    except QueryError:
        return str(parameters.get("q", ""))
