"""What a page's histogram falls back on where a sample says nothing."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from logviewer.query.estimates import Estimate
from logviewer.query.events import EventPage, StoredEvent
from logviewer.query.field_values import values_of
from logviewer.query.pace import Window
from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.query.series_in_time import Found, SeriesInTime

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPAN = Window(NOW - 24 * HOUR, NOW)
GUESS = Found(Counter(), Estimate(0.001, 1.0, is_total_exact=False), SPAN.since)
ROWS = Counter({(NOW - HOUR, ("api",)): 2})
EVENTS = [StoredEvent(n, NOW - n * HOUR, 20, "api", "e", "", None, None, "{}", None) for n in (1, 2)]


@pytest.mark.parametrize(
    ("newer", "found"),
    [
        (None, Found(ROWS, None, NOW - 2 * HOUR)),  # the list's beginning: all events from its last on
        ("a cursor", GUESS),  # a page in the middle of the list, beside which there are newer events
    ],
)
def test_only_the_newest_events_of_a_list_tell_what_there_is_from_a_time_on(newer, found, monkeypatch):
    monkeypatch.setattr(SeriesInTime, "_of_sums_and_rows", lambda self: GUESS)
    monkeypatch.setattr(SeriesInTime, "_of_page", lambda self, page: ROWS)
    page = EventPage(EVENTS, older="a cursor", timed_out=False, newer=newer)
    search = Search.parse(reader=Reader(may_search=True), q="rare")

    asked = SeriesInTime(search, values_of("service", parameter="by"), SPAN, HOUR, most=6, page=page)

    assert asked.count() == found
