"""The histogram by the values of a field."""

import pytest

from logviewer.query import series_in_time
from logviewer.query.events import read_page, stream
from logviewer.query.histogram import read_histogram
from logviewer.query.histogram_by import MOST_SERIES, read_histogram_by, read_histogram_by_level
from logviewer.query.language import QueryError
from logviewer.store.event import Level
from tests.integration.query.conftest import event

UNTIL = "2026-11-24T00:00:00Z"  # an open end moves on between two looks


def counts(found):
    totals = {}
    for bucket in found.histogram.buckets:
        for number, count in bucket.counts.items():
            totals[number] = totals.get(number, 0) + count
    return totals


def test_the_most_frequent_values_are_series_the_rest_is_together(store, search):
    values = [str(number) for number in range(MOST_SERIES + 2) for _ in range(10 - number)]
    store(*[event(number, code=value) for number, value in enumerate(values)], event(1), event(2))

    found = read_histogram_by(search(), "code")

    assert list(found.values) == ["0", "1", "2", "3", "4", "5"]
    assert counts(found) == {0: 10, 1: 9, 2: 8, 3: 7, 4: 6, 5: 5, found.others: 4 + 3, found.without: 2}


@pytest.mark.parametrize("field", ["service", "event", "cohort_id", "n", "a.b", "many", "level", "nothing"])
@pytest.mark.parametrize("asked", [{}, {"q": "thing"}, {"since": "-90m"}, {"q": "level>=error"}])
def test_every_event_of_the_list_is_counted_once(field, asked, store, search):
    store(
        *[
            event(
                number * 7,
                n=number % 3 if number % 4 else None,
                a={"b": [number % 2, 9]} if number % 3 else 5,
                many=[[1, 2], {"x": 1}, number % 5] if number % 2 else "plain",
                level=list(Level)[number % 6],
                cohort_id=str(number % 2) if number % 5 else None,
                service=f"s{number % 9}",
            )
            for number in range(60)
        ]
    )

    asked = search(**asked, until=UNTIL)
    found = read_histogram_by(asked, field)

    assert found.histogram.complete
    assert found.histogram.total == sum(map(len, stream(asked)))
    by_level = read_histogram(asked)
    assert [bucket.total for bucket in found.histogram.buckets] == [bucket.total for bucket in by_level.buckets]


@pytest.mark.parametrize("asked", [{}, {"q": "n:1"}, {"level": "warning", "since": "-90m"}])
def test_by_level_it_has_what_counting_with_more_time_finds(asked, store, search):
    store(*[event(number * 7, level=list(Level)[number % 6], n=number % 3) for number in range(60)])
    asked = search(**asked, until=UNTIL)
    assert read_histogram_by_level(asked).buckets == read_histogram(asked).buckets


@pytest.mark.parametrize("field", ["service", "n", "many", "nothing"])
@pytest.mark.parametrize("asked", [{}, {"q": "n:1"}, {"q": "service:s1"}])
def test_of_a_list_that_shows_all_it_counts_what_the_list_shows(field, asked, store, search, monkeypatch):
    store(*[event(n * 7, service=f"s{n % 3}", n=n % 2, many=[n % 2, n % 5]) for n in range(60)])
    asked = search(**asked, until=UNTIL)
    by_rows = read_histogram_by(asked, field)
    monkeypatch.setattr(series_in_time, "count_by_service", None)
    monkeypatch.setattr(series_in_time, "ask_in_time", None)
    by_list = read_histogram_by(asked, field, page=read_page(asked))
    assert (by_list.histogram.buckets, by_list.values) == (by_rows.histogram.buckets, by_rows.values)
    assert by_list.histogram.complete


def test_levels_have_their_names(store, search):
    store(event(1, level=Level.ERROR), event(2, level=Level.ERROR), event(3))

    assert list(read_histogram_by(search(), "level").values) == ["error", "info"]


def test_a_number_and_the_same_text_are_one_series(store, search):
    store(event(1, code=12), event(2, code="12"), event(3, code="12.0"))

    found = read_histogram_by(search(), "code")

    assert counts(found) == {0: 2, 1: 1}
    assert found.values[0] == "12"


@pytest.mark.parametrize("field", ["", "time", "a" * 5000, ".".join("abcdefghijk")])
def test_a_field_without_values_to_count_is_refused_by_name(field, search, database):
    with pytest.raises(QueryError) as refused:
        read_histogram_by(search(), field)
    assert refused.value.parameter == "by"
