"""What a sample says of all rows."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from logviewer.query.estimates import Estimate, scaled
from logviewer.query.series import SeriesCount

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
NEXT = START + timedelta(minutes=1)


def test_a_bucket_is_as_large_as_all_its_rows_and_split_as_those_of_the_sample():
    sample = SeriesCount(Counter({(START, ("a",)): 2, (START, ()): 1}), Counter({START: 1}))

    assert scaled(sample, 0.1, {START: 400}) == {(START, ("a",)): 200, (START, ()): 100}


def test_a_bucket_without_a_row_in_the_sample_is_like_all_of_them():
    sample = SeriesCount(Counter({(START, ("a",)): 3, (START, None): 1}))

    assert scaled(sample, 0.1, {START: 40, NEXT: 8})[NEXT, ("a",)] == 6


def test_without_totals_the_share_of_the_rows_says_how_many_there_are():
    assert scaled(SeriesCount(Counter({(START, ("a",)): 3})), 0.1, None) == {(START, ("a",)): 30}


def test_whole_numbers_add_up_to_the_total():
    sample = SeriesCount(Counter({(START, (value,)): 1 for value in "abcdefg"}))

    assert scaled(sample, 0.1, {START: 100}).total() == 100


def test_of_no_sample_nothing_is_said():
    assert scaled(SeriesCount(), 0.0, {START: 100}) == {}
    assert scaled(SeriesCount(), 0.0, None) == {}
    assert Estimate.of(0.0, 0, 0, is_total_exact=False).margin == 1.0


@pytest.mark.parametrize(("events", "margin"), [(1, 1.0), (100, 0.4), (40_000, 0.02)])
def test_the_margin_shrinks_with_the_events_of_the_sample(events, margin):
    assert Estimate.of(0.1, events, 10 * events, is_total_exact=False).margin == pytest.approx(margin)


def test_what_is_exact_makes_the_margin_a_smaller_part_of_all():
    assert Estimate.of(0.1, 100, 4000, is_total_exact=False).margin == pytest.approx(0.1)
    assert Estimate.of(0.1, 100, 4000, is_total_exact=True).margin == pytest.approx(0.05)
    assert 0 < Estimate.of(0.1, 0, 4000, is_total_exact=False).margin < 0.02
