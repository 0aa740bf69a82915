"""A field's numbers by another field: which come first, and which are not known."""

from decimal import Decimal

import pytest
from django.http import QueryDict

from logviewer.query.percentiles import Group, Percentiles
from logviewer.viewer.numbers_by import group_lines, group_words


def group(value, count, *percentiles):
    return Group(value, count, Decimal(1), Decimal(9000), [Decimal(one) for one in percentiles])


def found(*groups, sampled=None, distinct=None):
    return Percentiles(groups, 10_000, 0, distinct, sampled)


@pytest.mark.parametrize(
    ("sampled", "shown"),
    [
        (None, {"/rare": ["20", "700", "800", "9,000"], "/often": ["30", "90", "99", "9,000"]}),
        (0.01, {"/often": ["30", "90", "–", "9,000"], "/rare": ["–", "–", "–", "9,000"]}),
    ],
)
def test_a_size_is_told_where_numbers_beyond_it_were_looked_at(sampled, shown):
    groups = group("/often", 9000, 30, 90, 99), group("/rare", 100, 20, 700, 800)

    lines = group_lines(found(*groups, sampled=sampled), "path", QueryDict())

    assert {line.text: line.numbers for line in lines} == shown
    assert [line.text for line in lines] == list(shown)


def test_a_line_leads_to_its_events_beside_what_is_asked_for():
    groups = group("/a b", 3, 1, 2, 3), group(None, 2, 1, 1, 1), group("x" * 301, 1, 0, 0, 0)

    lines = group_lines(found(*groups), "path", QueryDict("q=level:error&by=service"))

    assert [line.address for line in lines] == [
        "/?q=level:error%20path:%22/a%20b%22&by=service", "/?q=level:error%20-has:path&by=service", "",
    ]  # fmt: skip
    assert [line.is_value for line in lines] == [True, False, True]


def test_it_says_what_is_left_out():
    assert group_words(found(group("a", 3, 1, 2, 3), distinct=1)) == ""
    assert "1 of 1,200" in group_words(found(group("a", 3, 1, 2, 3), distinct=1200))
    assert "0.5 %" in group_words(found(group("a", 3, 1, 2, 3), sampled=0.005))
