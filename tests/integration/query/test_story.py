import pytest

from logviewer.query import story
from logviewer.query.reader import Reader
from logviewer.query.story import read_request
from logviewer.store.event import Level
from tests.integration.query.conftest import event

ANYONE = Reader(may_search=True)


def test_a_request_is_told_from_its_start(store):
    store(
        event(1, "b", request_id="r", service="monarch", level=Level.ERROR),
        event(2, "a", request_id="r"),
        event(0.5, "c", request_id="r"),
        event(1, "other", request_id="x"),
    )
    told = read_request(ANYONE, "r")
    assert [(step.event.event, step.offset_ms) for step in told.events] == [
        ("a", 0.0),
        ("b", 60_000.0),
        ("c", 90_000.0),
    ]
    assert told.started == told.events[0].event.time
    assert (told.duration_ms, told.services, told.truncated) == (90_000.0, ["api", "monarch"], False)
    assert (told.worst_level, told.worst_level_name) == (Level.ERROR, "error")


def test_events_of_one_moment_keep_the_order_in_which_they_were_sent(store):
    store(*[event(1, str(number), request_id="r") for number in range(5)])
    assert [step.event.event for step in read_request(ANYONE, "r").events] == ["0", "1", "2", "3", "4"]


def test_a_request_of_many_days_is_told_whole(store):
    store(*[event(60 * 24 * day, str(day), request_id="r") for day in (0, 8, 16)])
    assert [step.event.event for step in read_request(ANYONE, "r").events] == ["16", "8", "0"]


@pytest.mark.parametrize("request_id", ["nobody", "", "a\0b", "\ud800", "%", "' OR TRUE --"])
def test_an_unknown_request_has_an_empty_story(store, request_id):
    store(event(request_id="r"), event())
    told = read_request(ANYONE, request_id)
    assert (told.events, told.started, told.duration_ms, told.worst_level) == ([], None, 0.0, None)


def test_a_request_without_end_is_cut(store, monkeypatch):
    monkeypatch.setattr(story, "MOST_EVENTS", 3)
    store(*[event(number, str(number), request_id="r") for number in range(5)])
    told = read_request(ANYONE, "r")
    assert ([step.event.event for step in told.events], told.truncated) == (["2", "1", "0"], True)


def test_a_request_of_as_many_events_as_are_shown_is_not_cut(store, monkeypatch):
    monkeypatch.setattr(story, "MOST_EVENTS", 3)
    store(*[event(number, request_id="r") for number in range(3)])

    assert not read_request(ANYONE, "r").truncated


def test_someone_who_may_not_search_is_told_nothing(store):
    store(event(request_id="r"))
    assert read_request(Reader(may_search=False), "r").events == []
