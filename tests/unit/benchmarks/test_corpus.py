"""The corpus is the same for a seed, has the shares it states, and its truth is what counting its lines gives."""

import gzip
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from benchmarks import corpus, vocabulary
from benchmarks.corpus import Corpus
from benchmarks.truth import HOUR_US, MINUTE_US, Truth

END = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
CORPUS = Corpus.ending(END, timedelta(hours=5), 40_000, seed=3)


@pytest.fixture(scope="module")
def blocks():
    return [CORPUS.block(number) for number in range(4)]


@pytest.fixture(scope="module")
def events(blocks):
    return [json.loads(line) for block in blocks for line in block.lines]


@pytest.fixture(scope="module")
def truth(blocks):
    whole = Truth()
    for block in blocks:
        whole.extend(block.truth)
    return whole


def at(event):
    return (datetime.fromisoformat(event["timestamp"]) - corpus.EPOCH) // corpus.MICROSECOND


def text_of(event):
    return f"{event.get('detail', '')}\n{event.get('exception', '')}"


def test_blocks_are_the_same_however_many_processes_make_them(blocks):
    for processes in (1, 2):
        made = list(CORPUS.batches(range(2), processes=processes))

        assert [b"".join(map(gzip.decompress, bodies)) for bodies, _ in made] == [
            b"".join(block.lines) for block in blocks[:2]
        ]
        assert [truth for _, truth in made] == [block.truth for block in blocks[:2]]


def test_another_seed_gives_other_events(blocks):
    assert Corpus.ending(END, timedelta(hours=5), 40_000, seed=4).block(0).lines != blocks[0].lines


def test_times_rise_strictly_fill_the_span_and_stay_within_it(events):
    times = [at(event) for event in events]

    assert all(earlier < later for earlier, later in pairwise(times))
    assert END - timedelta(hours=5) <= corpus.EPOCH + times[0] * corpus.MICROSECOND
    assert END - timedelta(minutes=1) < corpus.EPOCH + times[-1] * corpus.MICROSECOND < END


def test_a_block_that_is_hardly_longer_than_its_events_still_has_different_times():
    block = Corpus(END, timedelta(microseconds=corpus.BLOCK + 5)).block(0)

    assert len({json.loads(line)["timestamp"] for line in block.lines}) == corpus.BLOCK


def test_shares_are_those_stated(blocks, events):
    levels = Counter(event["level"] for event in events)
    shares = {level: 100 * number / len(events) for level, number in levels.items()}
    bytes_an_event = sum(len(line) for block in blocks for line in block.lines) / len(events)

    assert shares == pytest.approx({"debug": 24.9, "info": 65.1, "warning": 6, "error": 3.5, "critical": 0.5}, rel=0.15)
    assert bytes_an_event == pytest.approx(518, rel=0.03)
    assert sum("exception" in event for event in events) / len(events) == pytest.approx(0.04, rel=0.15)
    assert {event["event"] for event in events} == set(vocabulary.event_names())
    assert len(vocabulary.event_names()) == 72
    assert len({event["service"] for event in events}) == 4
    assert len(vocabulary.FLOWS) == 16


def test_requests_have_4_to_14_events_and_overlap(events):
    requests = defaultdict(list)
    for place, event in enumerate(events):
        requests[event["request_id"]].append(place)

    assert {len(places) for places in requests.values()} == set(range(4, 15))
    assert sum(places[-1] - places[0] >= len(places) for places in requests.values()) > len(requests) / 3


def test_tracebacks_have_14_to_28_lines(events):
    lengths = {event["exception"].count("\n") + 1 for event in events if "exception" in event}

    assert min(lengths) >= 14
    assert max(lengths) <= 28


def test_every_marker_stands_in_three_tracebacks():
    words = Counter(word for number in range(310) for word in corpus.markers_of(seed=1, block=number))

    assert all(words[corpus.marker(1, family, 9)] == 3 for family in range(len(corpus.MARKER_STRIDES)))
    assert max(words.values()) == 3


def test_truth_of_words_phrases_and_statuses_is_what_counting_gives(events, truth):
    for word in truth.keys("word"):
        assert truth.tallies["word", word].latest == [at(e) for e in events if word in e.get("exception", "")]
    for phrase in vocabulary.PHRASES:
        found = [at(event) for event in events if phrase.lower() in text_of(event).lower()]
        assert found, phrase
        assert truth.tallies["phrase", phrase].count == len(found)
        assert truth.tallies["phrase", phrase].latest[-100:] == found[-100:]
    assert {status: truth.tallies["status", status].count for status in truth.keys("status")} == Counter(
        f"{event['status_code']} {event['method']}" for event in events if "status_code" in event
    )


def test_truth_of_requests_cohorts_and_hours_is_what_counting_gives(events, truth):
    assert len(truth.keys("request")) == 4 * corpus.REQUESTS_COUNTED_ALONE
    for request in truth.keys("request"):
        assert truth.tallies["request", request].latest == [at(e) for e in events if e["request_id"] == request]
    for cohort in truth.keys("cohort error"):
        found = [at(e) for e in events if e["level"] == "error" and str(e.get("cohort_id")) == cohort]
        assert truth.tallies["cohort error", cohort].latest[-100:] == found[-100:]
    assert truth.whole_hours() == [at(events[0]) // HOUR_US + 1 + n for n in range(4)]
    for hour in truth.whole_hours():
        found = [at(e) for e in events if e["level"] in ("warning", "error", "critical") and at(e) // HOUR_US == hour]
        assert truth.tallies["hour", str(hour)].count == len(found)
        assert truth.tallies["hour", str(hour)].latest[-100:] == found[-100:]


def test_truth_of_values_and_durations_is_what_counting_gives(events, truth):
    durations = defaultdict(lambda: defaultdict(list))
    for event in events:
        if "duration_ms" in event:
            durations[at(event) // HOUR_US][event["path"]].append(event["duration_ms"])

    assert truth.events == len(events)
    assert (truth.first, truth.last) == (at(events[0]), at(events[-1]))
    assert truth.paths == Counter(event["path"] for event in events)
    assert truth.students == Counter(event["student_id"] for event in events if "student_id" in event)
    assert truth.durations_ms == durations


@pytest.mark.parametrize(("service", "at_least"), [("", "debug"), ("auth-api", "debug"), ("", "warning")])
def test_truth_of_a_histogram_is_what_counting_gives(events, truth, service, at_least):
    first = truth.first // MINUTE_US * MINUTE_US
    edges = [truth.first, *(first + n * 30 * MINUTE_US for n in range(1, 11)), truth.last + 1]
    counted = [Counter() for _ in edges[1:]]
    for event in events:
        least = vocabulary.LEVELS[at_least]
        if service in ("", event["service"]) and vocabulary.LEVELS[event["level"]] >= least:
            place = next(n for n, (since, until) in enumerate(pairwise(edges)) if since <= at(event) < until)
            counted[place][event["level"]] += 1

    assert truth.levels_between(edges, service=service, at_least=at_least) == counted


def test_adding_parts_in_any_order_gives_the_same(blocks, truth):
    backwards = Truth()
    for block in reversed(blocks):
        backwards.extend(block.truth)

    assert backwards.minutes == truth.minutes
    assert {key: (t.count, t.latest[-100:]) for key, t in backwards.tallies.items()} == {
        key: (t.count, t.latest[-100:]) for key, t in truth.tallies.items()
    }


def test_lines_gives_as_many_as_asked_for():
    lines = list(corpus.lines(12_345, start=END, span=timedelta(hours=1)))

    assert len(lines) == 12_345
    assert all(line.endswith(b"}\n") for line in lines)
