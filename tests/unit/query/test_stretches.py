"""Statements keep to one kind of slice: with an index of words, or without."""

from datetime import UTC, datetime, timedelta

import pytest

from logviewer.query.stretches import find_stretch_after, find_stretch_before
from logviewer.store.partitions import Partition

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def days(kinds: str) -> list[Partition]:
    """A partition a day from START on, oldest first: s is sealed, u is not, a dot is a day without one."""
    return [
        Partition(START + n * DAY, START + (n + 1) * DAY, f"p{n}", sealed=kind == "s")
        for n, kind in enumerate(kinds)
        if kind != "."
    ]


def edges(kinds: str, until: float) -> list[tuple[float, bool]]:
    """Where each stretch begins, in days, from `until` back in time, and its kind."""
    found, position = [], START + until * DAY
    while position > START - DAY:
        stretch = find_stretch_before(position, days(kinds))
        found.append((max((stretch.edge - START) / DAY, -1), stretch.indexed))
        position = max(stretch.edge, START - DAY)
    return found


def edges_forwards(kinds: str, since: float, until: float) -> list[tuple[float, bool]]:
    """Where each stretch ends, in days, from `since` on, and its kind."""
    found, position, last = [], START + since * DAY, START + until * DAY
    while position < last:
        stretch = find_stretch_after(position, days(kinds))
        position = min(stretch.edge, last)
        found.append(((position - START) / DAY, stretch.indexed))
    return found


def test_forwards_the_same_stretches_end_where_the_next_kind_begins():
    assert edges_forwards("", 0, 3) == [(3, False)]
    assert edges_forwards("sssuu", 0, 9) == [(3, True), (9, False)]
    assert edges_forwards("sssuu", 2.5, 9) == [(3, True), (9, False)]
    assert edges_forwards("susu", 0.5, 9) == [(1, True), (2, False), (3, True), (9, False)]
    assert edges_forwards("..ss", 0, 9) == [(2, False), (4, True), (9, False)]


def test_without_slices_there_is_one_stretch():
    assert edges("", 3) == [(-1, False)]


def test_the_sealed_past_and_the_hot_present():
    assert edges("sssuu", 5) == [(3, False), (-1, True)]
    assert edges("sssuu", 2.5) == [(-1, True)]


def test_a_slice_that_was_not_sealed_yet_lies_between():
    assert edges("ssusuu", 5.5) == [(4, False), (3, True), (2, False), (-1, True)]


def test_gaps_belong_to_the_slice_before_them():
    assert edges("s.su.", 9) == [(3, False), (-1, True)]


@pytest.mark.parametrize("find", [find_stretch_before, find_stretch_after])
def test_an_indexed_stretch_names_the_slice_that_is_read_first(find):
    first = find(START + 2.5 * DAY, days("ssss")).first
    assert first is not None
    assert first.name == "p2"
