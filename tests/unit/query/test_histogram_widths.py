from datetime import timedelta

import pytest

from logviewer.query.histogram import nice_width


@pytest.mark.parametrize(
    ("span", "width"),
    [
        (timedelta(0), timedelta(seconds=1)),
        (timedelta(seconds=60), timedelta(seconds=1)),
        (timedelta(seconds=61), timedelta(seconds=5)),
        (timedelta(minutes=15), timedelta(seconds=30)),
        (timedelta(hours=1), timedelta(minutes=1)),
        (timedelta(hours=24), timedelta(minutes=30)),
        (timedelta(days=7), timedelta(hours=3)),
        (timedelta(days=30), timedelta(hours=12)),
        (timedelta(days=60), timedelta(days=1)),
        (timedelta(days=61), timedelta(days=2)),
        (timedelta(days=3650), timedelta(days=61)),
    ],
)
def test_a_span_has_the_narrowest_usual_width_for_sixty_buckets(span, width):
    assert nice_width(span, 60) == width
