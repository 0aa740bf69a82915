"""Which rows are read in the time there is, and that an answer from some of them says so."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from logviewer.query import sampling, series_in_time
from logviewer.query.errors import TimedOut
from logviewer.query.events import read_page
from logviewer.query.facets import read_top_values
from logviewer.query.histogram import read_histogram
from logviewer.query.histogram_by import read_histogram_by, read_histogram_by_level
from logviewer.query.percentiles import read_percentiles
from logviewer.query.sampling import ask_in_time
from logviewer.store.event import Event, Level
from tests.integration.query.conftest import NOW

BUDGET_S = 0.45
PADDING = "x" * 400  # so that the events fill pages enough for a sample to pick from


@pytest.fixture
def _many(store_events):
    store_events(
        [
            Event(
                NOW - timedelta(seconds=number), Level.INFO, "api", "e", "", None, None,
                json.dumps({"n": number % 100, "half": number % 2, "padding": PADDING}),
            )
            for number in range(20_000)
        ]
    )  # fmt: skip


@pytest.fixture
def _no_time_for_all(monkeypatch):
    """Statements over all rows time out; samples do not."""
    monkeypatch.setattr(sampling, "EVERYTHING", "(SELECT log_event.* FROM log_event, pg_sleep(5)) AS log_event")
    monkeypatch.setattr(sampling, "PILOT_SHARES", (0.2,))
    monkeypatch.setattr(sampling, "PILOT_WITHIN_S", 5.0)
    monkeypatch.setattr(sampling, "BUDGET_S", 5.5)
    monkeypatch.setattr(sampling, "KEPT_FOR_SAMPLE_S", 5.0)


@pytest.mark.usefixtures("_many", "_no_time_for_all")
def test_a_sample_says_so_and_its_counts_are_estimates_of_all_rows(search):
    found = read_top_values(search(), "half")

    assert found.sampled is not None
    assert 0.2 <= found.sampled <= 0.5
    assert (found.complete, found.distinct) == (False, None)
    assert {one.value for one in found.values} == {"0", "1"}
    assert 12_000 < found.events < 28_000
    assert found.with_field == found.events
    assert sum(one.share for one in found.values) == pytest.approx(1)
    assert all(0.4 < one.share < 0.6 for one in found.values)
    assert read_top_values(search(), "half").events > 0


@pytest.mark.usefixtures("_many", "_no_time_for_all")
def test_percentiles_of_a_sample_say_so(search):
    found = read_percentiles(search(), "n", by="half")

    assert found.sampled is not None
    assert (found.complete, found.distinct) == (False, None)
    assert 12_000 < sum(group.count for group in found.groups) < 28_000
    assert all(35 <= group.percentiles[0] <= 65 for group in found.groups)


@pytest.fixture
def _no_time_for_a_chart(_no_time_for_all, monkeypatch):
    monkeypatch.setattr(series_in_time, "FEW_ROWS", 0)
    monkeypatch.setattr(series_in_time, "BUDGET_S", 5.5)


@pytest.mark.usefixtures("_many", "_no_time_for_a_chart")
@pytest.mark.parametrize("field", ["n", "half"])
@pytest.mark.parametrize("asked", [{}, {"service": "api"}, {"since": "-90m"}])
def test_a_sampled_histogram_has_each_bucket_whole_where_counts_tell_it(field, asked, search):
    asked = search(**asked, until="2026-11-24T00:00:00Z")  # an open end moves on between two looks
    found, truth = read_histogram_by(asked, field).histogram, read_histogram(asked)

    assert found.estimate is not None
    assert 0.2 <= found.estimate.share <= 0.5
    assert (found.complete, found.total) == (True, truth.total)
    assert [one.total for one in found.buckets] == [one.total for one in truth.buckets]


@pytest.mark.usefixtures("_many", "_no_time_for_a_chart")
def test_the_shares_of_a_sampled_histogram_are_within_what_it_says(search):
    found = read_histogram_by(search(), "half")

    assert found.histogram.estimate.is_total_exact
    halves = Counter()
    for bucket in found.histogram.buckets:
        halves.update(bucket.counts)
    for number in (0, 1):
        assert halves[number] / 20_000 == pytest.approx(0.5, abs=found.histogram.estimate.margin)


@pytest.mark.usefixtures("_many", "_no_time_for_a_chart")
@pytest.mark.parametrize("q", ["half:1", "n<30", "-n:7"])
@pytest.mark.parametrize("since", ["", "-30m"])  # buckets of minutes, which the counts know, and narrower ones
def test_the_sum_of_a_sampled_histogram_is_within_what_it_says(q, since, search):
    found = read_histogram_by_level(search(q, since=since))
    truth = read_histogram(search(q, since=since)).total

    assert found.estimate is not None
    assert (found.complete, found.estimate.is_total_exact) == (False, False)
    assert found.estimate.margin < 0.5
    assert found.total == pytest.approx(truth, rel=found.estimate.margin)


@pytest.mark.usefixtures("_many", "_no_time_for_a_chart")
def test_those_that_were_expected_to_be_few_are_sampled_if_they_take_too_long(search, monkeypatch):
    monkeypatch.setattr(series_in_time, "FEW_ROWS", 1_000_000)
    monkeypatch.setattr(series_in_time, "FEW_WITHIN_S", 0.0)
    monkeypatch.setattr(series_in_time, "AFTER_THAT_S", 5.5)

    found = read_histogram_by_level(search("half:1"))

    assert found.estimate is not None
    assert found.total == pytest.approx(10_000, rel=found.estimate.margin)


@pytest.mark.usefixtures("_many", "_no_time_for_a_chart")
def test_what_no_sample_has_is_counted_as_far_as_the_list_shows_it(search, monkeypatch):
    monkeypatch.setattr(sampling, "PILOT_SHARES", ())
    page = read_page(search("half:1"))

    found = read_histogram_by_level(search("half:1"), page=page)

    assert (found.total, found.complete, found.estimate) == (100, False, None)
    assert found.reached == page.events[-1].time


@pytest.mark.usefixtures("_many")
def test_what_can_be_read_whole_is_exact(search):
    found = read_top_values(search("n:7"), "half")
    assert (found.sampled, found.events, found.distinct) == (None, 200, 1)


def asked(sources, answers):
    """A question that notes its sources, and answers by what `answers` says of rows and seconds, or not in time."""

    def question(source, within_s):
        sources.append(source)
        answer = answers.pop(0)
        if answer is TimedOut:
            raise TimedOut
        return source, answer

    return question


def test_a_selective_search_is_read_by_its_index_although_the_sample_was_slow(monkeypatch):
    clock = iter([0.0, 0.0, 0.0, 0.05] + [0.06] * 20)
    monkeypatch.setattr(sampling, "monotonic", lambda: next(clock))
    sources = []
    found = ask_in_time(asked(sources, [3, 300]), budget_s=BUDGET_S)
    assert (found.share, found.answer, sources[1:]) == (None, "log_event", ["log_event"])


def test_a_search_that_finds_much_and_is_slow_is_sampled_without_trying_all(monkeypatch):
    clock = iter([0.0, 0.0, 0.0, 0.02] + [0.03] * 20)
    monkeypatch.setattr(sampling, "monotonic", lambda: next(clock))
    sources = []
    found = ask_in_time(asked(sources, [10_000] + [100_000] * 9), budget_s=BUDGET_S)
    assert all("TABLESAMPLE" in source for source in sources)
    assert found.share is not None
    assert found.share > sampling.PILOT_SHARES[0]


def test_of_samples_that_grow_the_last_one_that_was_in_time_is_the_answer():
    sources = []
    found = ask_in_time(asked(sources, [5, 50, TimedOut, TimedOut, TimedOut]), budget_s=BUDGET_S)
    assert found.share == sampling.PILOT_SHARES[1]
    assert found.answer == sources[1]


def test_what_is_a_small_part_of_its_slices_is_read_whole(monkeypatch):
    clock = iter([0.0, 0.0, 0.0, 0.02] + [0.03] * 20)
    monkeypatch.setattr(sampling, "monotonic", lambda: next(clock))
    found = ask_in_time(asked([], [10_000, 100_000]), part=0.001, budget_s=BUDGET_S)
    assert (found.share, found.answer) == (None, "log_event")


def test_there_is_no_answer_if_even_the_smallest_sample_takes_too_long():
    found = ask_in_time(asked([], [TimedOut] * 3))
    assert (found.answer, found.share, found.estimate(7)) == (None, 0.0, 0)
