"""The sidebar's words and drawings."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.http import QueryDict

from logviewer.query.catalogue import KnownField
from logviewer.query.facets import TopValues, ValueCount
from logviewer.query.percentiles import Group, Percentiles
from logviewer.viewer.facets import (
    BARS,
    QUANTILES,
    facet_of,
    field_lines,
    mixture_words,
    number_text,
    numbers_of,
    short_count,
)

DAY = datetime(2026, 11, 22, tzinfo=UTC)


def known(path, **types):
    return KnownField(path, sum(types.values()), types, True, None, None, DAY, DAY, [])


def test_several_types_are_a_warning_and_null_is_none():
    assert mixture_words(known("cohort", string=412, number=1398)) == "number in 1,398 events, text in 412"
    assert mixture_words(known("cohort", string=412, null=3)) == ""


def test_how_events_came_here_stands_last():
    fields = [known("boot", string=9), known("seq", number=9), known("path", string=7), known("student_id", number=5)]

    assert [line.name for line in field_lines(fields, QueryDict())] == ["path", "student_id", "boot", "seq"]


def test_fields_that_no_query_can_ask_for_are_left_out():
    lines = field_lines(
        [known("a", number=12_411), known("time", string=1), known("service", string=1)], QueryDict("q=x")
    )

    assert [(line.name, line.count, line.exact_count, line.address) for line in lines] == [
        ("a", "12.4k", "12,411 events", "/fields/values?q=x&field=a")
    ]


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (999, "999"), (1000, "1k"), (999_949, "1,000k"), (12_345_678, "12.3M")]
)
def test_counts_are_short(count, text):
    assert short_count(count) == text


def test_values_have_their_count_their_share_and_their_searches():
    top = TopValues("a.b", [ValueCount("x y", 30, 0.75), ValueCount("z", 1, 0.004)], 100, 40, 5, None)

    facet = facet_of(top, QueryDict("since=-1h"))

    first, second = facet.values
    assert (first.count, first.share_text, second.share_text) == ("30", "75 %", "< 1 %")
    assert first.only == "/?q=a.b:%22x%20y%22&since=-1h"
    assert first.without == "/?q=-a.b:%22x%20y%22&since=-1h"
    assert facet.counted == "40 of 100 matching events have it."
    assert facet.distinct == "3 more values"
    assert facet.present == "/?q=has:a.b&since=-1h"
    assert facet.absent == "/?q=-has:a.b&since=-1h"
    assert facet.over_time == "/?since=-1h&by=a.b"
    assert not facet.is_sampled


def test_a_sample_says_that_it_is_one():
    facet = facet_of(TopValues("a", [ValueCount("x", 3000, 0.5)], 9000, 6000, None, 0.02), QueryDict())

    assert facet.is_sampled
    assert facet.counted == "About 6,000 of 9,000 matching events have it: estimated from 2 % of all rows."
    assert "no time" in facet_of(TopValues("a", [], 0, 0, None, 0.0), QueryDict()).counted


def test_what_a_link_cannot_hold_has_none():
    (line,) = facet_of(TopValues("a", [ValueCount("x" * 301, 1, 1)], 1, 1, 1, None), QueryDict()).values

    assert (line.only, line.without) == ("", "")


def percentiles(numbers, sampled=None):
    ordered = sorted(map(Decimal, numbers))
    at = [ordered[min(int(quantile / 100 * len(ordered)), len(ordered) - 1)] for quantile in QUANTILES]
    return Percentiles([Group(None, len(ordered), ordered[0], ordered[-1], at)], len(ordered), 0, 1, sampled)


def test_numbers_are_drawn_without_the_few_giants():
    numbers = numbers_of(percentiles([*range(1, 1000), 10**9]))

    assert len(numbers.bars) == BARS
    assert {round(height) for _, _, height in numbers.bars} <= set(range(80, 101))
    assert (numbers.least, numbers.most, numbers.beyond) == ("1", "976", "2.5 % are larger, up to 1,000,000,000.")
    assert dict(numbers.facts)["median"] == "501"


def test_one_number_alone_needs_no_drawing():
    numbers = numbers_of(percentiles([7, 7, 7], sampled=0.5))

    assert numbers.bars == []
    assert numbers.counted == "About 3 numbers: estimated from 50 % of all rows."
    assert numbers_of(Percentiles([], 3, 3, 0, None)) is None


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"), ("0.0", "0"), ("12.50", "12.5"), ("1204", "1,204"), ("-0.000001", "-0.000001"),
        ("1E-9", "1e-9"), ("1E+300", "1e+300"), ("100", "100"),
    ],
)  # fmt: skip
def test_numbers_are_short(number, text):
    assert number_text(Decimal(number)) == text
