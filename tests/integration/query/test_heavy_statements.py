"""At most so many long statements at once, whichever process runs them; short ones always."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext

from logviewer.query import database
from logviewer.query.client import Client, serving
from logviewer.query.database import HEAVY_AT_ONCE, HEAVY_LOCK, LIGHT_REQUEST_S, fetch
from logviewer.query.errors import ClientLeft, SearchUnavailable, TimedOut
from tests.ports import free_port

LONG = "SELECT pg_sleep(0.4)"


@pytest.fixture
def other_processes() -> Iterator[list[psycopg.Connection]]:
    """Connections of other processes, each of which holds one place: all of them are taken."""
    with ExitStack() as stack:
        found = []
        for place in range(HEAVY_AT_ONCE):
            parameters = connections["default"].get_connection_params()
            known = {
                name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if name in parameters
            }
            connection = stack.enter_context(psycopg.connect(**known))
            connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", [HEAVY_LOCK, place])
            found.append(connection)
        yield found


@pytest.fixture
def _shortness(monkeypatch) -> None:
    """On a busy machine, too, SELECT 1 is short."""
    monkeypatch.setattr(database, "LIGHT_S", 10.0)


@pytest.mark.usefixtures("other_processes", "_shortness")
def test_a_short_statement_needs_no_place():
    assert fetch("SELECT 1") == [(1,)]
    assert fetch("SELECT 1", within_s=9) == [(1,)]


def test_a_short_statement_is_one_message():
    fetch("SELECT 1")
    with CaptureQueriesContext(connections["search"]) as asked:
        fetch("SELECT %s::int", [2])
    assert len(asked) == 1


@pytest.mark.usefixtures("other_processes")
def test_the_end_of_a_transaction_without_a_place_is_not_cut_short():
    with transaction.atomic(using="search"), connections["search"].cursor() as cursor:
        cursor.execute(database._opening(9.0, 0.0, workers=True))
        assert cursor.fetchall()[0][0] is False
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("9s",)


@pytest.mark.usefixtures("other_processes")
def test_a_long_statement_without_a_place_ends_when_its_time_is_up():
    with pytest.raises(TimedOut):
        fetch(LONG, within_s=1.0)


def test_a_long_statement_runs_once_a_place_is_free(other_processes):
    began = time.monotonic()
    threading.Timer(0.6, other_processes[0].rollback).start()
    assert len(fetch(LONG, within_s=60)) == 1
    assert time.monotonic() - began > 0.9  # the other's time, then its own from the start


@pytest.mark.usefixtures("other_processes")
def test_who_waits_for_a_place_holds_no_connection(monkeypatch):
    held = []
    monkeypatch.setattr(database, "sleep", lambda seconds: held.append(connections["search"].connection))
    with pytest.raises(TimedOut):
        fetch(LONG, within_s=0.6)
    assert held
    assert set(held) == {None}


def test_no_more_than_so_many_run_at_once(monkeypatch):
    monkeypatch.setattr(database, "LIGHT_S", 0.01)
    running = """
        SELECT count(*), pg_sleep(0.2) FROM pg_locks
        WHERE locktype = 'advisory' AND classid = %s AND granted AND objsubid = 2
    """
    most, problems = [], []

    def ask():
        try:
            most.append(fetch(running, [HEAVY_LOCK], within_s=60)[0][0])
        except (SearchUnavailable, TimedOut) as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(most) == 5
    assert 1 <= max(most) <= HEAVY_AT_ONCE


def test_a_place_is_free_again_after_a_statement_that_timed_out():
    for _ in range(HEAVY_AT_ONCE + 1):
        with pytest.raises(TimedOut):
            fetch("SELECT pg_sleep(5)", within_s=0.3)
    assert fetch("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [HEAVY_LOCK]) == [(1,)]


@pytest.mark.usefixtures("other_processes", "_shortness")
def test_many_short_statements_of_one_request_need_a_place_too():
    client = Client()
    with serving(client):
        while client.without_place_s < LIGHT_REQUEST_S:
            fetch("SELECT FROM pg_sleep(0.2)")
        with pytest.raises(TimedOut):
            fetch("SELECT 1", within_s=0.5)
    with serving(Client()):
        assert fetch("SELECT 1") == [(1,)]


def test_time_with_a_place_leaves_a_request_its_time_without():
    client = Client()
    with serving(client):
        fetch(f"SELECT pg_sleep({LIGHT_REQUEST_S + 0.1})")
        assert client.without_place_s == 0


def test_the_statement_of_who_left_ends_and_the_connection_is_fit_for_the_next():
    with serving(Client("127.0.0.1", free_port())), pytest.raises(ClientLeft):
        fetch("SELECT pg_sleep(10)")
    assert fetch("SELECT 1 FROM pg_sleep(0.6)") == [(1,)]


def test_who_left_waits_for_no_place(other_processes):
    with serving(Client("127.0.0.1", free_port())), pytest.raises(ClientLeft):
        fetch(LONG)
    for connection in other_processes:
        connection.rollback()
    assert len(fetch(LONG)) == 1
