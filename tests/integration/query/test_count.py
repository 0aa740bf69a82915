from datetime import timedelta

import pytest

from logviewer.query import count
from logviewer.query.count import count_events
from logviewer.query.events import stream
from logviewer.query.histogram import read_histogram
from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.store.predicate import Predicate
from tests.integration.query.conftest import event


@pytest.mark.parametrize(
    "q", ["", "thing", "n:3", "n:3 m:1", "level>=warning", "-n:3", "time<-10h", "time>-970m", "time<=-970m"]
)
@pytest.mark.parametrize("since", ["", "-30h", "-100d"])
def test_counts_what_the_list_shows(store, search, q, since):
    store(*[event(number * 97, n=number % 5, m=number % 2) for number in range(60)])
    asked = search(q, since=since)
    found = count_events(asked)
    assert (found.events, found.complete) == (sum(map(len, stream(asked))), True)


def test_what_was_counted_when_the_time_ran_out_is_right_as_far_as_it_goes(store, search, monkeypatch):
    store(*[event(number * 60) for number in range(100)])
    monkeypatch.setattr(count, "BUDGET_S", 1.0)
    monkeypatch.setattr(count, "FIRST_WINDOW", timedelta(hours=2))
    asked = search()
    slow = Search(asked.reader, "", asked.node, Predicate("(pg_sleep(0.02) IS NOT NULL)"), None, None)
    found = count_events(slow)
    assert not found.complete
    assert found.reached is not None
    assert 0 < found.events < 100
    newest = Search(asked.reader, "", asked.node, asked.predicate, found.reached, None)
    assert found.events == sum(map(len, stream(newest)))


@pytest.mark.parametrize("q", ["", "level>=info", "n:3"])
def test_who_may_see_nothing_is_told_no_number(store, q):
    store(*[event(number, n=3) for number in range(3)])
    search = Search.parse(reader=Reader(may_search=False), q=q)

    assert count_events(search).events == 0
    assert read_histogram(search).total == 0
