"""A search ends when who asked has gone, and only then: on the real web server, for WSGI itself says nothing of it."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from logviewer.accounts.tokens import create_read_token
from logviewer.query.database import HEAVY_AT_ONCE, HEAVY_LOCK
from logviewer.store import partitions
from logviewer.store.event import Event, Level

PATIENCE_S = 10.0  # far less than a search may take
NOW = datetime.now(UTC)
PAGE = "/api/v1/events?q=needle"
JSON = "application/json"
WHOLE = "application/x-ndjson"
EVENTS = 3000
OLD_MINUTES = 2 * 24 * 60.0  # in another slice than the others

Ask = Callable[..., socket.socket]


@pytest.fixture
def ask(live_logviewer, viewer) -> Iterator[Ask]:
    """Sends a request of the API and returns its connection."""
    secret = create_read_token(viewer, "test").secret
    address = urlsplit(live_logviewer)
    with ExitStack() as open_ones:

        def send(path: str = PAGE, *, accept: str = JSON, on: socket.socket | None = None):
            connection = on or open_ones.enter_context(
                socket.create_connection((address.hostname, address.port), timeout=30)
            )
            head = (
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\nAccept: {accept}\r\n\r\n"
            )
            connection.sendall(head.encode())
            return connection

        yield send


@pytest.fixture(autouse=True)
def _events(store_events):
    store_events([event(minutes / 10) for minutes in range(EVENTS)])


def event(minutes: float) -> Event:
    return Event(NOW - timedelta(minutes=minutes), Level.INFO, "api", f"needle {minutes:g}", "", None, None, "{}")


def owner() -> psycopg.Connection:
    parameters = connections["default"].get_connection_params()
    known = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if name in parameters}
    return psycopg.connect(**known, autocommit=True)


@contextmanager
def store_locked(table: str = "log_event") -> Iterator[None]:
    """While this lasts, statements about events wait: they are as slow as the test wants."""
    with owner() as connection, connection.transaction():
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(table)))
        yield


def slice_of(time: datetime) -> str:
    return next(one.name for one in partitions.existing("default") if one.start <= time < one.end)


def rows(statement: str, *params: object) -> list[tuple]:
    with connections["default"].cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def searches() -> set[tuple]:
    """Those that a lock holds up: which backend, since when."""
    return set(
        rows(
            "SELECT pid, query_start FROM pg_stat_activity"
            " WHERE usename = %s AND state = 'active' AND wait_event_type = 'Lock'",
            connections["search"].settings_dict["USER"],
        )
    )


def searches_running() -> int:
    return len(searches())


def places_taken() -> int:
    return len(rows("SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", HEAVY_LOCK))


def soon(what: Callable[[], bool]) -> bool:
    give_up = time.monotonic() + PATIENCE_S
    while not what():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True


def answer(connection: socket.socket) -> tuple[int, bytes]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


@pytest.mark.parametrize("accept", [JSON, WHOLE])
def test_the_search_of_a_client_that_left_ends_and_its_place_is_free(ask, accept):
    with store_locked():
        connection = ask(accept=accept)
        assert soon(lambda: searches_running() == places_taken() == 1)
        connection.close()
        assert soon(lambda: searches_running() == places_taken() == 0)
        time.sleep(1)
        assert searches_running() == places_taken() == 0  # it does not go on with a narrower window


def test_it_is_noticed_too_who_left_before_anybody_looked(ask):
    with store_locked():
        ask().close()
        assert soon(lambda: searches_running() + places_taken() > 0)  # before it has a place, too: it may end by then
        assert soon(lambda: searches_running() == places_taken() == 0)


def test_other_connections_of_the_address_neither_hide_that_a_client_left_nor_lose_their_search(ask, live_logviewer):
    address = urlsplit(live_logviewer)
    idle, ending, leaving, staying = (ask() for _ in range(4))
    assert {answer(connection)[0] for connection in (idle, ending, leaving, staying)} == {200}
    with socket.create_connection((address.hostname, address.port)), store_locked():
        ask(on=leaving)
        assert soon(lambda: searches_running() == 1)
        time.sleep(0.1)  # those that come at the same moment cannot be told apart
        ask(on=staying)
        assert soon(lambda: searches_running() == 2)
        ending.close()
        time.sleep(1)
        assert searches_running() == 2
        leaving.close()
        assert soon(lambda: searches_running() == 1)
        time.sleep(1)
        assert searches_running() == 1
    status, body = answer(staying)
    assert status == 200
    assert len(json.loads(body)["events"]) == 100


def test_a_search_that_must_wait_for_a_place_gets_one_when_somebody_leaves(ask):
    with store_locked():
        leaving = ask()
        assert soon(lambda: searches_running() == 1)
        time.sleep(0.1)
        others = [ask() for _ in range(HEAVY_AT_ONCE)]
        assert soon(lambda: searches_running() == places_taken() == HEAVY_AT_ONCE)
        time.sleep(1)
        assert searches_running() == places_taken() == HEAVY_AT_ONCE
        before = searches()
        leaving.close()
        assert soon(lambda: len(searches() - before) == 1 and places_taken() == HEAVY_AT_ONCE)
    assert [answer(connection)[0] for connection in others] == [200] * HEAVY_AT_ONCE


def export_of_both_slices() -> str:
    """Of a stretch that is given, for otherwise all slices are asked for theirs first."""
    since, until = ((NOW + timedelta(minutes=m)).strftime("%Y-%m-%dT%H:%M:%SZ") for m in (-2 * OLD_MINUTES, 1))
    return f"/api/v1/events?service=api&since={since}&until={until}"


def test_an_export_ends_between_two_lines_too(ask, store_events):
    store_events([event(OLD_MINUTES + minutes) for minutes in range(100)])
    with store_locked(slice_of(event(OLD_MINUTES).time)):
        connection = ask(export_of_both_slices(), accept=WHOLE)
        received = b""
        while b"needle 0" not in received:
            received += connection.recv(65536)
        assert soon(lambda: searches_running() == places_taken() == 1)
        connection.close()
        assert soon(lambda: searches_running() == places_taken() == 0)
        time.sleep(1)
        assert searches_running() == places_taken() == 0


def test_an_export_is_whole_for_who_stays(ask, store_events):
    store_events([event(OLD_MINUTES + minutes) for minutes in range(100)])
    with store_locked(slice_of(event(OLD_MINUTES).time)):
        connection = ask(export_of_both_slices(), accept=WHOLE)
        assert soon(lambda: searches_running() == 1)
        time.sleep(1)
    status, body = answer(connection)
    assert (status, body.count(b"\n")) == (200, EVENTS + 100)
