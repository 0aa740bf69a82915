"""What the histogram says of how it was counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from logviewer.query.estimates import Estimate
from logviewer.query.events import EventPage
from logviewer.query.histogram import Histogram
from logviewer.viewer.chart import counted_words
from logviewer.viewer.present import summary_of, total_text

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
EXACT = Histogram([], timedelta(minutes=1), START, START, 12_411, True, START)
TINY = Estimate(0.5, 0.00001, is_total_exact=True)
SAMPLED = replace(EXACT, complete=False, estimate=Estimate(0.0123, 0.114, is_total_exact=False))


@pytest.mark.parametrize(
    ("histogram", "words"),
    [
        (EXACT, ""),
        (replace(EXACT, complete=False), "counting was cut short at 22 Nov 2026 10:00:00"),
        (SAMPLED, "estimated from 1.2 % of the rows, the sum to ± 11 %"),
        (
            replace(EXACT, estimate=TINY),
            "shares estimated from 50 % of the rows, to ± 0.1 % of all",
        ),
        (replace(SAMPLED, total=0), "there was no time to count: a shorter range or a service makes it possible"),
    ],
)
def test_says_what_the_counts_are(histogram, words):
    assert counted_words(histogram) == words


@pytest.mark.parametrize(
    ("histogram", "text"),
    [
        (EXACT, "12,411"),
        (SAMPLED, "about 12,000"),
        (replace(SAMPLED, total=0), ""),
        (replace(EXACT, complete=False), ""),
    ],
)
def test_the_list_says_of_how_many_it_shows_some(histogram, text):
    page = EventPage([], older="x", timed_out=False)

    assert total_text(summary_of(page, histogram, continued=False)) == text
