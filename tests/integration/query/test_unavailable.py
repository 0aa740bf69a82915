"""What searches do when the database does not, and what they leave behind."""

import psycopg_pool
import pytest
from django.db import connections

from logviewer.query.count import count_events
from logviewer.query.database import fetch
from logviewer.query.errors import SearchUnavailable, TimedOut
from logviewer.query.events import read_event, read_page, stream
from logviewer.query.facets import read_top_values
from logviewer.query.histogram import read_histogram
from logviewer.query.percentiles import read_percentiles
from logviewer.query.reader import Reader
from logviewer.query.services import services_seen
from logviewer.query.story import read_request
from tests.integration.query.conftest import NOW

ANYONE = Reader(may_search=True)


@pytest.fixture
def _no_connection_is_free(monkeypatch):
    connections["search"].close()

    def none_free(*_: object) -> None:
        raise psycopg_pool.PoolTimeout("couldn't get a connection after 5.00 sec")

    monkeypatch.setattr(connections["search"], "get_new_connection", none_free)


@pytest.mark.usefixtures("_no_connection_is_free")
def test_a_full_pool_makes_every_search_unavailable(search):
    for ask in (
        lambda: read_page(search()),
        lambda: read_page(search("word")),
        lambda: list(stream(search())),
        lambda: read_event(ANYONE, NOW, 1),
        lambda: read_histogram(search()),
        lambda: read_request(ANYONE, "r"),
        lambda: count_events(search()),
        lambda: read_top_values(search(), "n"),
        lambda: read_percentiles(search(), "n"),
        lambda: services_seen(ANYONE),
    ):
        with pytest.raises(SearchUnavailable):
            ask()


def test_a_connection_that_dies_makes_one_search_unavailable_and_the_next_one_works():
    fetch("SELECT 1")
    with pytest.raises(SearchUnavailable):
        fetch("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(1)")
    assert fetch("SELECT 1") == [(1,)]


def test_a_statement_ends_when_its_time_is_up_and_the_next_one_has_its_own_time():
    with pytest.raises(TimedOut):
        fetch("SELECT pg_sleep(5)", within_s=0.05)
    [(timeout_ms, jit)] = fetch(
        "SELECT setting::int, current_setting('jit') FROM pg_settings WHERE name = 'statement_timeout'", within_s=7
    )
    assert 6000 < timeout_ms <= 7000
    assert jit == "off"


def test_searches_cannot_write():
    with pytest.raises(SearchUnavailable) as caught:
        fetch("DELETE FROM log_event RETURNING id")
    assert "read-only" in str(caught.value.__cause__)
