"""Where a search finds nothing: what each part keeps out, and what there is at other times."""

from datetime import timedelta

import pytest

from logviewer.query import alternatives
from logviewer.query.alternatives import count_each_alone, count_without_each, look_outside
from logviewer.query.count import Count
from logviewer.query.database import fetch
from logviewer.query.errors import TimedOut
from logviewer.query.language import write
from tests.integration.query.conftest import NOW, event


def losses(search):
    return [(one.parameter, write(one.condition), one.found.events) for one in count_without_each(search)]


@pytest.fixture
def stored(store):
    store(
        *(event(n, "cohort_listed", cohort_id="12") for n in range(4)),
        *(event(n, "slack_failed", level=40, cohort_id="9", code=7) for n in range(3)),
        event(600, "slack_failed", level=40, cohort_id="12", code=7),
    )


def test_each_part_is_left_out_in_turn(stored, search):
    asked = search("slack code:7", cohort_id="12", level="error", since="2026-11-23T11:00:00Z")

    assert losses(asked) == [
        ("cohort_id", "cohort_id:12", 3),
        ("level", "level>=error", 0),
        ("q", "slack", 0),
        ("q", "code:7", 0),
    ]


def test_the_parts_that_exclude_are_left_out_too(stored, search):
    assert losses(search("code:7 -slack")) == [("q", "code:7", 4), ("q", "-slack", 4)]


def test_a_single_part_is_everything_in_its_time(stored, search):
    assert losses(search("nothing_like_it", since="2026-11-23T11:00:00Z")) == [("q", "nothing_like_it", 7)]


def test_bounds_in_time_are_no_part_whoever_sets_them(stored, search):
    assert losses(search("time>=2026-11-23T11:00:00Z nothing", until="2026-11-23T11:58:30Z")) == [("q", "nothing", 3)]
    assert losses(search("time>=2026-11-23T11:00:00Z")) == []
    # An hour before the moment that was asked at.
    assert losses(search("time>=-1h nothing slack")) == [("q", "nothing", 3), ("q", "slack", 0)]


def test_a_part_that_is_there_twice_is_one(stored, search):
    assert losses(search("nothing_like_it slack nothing_like_it")) == losses(search("nothing_like_it slack"))


def test_each_part_alone(stored, search):
    asked = search("slack cohort_id:7 time>=2026-11-23T11:00:00Z", level="error")

    assert [(write(one.condition), one.found.events) for one in count_each_alone(asked)] == [
        ("level>=error", 3),
        ("slack", 3),
        ("cohort_id:7", 0),
    ]


def test_an_empty_store_has_nothing_without_any_part(database, search):
    assert losses(search("a b")) == [("q", "a", 0), ("q", "b", 0)]


def test_more_parts_than_can_be_asked_are_the_first_ones(stored, search):
    assert len(losses(search(" ".join(f"word{n}" for n in range(20))))) == alternatives.MOST_CONDITIONS


def test_counting_that_is_cut_short_says_how_far_it_came(stored, search, monkeypatch):
    asked = []

    def slow_from_the_second_on(*args, **kwargs):
        asked.append(args)
        if len(asked) > 1:
            raise TimedOut
        return fetch(*args, **kwargs)

    monkeypatch.setattr(alternatives, "SINGLY_S", 0)
    monkeypatch.setattr(alternatives, "fetch", slow_from_the_second_on)
    monkeypatch.setattr(alternatives, "FIRST_WINDOW", timedelta(minutes=2))

    [slack, code] = [one.found for one in count_without_each(search("slack_x code:7"))]

    assert (slack.events, code.events) == (2, 0)
    assert slack.reached == code.reached == NOW - timedelta(minutes=2) + timedelta(microseconds=1)


# Only grouped; only singly; singly nothing, then grouped.
@pytest.mark.parametrize(("singly_s", "each_s"), [(0, 60), (60, 60), (60, 0)])
def test_grouped_and_singly_the_counts_are_the_same(singly_s, each_s, stored, search, monkeypatch):
    monkeypatch.setattr(alternatives, "SINGLY_S", singly_s)
    monkeypatch.setattr(alternatives, "EACH_S", each_s)

    assert losses(search("code:7 -listed slack", level="error", since="2026-11-23T11:00:00Z")) == [
        ("level", "level>=error", 3),
        ("q", "code:7", 3),
        ("q", "-listed", 3),
        ("q", "slack", 3),
    ]


@pytest.mark.parametrize(
    ("one", "other", "further"),
    [
        (None, Count(1, NOW), Count(1, NOW)),
        (Count(5, NOW - timedelta(hours=1)), Count(1, NOW), Count(5, NOW - timedelta(hours=1))),
        (Count(1, NOW), Count(5, NOW - timedelta(hours=1)), Count(5, NOW - timedelta(hours=1))),
        (Count(1, NOW), Count(5, None), Count(5, None)),
    ],
)
def test_of_two_counts_the_one_that_looked_further_back(one, other, further):
    assert alternatives.further(one, other) == further


def test_outside_of_its_time_the_newest_event_and_how_many(stored, search):
    outside = look_outside(search("slack", cohort_id="12"))

    assert outside.newest.time == NOW - timedelta(minutes=600)
    assert outside.found == Count(1, None)


def test_outside_there_may_be_nothing_either(stored, search):
    assert look_outside(search("nothing_like_it")).newest is None


def test_who_may_not_search_learns_of_no_event(stored, search):
    from logviewer.query.reader import Reader
    from logviewer.query.search import Search

    nobody = Search.parse(reader=Reader(may_search=False), q="slack code:8", now=NOW)

    assert losses(nobody) == [("q", "slack", 0), ("q", "code:8", 0)]
    assert look_outside(nobody).newest is None
