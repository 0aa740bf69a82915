"""How far the next statement of a search looks."""

from datetime import UTC, datetime, timedelta

import pytest

from logviewer.query.order import Order
from logviewer.query.pace import Pace, Window

HOUR = timedelta(hours=1)
SINCE = datetime(2026, 11, 23, tzinfo=UTC)
SPAN = Window(SINCE, SINCE + 6 * HOUR)


@pytest.mark.parametrize(
    ("order", "start", "edge", "window"),
    [
        (Order.OLDEST_FIRST, SPAN.since, None, Window(SPAN.since, SPAN.since + 4 * HOUR)),
        (Order.OLDEST_FIRST, SPAN.since + 3 * HOUR, SPAN.until + HOUR, Window(SPAN.since + 3 * HOUR, SPAN.until)),
        (Order.OLDEST_FIRST, SPAN.since, SPAN.since + HOUR, Window(SPAN.since, SPAN.since + HOUR)),
        (Order.NEWEST_FIRST, SPAN.until, None, Window(SPAN.until - 4 * HOUR, SPAN.until)),
        (Order.NEWEST_FIRST, SPAN.since + 3 * HOUR, SPAN.since - HOUR, Window(SPAN.since, SPAN.since + 3 * HOUR)),
        (Order.NEWEST_FIRST, SPAN.until, SPAN.until - HOUR, Window(SPAN.until - HOUR, SPAN.until)),
    ],
)
def test_a_window_ends_at_the_edge_of_its_stretch_and_of_what_is_asked_for(order, start, edge, window):
    pace = Pace(SPAN, first=4 * HOUR, budget_s=None, order=order)

    assert pace.ask(start, lambda asked, _: asked, edge=edge) == (window, window)
