"""A benchmark's judge finds what is wrong: it accepts the right answer and refuses one that is a little off."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.answers import Count, Events, Histogram, Percentiles, Values
from benchmarks.corpus import Corpus
from benchmarks.questions import KINDS, questions
from benchmarks.truth import MINUTE_US, Truth

MINUTE = 29_000_000  # of the epoch: 2025-02-19T21:20Z


def events(*times, timed_out=False):
    return {"events": [{"time": time} for time in times], "timed_out": timed_out}


def test_events_are_right_newest_first_and_all_of_them():
    expected = Events([1_000_000, 2_000_001])
    newest_first = ["1970-01-01T00:00:02.000001Z", "1970-01-01T00:00:01.000000Z"]

    assert expected.problem(events(*newest_first)) == ""
    assert expected.problem(events(*reversed(newest_first)))
    assert expected.problem(events(newest_first[0]))
    assert expected.problem(events(*newest_first, timed_out=True))


def test_a_count_is_right_exactly():
    assert Count(3).problem({"count": 3, "complete": True}) == ""
    assert Count(3).problem({"count": 2, "complete": True})
    assert Count(3).problem({"count": 3, "complete": False})
    assert Count(3).is_told_by([(3,)])
    assert not Count(3).is_told_by([(4,)])


@pytest.fixture
def truth():
    truth = Truth()
    for at, level in ((MINUTE * MINUTE_US + 5, "info"), ((MINUTE + 2) * MINUTE_US, "error")):
        truth.add(at, level=level, service="api", path="/a", student=None, duration_ms=1.5, keys=[])
    return truth


def histogram(second_bucket, *, total=2):
    return {
        "buckets": [
            {"start": "2025-02-19T21:20:00.000005Z", "end": "2025-02-19T21:22:00Z", "counts": {"info": 1}},
            {"start": "2025-02-19T21:22:00Z", "end": "2025-02-19T21:24:00Z", "counts": second_bucket},
        ],
        "total": total,
        "complete": True,
    }


def test_a_histogram_is_right_in_every_bucket_and_level(truth):
    assert Histogram(truth).problem(histogram({"error": 1, "debug": 0})) == ""
    assert Histogram(truth).problem(histogram({"warning": 1}))
    assert Histogram(truth).problem(histogram({"error": 1}, total=3))
    assert Histogram(truth, at_least="error").problem(histogram({"error": 1}))
    assert Histogram(truth, service="other").problem(histogram({}))


def values(*counts, sampled=None):
    return {
        "values": [{"value": value, "count": count} for value, count in counts],
        "sampled": sampled,
        "complete": sampled is None,
    }


def test_values_are_right_exactly_or_within_the_tolerance_of_a_sample():
    expected = Values(Counter({"/a": 10_000, "/b": 3000, "/c": 5}), 2)

    assert expected.problem(values(("/a", 10_000), ("/b", 3000))) == ""
    assert expected.problem(values(("/a", 10_000), ("/b", 2999)))
    assert expected.problem(values(("/a", 9500), ("/b", 3100), sampled=0.1)) == ""
    assert expected.problem(values(("/a", 7000), ("/b", 3000), sampled=0.1))
    assert expected.problem(values(("/a", 10_000)))


def test_percentiles_are_right_between_the_two_values_beside_them():
    expected = Percentiles({"/a": [float(n) for n in range(1, 12)]})

    def answer(p95, count=11, value="/a"):
        return {"groups": [{"value": value, "count": count, "p95": p95}], "sampled": None}

    assert expected.problem(answer(10.5)) == ""
    assert expected.problem(answer(11.0)) == ""
    assert expected.problem(answer(9.9))
    assert expected.problem(answer(10.5, count=10))
    assert expected.problem(answer(10.5, value="/b"))


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_every_kind_has_questions_of_a_real_corpus_and_none_of_an_empty_one(kind):
    corpus = Corpus.ending(datetime(2026, 3, 1, tzinfo=UTC), timedelta(hours=4), 10_000)
    asked = questions(kind, corpus.block(0).truth, 20)

    if kind.name == "Q5":  # no word has stood in three tracebacks yet
        assert asked == []
    else:
        assert len(asked) == 20
        assert all(question.path.startswith("/api/v1/") for question in asked)
